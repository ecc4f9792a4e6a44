"""Votes that were given elsewhere; may import models to review."""
