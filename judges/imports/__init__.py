"""Verdicts that were given elsewhere: read, placed, stored once or refused by line; may import models and records."""
