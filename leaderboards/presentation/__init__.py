"""Prepare results for showing: tables, sentences, charts; may import all rooms but files and web."""
