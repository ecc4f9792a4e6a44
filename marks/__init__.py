"""Marks: what people say is wrong with a summary, at its words or as a whole. Never a vote, never a verdict.

May import models_runner and annotations; protocol, leaderboards and the API stand above.
"""
