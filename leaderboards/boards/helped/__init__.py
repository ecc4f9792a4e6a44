"""Boards of people's votes that a judge's verdicts help."""
