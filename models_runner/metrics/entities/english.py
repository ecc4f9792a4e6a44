"""English numbers in words, months, days of the week and times: forty-eight, a dozen, half past three, Friday."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

import regex

from models_runner.metrics.entities.mentions import Mention, MentionKind, clock, reading


def _listed(words: str) -> list[str]:
    return words.split()


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
ONES = dict(zip(_listed(_ONES), range(20), strict=True))
TENS = dict(zip(_listed("twenty thirty forty fifty sixty seventy eighty ninety"), range(20, 100, 10), strict=True))
SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
ORDINALS = {word: n for n, word in enumerate(_listed(_ORDINALS), 3)} | {"twentieth": 20, "thirtieth": 30}
SMALL = frozenset({"one", "zero"})  # "one of them", "the one": too often no number
MONTHS = {
    word: n
    for n, words in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul"),
            *("august aug", "september sept sep", "october oct", "november nov", "december dec"),
        ),
        1,
    )
    for word in words.split()
}
# Also words of another kind: with a capital and beside a number or after "in", they are months.
AMBIGUOUS_MONTHS = frozenset({"may", "march", "mar", "sep", "dec", "jan", "jun"})
DAYS = {
    word: n
    for n, words in enumerate(
        (
            *("monday mondays", "tuesday tuesdays", "wednesday wednesdays", "thursday thursdays"),
            *("friday fridays", "saturday saturdays", "sunday sundays"),
        ),
        1,
    )
    for word in words.split()
}
TOKEN = regex.compile(r"\p{L}+(?:[’']\p{L}+)?")
BETWEEN = regex.compile(r"[\s-]+")
_BEFORE_MONTH = "in|by|of|until|since|from|to|for|early|late|mid|next|last|this|and|before|after"
OF_MONTH = regex.compile(rf"(?:\b(?:{_BEFORE_MONTH})|\d(?:st|nd|rd|th)?|[-/–])\s*$")
AFTER_MONTH = regex.compile(r"^\.?,?\s*(?:the\s)?\d")


@dataclass(frozen=True)
class _Token:
    word: str
    start: int
    end: int


def english_mentions(text: str) -> Iterator[Mention]:
    """Yield numbers in words, dates and times, in order; a stretch may yield several readings as one mention."""
    tokens = [_Token(m[0].lower(), m.start(), m.end()) for m in TOKEN.finditer(text)]
    yield from _calendar(text, tokens)
    at = 0
    while at < len(tokens):
        run = _run(text, tokens, at)
        if run:
            yield _number(text, tokens, at, run)
            at += run
        else:
            yield from _loose(tokens[at])
            at += 1


def _calendar(text: str, tokens: Sequence[_Token]) -> Iterator[Mention]:
    for token in tokens:
        capital = text[token.start].isupper()
        if token.word in DAYS and capital:
            yield Mention(token.start, token.end, MentionKind.DATE, frozenset({f"day:{DAYS[token.word]}"}))
        elif token.word in MONTHS and capital and _is_month(text, token):
            yield Mention(token.start, token.end, MentionKind.DATE, frozenset({f"month:{MONTHS[token.word]}"}))


def _is_month(text: str, token: _Token) -> bool:
    if token.word not in AMBIGUOUS_MONTHS:
        return True
    before, after = text[max(0, token.start - 12) : token.start].lower(), text[token.end : token.end + 8]
    return bool(OF_MONTH.search(before) or AFTER_MONTH.match(after))


def _loose(token: _Token) -> Iterator[Mention]:
    """Yield what is a number to a transcript, though a summary that has it claims none."""
    loose = {"dozen": ("12",), "half": ("0.5", "50"), "quarter": ("0.25", "25"), "couple": ("2",), "twice": ("2",)}
    loose |= {"both": ("2",), "pair": ("2",), "second": ("2",), "first": ("1",), "once": ("1",), "single": ("1",)}
    loose |= {word: (reading(scale),) for word, scale in SCALES.items()}
    if token.word in loose:
        yield Mention(token.start, token.end, MentionKind.NUMBER, frozenset(loose[token.word]), claimed=False)
    elif token.word in ORDINALS:
        yield Mention(
            token.start, token.end, MentionKind.NUMBER, frozenset({reading(ORDINALS[token.word])}), claimed=False
        )


def _is_number(word: str) -> bool:
    return word in ONES or word in TENS or word in SCALES


def _run(text: str, tokens: Sequence[_Token], at: int) -> int:
    """Return how many tokens from this one on are one number in words."""
    following = tokens[at + 1].word if at + 1 < len(tokens) else ""
    begins = (tokens[at].word in ("a", "an") and following in SCALES) or (
        tokens[at].word == "point" and ONES.get(following, 10) < 10
    )
    if not begins and (not _is_number(tokens[at].word) or tokens[at].word in SCALES):
        return 0
    end = at + 1
    while end < len(tokens) and BETWEEN.fullmatch(text[tokens[end - 1].end : tokens[end].start]):
        word = tokens[end].word
        follows = end + 1 < len(tokens) and BETWEEN.fullmatch(text[tokens[end].end : tokens[end + 1].start])
        joined = word == "and" and tokens[end - 1].word in SCALES and follows and _is_number(tokens[end + 1].word)
        decimal = word == "point" and follows and tokens[end + 1].word in ONES
        last = word in ORDINALS and tokens[end - 1].word in TENS
        if not (_is_number(word) or joined or decimal or last):
            break
        end += 1
        if last:
            break
    return end - at


def _number(text: str, tokens: Sequence[_Token], at: int, run: int) -> Mention:
    words = [token.word for token in tokens[at : at + run]]
    start, end = tokens[at].start, tokens[at + run - 1].end
    values = _values(words)
    readings = {reading(value) for value in _alternatives(values)} | _clocks(tokens, at, run, values)
    after = [token.word for token in tokens[at + run : at + run + 3]]
    if after[:1] == ["dozen"]:
        readings.add(reading(12 * values[0]))
        end = tokens[at + run].end
    if after == ["and", "a", "half"]:
        readings.add(reading(values[-1] + 0.5))
        end = tokens[at + run + 2].end
    readings |= {reading(values[-1] + cents / 100) for cents in _cents(after)}
    claimed = words[0] not in SMALL or len(words) > 1
    return Mention(start, end, MentionKind.NUMBER, frozenset(readings), claimed)


def _values(words: Sequence[str]) -> list[float]:
    """Return the numbers that words say one after the other: "twenty twenty-five" are 20 and 25."""
    sums = _NumberWords()
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "point":
            digits = list(takewhile(lambda one: ONES.get(one, 10) < 10, words[at:]))
            sums.add_decimals("".join(str(ONES[one]) for one in digits))
            at += len(digits)
        elif word in SCALES:
            sums.scale(SCALES[word])
        elif word not in ("and", "a", "an"):
            sums.add(TENS.get(word) or ONES.get(word) or ORDINALS.get(word) or 0)
    return sums.values()


class _NumberWords:
    """Adds up the words of numbers; a word that is not smaller than the last one begins another number."""

    def __init__(self) -> None:
        self._ended: list[float] = []
        self._total = self._current = 0.0
        self._last: float | None = None

    def add(self, value: float) -> None:
        last = self._last
        fits = last is None or last >= 100 or (last in TENS.values() and 0 < value < 10)
        if not fits:
            self._ended.append(self._total + self._current)
            self._total = self._current = 0.0
        self._current += value
        self._last = value

    def scale(self, scale: float) -> None:
        self._current = (self._current or 1) * scale
        if scale >= 1_000:
            self._total, self._current = self._total + self._current, 0.0
        self._last = scale

    def add_decimals(self, digits: str) -> None:
        self._current += float(f"0.{digits or '0'}")
        self._last = 1  # what follows is another number, but for "million"

    def values(self) -> list[float]:
        return [*self._ended, self._total + self._current]


def _alternatives(values: Sequence[float]) -> Iterator[float]:
    """Yield each number, and what two in a row may mean: a year, or an amount of money."""
    yield from values
    for first, second in pairwise(values):
        if 10 <= first < 100 and second < 100:
            yield first * 100 + second
        if second < 100:
            yield first + second / 100
    if len(values) > 1 and all(value < 10 for value in values):
        yield float("".join(f"{value:g}" for value in values))


def _cents(after: Sequence[str]) -> list[float]:
    """Return what follows a number of coins: twelve Euro fifty."""
    coins = after[:1] in (["euro"], ["euros"], ["dollar"], ["dollars"], ["pound"], ["pounds"])
    said = [word for word in after[1:] if word in TENS or word in ONES]
    return _values(said)[:1] if coins and said else []


def _clocks(tokens: Sequence[_Token], at: int, run: int, values: Sequence[float]) -> set[str]:
    clocks = {clock(int(hour), int(minute)) for hour, minute in pairwise(values) if hour <= 24 and minute < 60}
    before = [token.word for token in tokens[max(0, at - 2) : at]]
    after = tokens[at + run].word if at + run < len(tokens) else ""
    if len(values) == 1 and values[0] <= 24:
        hour = int(values[0])
        if before[-1:] == ["past"] and before[0] in ("half", "quarter"):
            return {clock(hour, 30 if before[0] == "half" else 15)}
        if before == ["quarter", "to"]:
            return {clock(hour - 1, 45)}
        if after in ("o'clock", "o’clock", "am", "pm", "a", "p", "sharp") or before[-1:] in (["at"], ["by"], ["until"]):
            return {clock(hour)}
    return clocks
