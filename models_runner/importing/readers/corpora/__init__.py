"""Corpora of meetings in forms of their own, and releases of this product."""
