"""Clean noise from meeting transcripts, for QMSum; the original turns are stored too.

1. A marker in braces of lower-case letters, such as {vocalsound} or {disfmarker}, is removed.
2. Runs of white space become one space, and white space before . , ? ! ; : or an apostrophe suffix is closed up
   ("meeting ." becomes "meeting.", "it 's" becomes "it's").
3. A turn with no letter or digit left says nothing and is dropped.

Nothing else changes: fillers such as "uh" are speech, and [Laughter.] in brackets is a transcriber's note.
"""

import re

from models_runner.importing.records import Turn

MARKER = re.compile(r"\{[a-z]+\}")
SPACE = re.compile(r"\s+")
BEFORE_PUNCTUATION = re.compile(r" (?=[.,?!;:](?: |$))")
BEFORE_SUFFIX = re.compile(r"(?<=\w) (?='(?:s|t|m|d|re|ve|ll)\b)")


def clean_text(content: str) -> str:
    text = SPACE.sub(" ", MARKER.sub(" ", content)).strip()
    return BEFORE_SUFFIX.sub("", BEFORE_PUNCTUATION.sub("", text))


def clean_turns(turns: list[Turn]) -> list[Turn]:
    cleaned = [turn | {"content": clean_text(turn["content"])} for turn in turns]
    return [turn for turn in cleaned if any(character.isalnum() for character in turn["content"])]
