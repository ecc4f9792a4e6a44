"""Ratings with their intervals, as boards show them; may import votes, strengths and uncertainty."""
