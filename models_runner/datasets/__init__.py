"""What is known of a dataset: names, references, the words of instructions; may import models."""
