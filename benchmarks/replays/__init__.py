"""Replays of real evaluations: reading them, and rating with some of their votes, in the ways that a study could."""
