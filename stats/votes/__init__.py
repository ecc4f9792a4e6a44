"""Votes as arrays: checked, counted, and what they connect; imports nothing of ours."""
