"""Boards and what stands beside them, from data to values that JSON holds; may import data."""
