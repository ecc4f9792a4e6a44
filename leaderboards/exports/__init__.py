"""A study's votes as files, for spreadsheets, for ratings elsewhere, for training; one row at a time."""

from leaderboards.exports.lines import csv_lines, json_lines, parts
from leaderboards.exports.rows import Selection
from leaderboards.exports.service import EXPORTS, Export, Exported, UnknownFormatError, export_ratings, get_format
from lib.csv_cells import plain_cell, safe_cell

# The board's quick downloads, which hold what the board counts: plain rows to lines.
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
