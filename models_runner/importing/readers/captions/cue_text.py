"""The text of one cue of captions: who speaks, without tags, entities and the marks of karaoke."""

import html
import json
import re
from dataclasses import dataclass

VOICE = re.compile(r"<v(?:\.[^\s>]*)?(?:[ \t\n]+([^<>]{0,300}))?>|</v\s*>", re.IGNORECASE)
TAG = re.compile(r"</?(?:c|i|b|u|s|em|strong|ruby|rt|rp|lang|font|span|p|div)(?:[.\s][^<>]*)?/?>", re.IGNORECASE)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
TIMESTAMP = re.compile(r"<\d{1,3}(?::\d{2}){1,2}[.,]\d{1,3}>")
OVERRIDE = re.compile(r"\{\\[^{}]*\}|\{[yYcCfFsS]:[^{}]*\}")  # of SubStation and MicroDVD, in SRT files
DASHED = re.compile(r"^\s*[-–—‐]\s*(?=\S)")
NEXT_DASH = re.compile(r"(?<=[.?!…\w])\s+[-–—]\s+(?=[^\W\d_a-z]|[¿¡\"“])")
CHEVRONS = re.compile(r"(?:^|\n)\s*>{2,3}\s*")


@dataclass(frozen=True)
class CuePiece:
    """What one speaker says in a cue.

    Attributes:
        voice: The name in the tag <v>; None without such a tag.
        lines: The lines with words.
        changes: Somebody else spoke before: the line begins with a dash or with ">>".
    """

    voice: str | None
    lines: tuple[str, ...]
    changes: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.lines)


def pieces_of(payload: str) -> list[CuePiece]:
    """Split a cue at its voices, and at the dashes and chevrons that mark a change of speaker."""
    if spoken := _teams_record(payload):
        return [spoken]
    pieces, voice, position = [], None, 0
    for tag in VOICE.finditer(payload):
        pieces += _split(payload[position : tag.start()], voice)
        position = tag.end()
        voice = plain(tag[1]).strip() if tag[1] is not None else None
    return pieces + _split(payload[position:], voice)


def _teams_record(payload: str) -> CuePiece | None:
    """Read a cue of the Teams API, whose text is JSON: {"speakerName": ..., "spokenText": ...}."""
    if not payload.lstrip().startswith("{") or "spokenText" not in payload:
        return None
    try:
        record = json.loads(payload)
        return CuePiece(str(record.get("speakerName") or ""), (str(record["spokenText"]).strip(),))
    except (ValueError, KeyError, AttributeError, RecursionError):
        return None


def plain(text: str) -> str:
    """Return the text without tags and with its entities resolved."""
    text = TIMESTAMP.sub("", OVERRIDE.sub("", BREAK.sub("\n", text)))
    return (
        html.unescape(TAG.sub("", text))
        .replace("\xa0", " ")
        .replace("\u200b", "")
        .replace("\\N", "\n")
        .replace("\\h", " ")
    )


def _split(text: str, voice: str | None) -> list[CuePiece]:
    text = plain(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        return []
    if voice is None and (CHEVRONS.search(text) or _are_dashed(lines)):
        return _changes(lines)
    return [CuePiece(voice, tuple(lines))]


def _are_dashed(lines: list[str]) -> bool:
    dashed = sum(bool(DASHED.match(line)) for line in lines)
    return dashed > 1 or (dashed == 1 and bool(DASHED.match(lines[0])) and bool(NEXT_DASH.search(lines[0])))


def _changes(lines: list[str]) -> list[CuePiece]:
    pieces: list[CuePiece] = []
    for line in lines:
        parts = NEXT_DASH.split(line) if DASHED.match(line) else [line]
        for number, part in enumerate(parts):
            bare = CHEVRONS.sub("", DASHED.sub("", part)).strip()
            begins = number > 0 or bare != part.strip()
            if not bare:
                continue
            if begins or not pieces:
                pieces.append(CuePiece(None, (bare,), begins))
            else:
                pieces[-1] = CuePiece(None, (*pieces[-1].lines, bare), pieces[-1].changes)
    return pieces
