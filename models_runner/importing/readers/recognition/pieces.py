"""Take values out of JSON of unknown quality, and put words together."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.language_codes import UnknownLanguageError
from lib.language_codes import language_code as code_of_language
from models_runner.importing.records import MAX_SECONDS
from models_runner.importing.speech.names import read_label
from models_runner.importing.speech.times import seconds_of
from models_runner.importing.speech.turns import Utterance

SPEAKER_KEYS = (
    "speaker",
    "speaker_name",
    "speakerName",
    "speaker_label",
    "speaker_id",
    "speakerTag",
    "participant",
    "channel",
)
NAMES_OF_A_PERSON = ("name", "display_name", "displayName", "full_name", "fullName", "username", "label", "id")
BARE_ID = re.compile(r"\d{1,4}|[A-Z]")
UNSPACED = re.compile(r"[\u3000-\u9fff\uf900-\ufaff\uff00-\uffef\u0e00-\u0e7f]")
CLOSING = re.compile(r"^[.,!?;:%…)\]}»”。，！？；：、)]|^['’](?:s|t|m|d|re|ve|ll)\b")
ISO_DURATION = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$")


def items(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; an empty list if the value is none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def number(item: Mapping[str, Any], *keys: str) -> float | None:
    """Return seconds from the first of the keys that has some: a number, "1.5", "1.5s", "PT1.5S" or "0:01.5"."""
    for key in keys:
        value = _seconds(item.get(key))
        if value is not None:
            return value
    return None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if duration := ISO_DURATION.match(text):
            hours, minutes, seconds = (float(part or 0) for part in duration.groups())
            return hours * 3600 + minutes * 60 + seconds
        try:
            value = float(text.removesuffix("s"))
        except ValueError:
            return seconds_of(text)
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value < MAX_SECONDS:
        return None
    return float(value)


def milliseconds(item: Mapping[str, Any], *keys: str) -> float | None:
    for key in keys:
        value = item.get(key)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                return _seconds(float(value) / 1000)
            except ValueError:
                continue
    return None


def speaker_of(item: Mapping[str, Any], *keys: str) -> str:
    """Return who speaks; a bare number or letter gets "Speaker" before it."""
    for key in keys or SPEAKER_KEYS:
        value = item.get(key)
        if isinstance(value, Mapping):
            value = next((value[name] for name in NAMES_OF_A_PERSON if value.get(name)), None)
        if value is None or isinstance(value, bool | list):
            continue
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        if BARE_ID.fullmatch(text):
            return f"Speaker {text}"
        if text:
            return read_label(text).name or text
    return ""


def language_code(value: Any) -> str:
    """Return the code of the language that a file names, such as "english" or "en_US"; "" if nobody knows it."""
    try:
        return code_of_language(value) if isinstance(value, str) and value else ""
    except UnknownLanguageError:
        return ""


def text_of(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def join_words(words: Iterable[str]) -> str:
    """Join words with blanks, but not before punctuation, in scripts without blanks, or where words bring their own."""
    text = ""
    for word in words:
        if not word:
            continue
        bare = not text or word[0].isspace() or text[-1].isspace() or CLOSING.match(word)
        unspaced = bool(text) and UNSPACED.match(word[0]) and UNSPACED.match(text[-1])
        text += word if bare or unspaced else f" {word}"
    return text.strip()


@dataclass
class Pieces:
    """What was said, in order.

    Attributes:
        language: A code; "" if the file names none.
    """

    language: str = ""
    utterances: list[Utterance] = field(default_factory=list)

    def add(self, speaker: str, content: Any, start: float | None = None, end: float | None = None) -> None:
        if text := text_of(content):
            start = _seconds(start)
            self.utterances.append(Utterance(speaker, text, start, _seconds(end)))

    def add_words(self, words: Iterable[Mapping[str, Any]], speaker: str | None = None) -> None:
        """Add words one by one; those of one speaker that follow each other are one utterance.

        A word without a speaker, as punctuation often is, belongs to who speaks.
        """
        heard: list[str] = []
        who, start, end = speaker or "", None, None
        for word in words:
            text = next((word[k] for k in ("punctuated_word", "word", "text", "content", "value") if word.get(k)), "")
            says = speaker if speaker is not None else speaker_of(word) or who
            if heard and says != who:
                self.add(who, join_words(heard), start, end)
                heard, start = [], None
            who = says
            heard.append(str(text))
            if start is None:
                start = number(word, "start", "start_time", "ts")
            end = number(word, "end", "end_time", "end_ts") or end
        self.add(who, join_words(heard), start, end)

    def in_order(self) -> "Pieces":
        """Sort by start, for what was recorded on several channels."""
        self.utterances.sort(key=lambda utterance: utterance.start or 0)
        return self
