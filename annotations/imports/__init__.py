"""Imports of votes that were given elsewhere; may import models to review."""
