"""Find datasets and references, and word the instructions; may import models."""
