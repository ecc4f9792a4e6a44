"""The catalogue of systems, whether they can run here, what they cost and were trained on; may import adapters and models."""
