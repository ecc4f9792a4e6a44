"""Dates as English pages write them; every other language has Django's own way."""

DATETIME_FORMAT = "j M Y, H:i"
