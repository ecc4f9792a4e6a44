"""Intervals: of shares, of strengths, of ranks; may import votes and strengths."""
