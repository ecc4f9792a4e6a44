"""Filters and tags for templates; Django looks for them here. May import what the pages may."""
