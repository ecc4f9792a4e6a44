"""Turns of a transcript as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lib.names import normal_form
from lib.numbers import format_clock

SPEAKER_COLOURS = 8


@dataclass(frozen=True)
class ShownTurn:
    speaker: str
    content: str
    colour: int
    start: str = ""  # "1:02:03" into the meeting; empty if the import knew no times


def shown_turns(turns: Iterable[dict[str, Any]]) -> list[ShownTurn]:
    """Give each speaker's turns a colour number from 1 to 8, in order of first appearance."""
    colours: dict[str, int] = {}
    shown = []
    for turn in turns:
        speaker = turn.get("speaker", "")
        colour = colours.setdefault(normal_form(speaker), len(colours) % SPEAKER_COLOURS + 1)
        start = format_clock(turn["start"]) if "start" in turn else ""
        shown.append(ShownTurn(speaker, turn["content"], colour, start))
    return shown
