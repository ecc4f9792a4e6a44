"""Read what boards are computed from: votes, filters, summaries, scores; may import models."""
