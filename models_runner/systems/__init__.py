"""The catalogue of systems, whether they can run here, and what they cost; may import adapters and models."""
