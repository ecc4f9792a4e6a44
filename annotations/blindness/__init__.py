"""What could tell annotators who wrote a summary; may import models and counts."""
