"""Compute boards and what stands beside them, from data to values for JSON; may import data."""
