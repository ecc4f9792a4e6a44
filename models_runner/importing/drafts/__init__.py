"""Imports looked at and corrected in the browser; may import what stands in importing."""
