"""Raised whenever the same votes and scores may give other numbers, or a board other fields: all is made anew then."""

CODE_VERSION = "0.6.0"
