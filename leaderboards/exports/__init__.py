"""Write a study's votes as files for spreadsheets, for other rating tools and for training; may import data."""

from leaderboards.exports.lines import csv_lines, json_lines, parts
from leaderboards.exports.rows import Selection
from leaderboards.exports.service import EXPORTS, Export, Exported, UnknownFormatError, export_ratings, get_format
from lib.csv_cells import plain_cell, safe_cell

# The downloads on a board's page, which hold the votes that the board counts.
FORMATS = {"csv": csv_lines, "jsonl": json_lines}
CONTENT_TYPES = {name: EXPORTS[name].content_type for name in FORMATS}

__all__ = [
    "CONTENT_TYPES",
    "EXPORTS",
    "FORMATS",
    "Export",
    "Exported",
    "Selection",
    "UnknownFormatError",
    "csv_lines",
    "export_ratings",
    "get_format",
    "json_lines",
    "parts",
    "plain_cell",
    "safe_cell",
]
