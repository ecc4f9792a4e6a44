"""Factual consistency: does the transcript support each sentence of a summary? One file a family of models."""
