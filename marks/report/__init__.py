"""What a study's marks say: rates by kind and system, agreement of readers, errors and votes; may import the models."""
