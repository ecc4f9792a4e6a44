"""Decide which labels of a transcript are speakers, from the whole of it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models_runner.importing.speech.lines import Line
from models_runner.importing.speech.names import WORDS_THAT_ARE_NAMES, Label

ALMOST_ALL = 0.6
LOWER_CASE_WORD = re.compile(r"(?<![\w.'’-])[^\W\d_A-Z][\w'’-]*")


@dataclass
class SpeakerCandidate:
    label: Label
    count: int = 0
    timed: int = 0
    heads: int = 0
    spellings: Counter[str] = field(default_factory=Counter)
    left_out: set[str] = field(default_factory=set)

    @property
    def certain(self) -> bool:
        return self.label.certain


@dataclass(frozen=True)
class Speakers:
    """Who speaks in a text.

    Attributes:
        names: The name as shown, by key; keys are those of Label.
        doubtful: Labels that were taken for headings or words, as written.
        left_out: Roles and pronouns, by the name shown.
    """

    names: dict[str, str]
    doubtful: tuple[str, ...] = ()
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def name_of(self, line: Line) -> str | None:
        return None if line.label is None else self.names.get(line.label.key)


def find_speakers(lines: Sequence[Line], heads: Iterable[Line], listed: Iterable[str] = ()) -> Speakers:
    """Decide from lines that have words behind a label, from heads, and from names that the text itself lists.

    Where times or the form of labels tell who speaks, nothing else is a speaker: "Decision: ..." is a line. Elsewhere a
    label that looks like a name is one, unless it is a heading or, said once, a word of this text.
    """
    candidates = _candidates(lines, heads)
    listed_keys = {name.casefold() for name in listed}
    said = [c for c in candidates.values() if c.label.looks]
    sure = {c.label.key for c in said if _is_sure(c, listed_keys)}
    of_sure = sum(c.count for c in said if c.label.key in sure)
    if of_sure >= ALMOST_ALL * sum(c.count for c in said if c.label.looks != "heading"):
        accepted = sure | {
            c.label.key for c in said if c.label.looks == "name" and c.count > 2 and not _all_timed(said)
        }
    else:
        accepted = sure | _likely(said, lines)
    shown = {key: _spelling(candidate) for key, candidate in candidates.items() if key in accepted}
    doubtful = [c for c in candidates.values() if c.label.key not in accepted and c.label.looks in ("heading", "name")]
    return Speakers(
        shown,
        tuple(c.label.name for c in doubtful),
        {shown[key]: tuple(sorted(candidates[key].left_out)) for key in shown if candidates[key].left_out},
    )


def _candidates(lines: Iterable[Line], heads: Iterable[Line]) -> dict[str, SpeakerCandidate]:
    candidates: dict[str, SpeakerCandidate] = {}
    for line in (*lines, *heads):
        if line.label is None:
            continue
        candidate = candidates.setdefault(line.label.key, SpeakerCandidate(line.label))
        candidate.count += 1
        candidate.timed += line.time is not None
        candidate.heads += line.form == "head"
        candidate.spellings[line.label.name] += 1
        candidate.left_out.update(line.label.left_out)
    return candidates


def _is_sure(candidate: SpeakerCandidate, listed: set[str]) -> bool:
    timed_name = candidate.timed > 0 and candidate.label.looks != "heading"
    return candidate.certain or timed_name or candidate.heads > 0 or candidate.label.key in listed


def _all_timed(candidates: Iterable[SpeakerCandidate]) -> bool:
    return any(candidate.timed for candidate in candidates)


def _likely(candidates: Sequence[SpeakerCandidate], lines: Sequence[Line]) -> set[str]:
    names = [c for c in candidates if c.label.looks == "name"]
    once = any(candidate.count == 1 for candidate in candidates)
    words = _words_in_lower_case(lines) if once and len(candidates) > 2 else set()
    likely = {c.label.key for c in names if not _is_a_word(c, words)}
    small = [c for c in candidates if c.label.looks == "lower"]
    labelled = sum(c.count for c in (*names, *small))
    almost_all = labelled >= max(2, ALMOST_ALL * len(lines))
    recurring = {c.label.key for c in small if c.count > 1}
    single_words = {c.label.key for c in small if " " not in c.label.name and not _is_a_word(c, words)}
    return likely | recurring | (single_words if almost_all or recurring else set())


def _is_a_word(candidate: SpeakerCandidate, words: set[str]) -> bool:
    """Whether a label that is there once is a word of the text, such as the heading Logistics."""
    key = candidate.label.key
    return candidate.count == 1 and key in words and key not in WORDS_THAT_ARE_NAMES


def _words_in_lower_case(lines: Iterable[Line]) -> set[str]:
    return {word for line in lines for word in LOWER_CASE_WORD.findall(line.rest or line.words)}


def _spelling(candidate: SpeakerCandidate) -> str:
    """Return the most frequent spelling; of equally frequent ones, first one that mixes capitals and small letters."""
    best = max(candidate.spellings.values())
    spellings = [name for name, count in candidate.spellings.items() if count == best]
    mixed = [name for name in spellings if not name.isupper() and not name.islower()]
    return (mixed or spellings)[0]
