"""Finds words in a summary that reveal which model wrote it and that the meeting itself did not say.

A name that is in the transcript reveals nothing: a summary of a meeting at Google may say Google.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from annotations.blindness.terms import CAPITALISED, GENERIC, IN_CONTEXT, NAMES, PHRASES
from lib.markup.plain import with_origin

# Chinese, Japanese and Korean are written without spaces, so a Latin name may touch their letters and is still a word.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
LETTER = rf"[^\W{CJK}]"
VERSION = r"(?:[ -]?v?\d+(?:\.\d+)*[a-z]?)?"
APOSTROPHES = str.maketrans("\u2018\u2019\u02bc", "'''")
SHORTEST_WORD = 4
SHORTEST_CJK = 2
SIZE = re.compile(r"v?\d+(?:\.\d+)*[a-z]?|q\d\w*|\d+x\d+b")


@dataclass(frozen=True)
class IdentityFlag:
    """A place in a summary that reveals its author: summary[start:end] names the term."""

    start: int
    end: int
    term: str


@dataclass(frozen=True)
class _Folded:
    """A text in one spelling, and the position in the original of each of its characters."""

    text: str
    origin: tuple[int, ...]


@cache
def list_key() -> str:
    """Return a short key of the list of names: another list has another one."""
    listed = (NAMES, CAPITALISED, IN_CONTEXT, PHRASES, sorted(GENERIC))
    return hashlib.sha256(repr(listed).encode()).hexdigest()[:16]


def find_giveaways(summary: str, transcript: str, system_names: Iterable[str] = ()) -> list[IdentityFlag]:
    """Find words that name a model or its maker, or speak as one, and are absent from the transcript.

    Looks at the summary as written and without its markup: "**GP**T" is read as a name. Full-width and other
    compatibility forms count as their plain letters; invisible characters are ignored. Only listed names are found, not
    styles: a summary without a flag may still be recognisable.

    Args:
        summary: The text as it is stored.
        transcript: The text that was summarized, with the names of the speakers.
        system_names: Slugs and names of the study's systems. The whole name is searched for, and each of its words that
            is not an ordinary word, number or size; a name of ordinary words only if hyphens join them.
    Returns:
        Flags in the order of the text; of overlapping ones, only the longest.
    """
    terms = [*_known_terms(), *_system_terms(frozenset(system_names))]
    hits = [*_hits(_fold(summary), terms), *_hits(_fold_visible(summary), terms)]
    if not hits:
        return []
    said = _fold(transcript).text
    absent = {term for term in {hit[2] for hit in hits} if not _loosely(term).search(said)}
    return [IdentityFlag(*hit) for hit in _longest([hit for hit in hits if hit[2] in absent])]


def _hits(folded: _Folded, terms: Iterable[tuple[str, re.Pattern[str]]]) -> list[tuple[int, int, str]]:
    """Return where the terms stand in the text of before, as start, end and term."""
    return [
        (folded.origin[match.start()], folded.origin[match.end() - 1] + 1, term)
        for term, pattern in terms
        for match in pattern.finditer(folded.text)
        if match.end() > match.start()
    ]


def _fold_visible(summary: str) -> _Folded:
    """Fold what is seen of a text with markup; the origins are in the text as written."""
    visible = with_origin(summary, signs=False)
    folded = _fold(visible.text)
    return _Folded(folded.text, tuple(max(visible.origin[position], 0) for position in folded.origin))


def _fold(text: str) -> _Folded:
    """Replace compatibility forms by plain letters and drop accents, letter by letter, so that positions are kept."""
    letters: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        plain = _plain(character)
        letters.append(plain)
        origin.extend([position] * len(plain))
    return _Folded("".join(letters), tuple(origin))


@lru_cache(maxsize=10_000)
def _plain(character: str) -> str:
    if character.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", character).translate(APOSTROPHES)
    kept = "".join(part for part in parts if unicodedata.category(part) not in ("Cf", "Mn"))
    return unicodedata.normalize("NFC", kept)  # Korean syllables back in one piece


@cache
def _known_terms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return (
        *((term, _whole(expression + VERSION, re.IGNORECASE)) for term, expression in NAMES),
        *((term, _whole(f"(?:{expression}){VERSION}")) for term, expression in (*CAPITALISED, *IN_CONTEXT)),
        *((term, _whole(expression, re.IGNORECASE)) for term, expression in PHRASES),
    )


def _whole(expression: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(rf"(?<!{LETTER})(?:{expression})(?!{LETTER})", flags)


@cache
def _loosely(term: str) -> re.Pattern[str]:
    """Match the term in any case, with or without spaces and hyphens between its parts: "chat gpt", "open-ai"."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+", term)
    return _whole(r"[\W_]*".join(map(re.escape, parts)) + VERSION, re.IGNORECASE)


@lru_cache(maxsize=100)
def _system_terms(names: frozenset[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(term for name in sorted(names) for term in _terms_of(name))


def _terms_of(name: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the whole name, where it is not of ordinary words, and each of its words that tells."""
    plain = _fold(name).text
    words = re.findall(r"[^\W_]+", plain)
    telling = [word for word in words if _is_telling(word)]
    if telling:
        yield name, _whole(r"[\W_]*".join(map(re.escape, words)), re.IGNORECASE)
    elif re.search(r"[^\W_][-_.][^\W_]", plain):
        # An ordinary word and a number are a name only with the hyphen: "lead-3", not "will lead 3 teams".
        yield name, _whole("[-_.]".join(map(re.escape, words)), re.IGNORECASE)
    elif len(words) == 1 and not _is_ordinary(words[0]):
        yield name, _whole(re.escape(words[0]))  # short: only in its own case
    for word in telling:
        yield word, _whole(re.escape(word) + VERSION, re.IGNORECASE)


def _is_telling(word: str) -> bool:
    shortest = SHORTEST_CJK if re.search(f"[{CJK}]", word) else SHORTEST_WORD
    return len(word) >= shortest and not _is_ordinary(word)


def _is_ordinary(word: str) -> bool:
    lower = word.casefold()
    return lower in GENERIC or SIZE.fullmatch(lower) is not None


def _longest(hits: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return hits that do not overlap, preferring longer ones, in the order of the text."""
    kept: list[tuple[int, int, str]] = []
    for start, end, term in sorted(hits, key=lambda hit: (hit[0] - hit[1], hit[0], hit[2])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, term))
    return sorted(kept)
