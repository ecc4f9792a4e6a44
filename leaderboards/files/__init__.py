"""Exports and releases written by workers; may import exports and releases."""
