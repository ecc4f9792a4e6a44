"""Automatic metrics beside votes: how far they agree, and what they predict; may import votes to ratings."""
