"""Lines of text: rows as lines of JSON that every reader counts alike, and texts split where people end lines."""

import re

from pydantic_core import to_json  # django-ninja's; three times as fast as json

# JSON allows these inside strings, but str.splitlines and many readers end a line there. Other such characters
# (\v, \f, \x1c to \x1e) are below U+0020, which JSON always escapes.
LINE_ENDS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
END = re.compile(r"\r\n|\n|\r")


def json_line(row: object) -> str:
    """Return a row as JSON, ended by the only line end in it."""
    line = to_json(row).decode()
    if not line.isascii():
        for character, escape in LINE_ENDS.items():
            line = line.replace(character, escape)
    return line + "\n"


def text_lines(text: str) -> list[str]:
    r"""Split a text at \n, \r\n and \r only: U+2028 and the like stand inside a sentence that somebody wrote."""
    return END.split(text)
