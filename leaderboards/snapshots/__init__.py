"""Boards kept with what they were computed from, served at once and made anew by workers; may import boards."""
