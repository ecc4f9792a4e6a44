"""What boards are computed from, read from the rows: votes, filters, summaries, scores; may import models."""
