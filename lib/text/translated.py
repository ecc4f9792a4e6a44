"""Show a text that was written in English in the language of who reads it.

What is stored, raised or computed below the pages is English: a worker does not know who will read, and programs read
it too. Pages translate it when they show it. A text with values in it is recognised by the words around the values, so
the catalogue holds it as any other: "%(n)s of %(total)s summaries failed." `tools.messages` finds these texts where
they are written.
"""

import itertools
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation.trans_real import translation

PLACE = re.compile(r"%\((\w+)\)s")
# A text with less of its own than this would be found in sentences that say something else.
LEAST_CHARACTERS = 8
# Words that are stored and shown by themselves. Within a sentence those of WITHIN alone are translated: any other may
# be a name that somebody gave.
WITHIN = (
    *("left", "right", "both", "annotator", "annotators", "document", "documents"),
    *("rating", "parameters", "words", "long", "medium", "short", "query", "input", "output"),
)
WORDS = (
    *WITHIN,
    *("zero-shot", "fine-tuned", "baseline", "human", "compact", "mid", "large", "no size"),
    *("none", "yes", "no", "count", "everybody", "people", "alike", "all"),
    *("pairs", "ratings", "summaries", "gold items", "training items", "invitations", "gold", "training", "any length"),
    *("validation split", "pairs per document", "completion code", "annotator title", "break minutes"),
    *("slug", "anchor", "label", "addresses", "encoding", "sheet", "about", "temperature", "repetition penalty"),
    "pair %(number)s of %(document)s",
    *("line %(n)s", "record %(n)s", "row %(n)s", "field %(n)s"),
    *("%(n)s system", "%(n)s systems", "%(n)s document", "%(n)s documents", "%(n)s annotator", "%(n)s annotators"),
    *("%(n)s vote", "%(n)s votes", "%(n)s days", "%(n)s judge", "%(n)s judges", "%(n)s judgement", "%(n)s judgements"),
    *("%(n)s pair", "%(n)s pairs", "%(n)s question", "%(n)s questions", "%(n)s rating", "%(n)s ratings"),
    *("%(n)s query", "%(n)s queries", "Known: %(names)s."),
    # What the client of endpoints says by itself, and no server.
    *("Connection error.", "Request timed out.", "Error code: %(status)s - %(told)s"),
    "The endpoint serves %(names)s.",
    *("so far", "forecast", "against", "differ", "enough", "system", "rate", "lower", "upper", "votes"),
)
# Values that people gave: names, ids, texts and files of theirs. They stay as they are, though one be a text of ours.
THEIRS = frozenset(
    {
        *("name", "slug", "username", "external_id", "dataset", "document", "system", "against", "base", "job", "run"),
        *("release", "split", "text", "invitation", "address", "email", "path", "file", "sheet", "column", "field"),
        *("key", "wanted", "id", "document_id", "meeting", "speaker", "record_id", "about"),
    }
)
# Around words of somebody's that a page passes on within a text or as a label; never seen.
VERBATIM = "\N{WORD JOINER}"
SPAN = re.compile(f"{VERBATIM}([^{VERBATIM}]*){VERBATIM}")
NAMES = re.compile(r"[\w.-]+(?:, [\w.-]+)* and [\w.-]+")
COUNTED = re.compile(r"([\d,]+) (\w+)")
COUNT = re.compile(r"%\(n\)s \w+")
# Where something is in a file, as messages begin: votes.jsonl, line 3, field 'winner'.
AT = re.compile(r", (line|record|row|field) ([^,]+)(?=, |$)")
RANGE = re.compile(r"([\d.,]+) to ([\d.,]+)")
# Marks between and after texts, in the catalogue under their own context: ". " tells whether a space parts sentences.
MARKS = ("; ", ", ", " and ", ": ", ".", ". ", "–", " (", ")")
MARK = "mark between texts"
BEFORE_A_COLON = re.compile(r"(?:[^'\"“:()]|\([^:()]*\))+: ")
# Where a sentence ends and another begins; "Dr. Costa" and "J. Costa" are names.
END = r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Dr|Mr|Ms|St)\.)(?<!\b(?:Mrs|Sra)\.)(?<!\bProf\.) (?=[A-Z“])"
SENTENCES = re.compile(END)
LONGEST_LIST = 8
LONGEST = 5_000  # of a text of ours, with somebody's words in it
# A text with so few characters of its own has no whole sentence for a value.
SHORT, WORDS_IN_SHORT = 24, 4
DEPTH = 4
CONTEXT = "\x04"  # stands between a context and its text


def translated(text: object) -> str:
    """Return the text in the language of the page, or as it is where no translation is known."""
    words = str(text)
    language = get_language() or settings.LANGUAGE_CODE
    if not words or language == settings.LANGUAGE_CODE or len(words) > LONGEST:
        return words.replace(VERBATIM, "")
    spans = SPAN.findall(words)
    numbers = itertools.count()
    hidden = SPAN.sub(lambda span: f"{VERBATIM}{next(numbers)}{VERBATIM}", words) if spans else words
    shown = _translated(language, hidden)
    return SPAN.sub(lambda span: spans[int(span[1])], shown) if spans else shown


def verbatim(words: str) -> str:
    """Mark words of somebody's, which translated() then leaves as they are. Only for what a page shows at once."""
    return f"{VERBATIM}{words.replace(VERBATIM, '')}{VERBATIM}"


def translated_whole(text: str) -> str:
    """Return the text in the language of the page if the catalogue holds it as it is, and else as it is."""
    language = get_language() or settings.LANGUAGE_CODE
    return text if language == settings.LANGUAGE_CODE else _find(language, text, 0) or text


def translated_markdown(text: str) -> str:
    """Return Markdown of ours in the language of the page, line by line; code stays."""
    if (get_language() or settings.LANGUAGE_CODE) == settings.LANGUAGE_CODE:
        return text
    lines, in_code = [], False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        marks, cells = split_line(line)
        lines.append(line if in_code else marks.format(*map(translated, cells)))
    return "\n".join(lines)


def split_line(line: str) -> tuple[str, list[str]]:
    """Return the marks of a line of Markdown with places for its texts, and these: one, or the cells of a table."""
    if line.startswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        return "| " + " | ".join("{}" for _ in cells) + " |", cells
    parts = re.fullmatch(r"(#+ |- |> )?(.*)", line)
    mark, text = parts.groups() if parts else ("", line)
    return f"{mark or ''}{{}}", [text.strip()]


def translated_list(texts: Iterable[object], separator: str) -> str:
    """Return the texts in the language of the page, one after the other. separator: "; " or ", "."""
    language = get_language() or settings.LANGUAGE_CODE
    if language != settings.LANGUAGE_CODE:
        separator = _mark(language, " and ") if separator == ", " else mark_of(separator)
    return separator.join(map(translated, texts))


def mark_of(english: str) -> str:
    """Return a mark between texts, one of MARKS or the space between sentences, in the language of the page."""
    language = get_language() or settings.LANGUAGE_CODE
    if english == " ":
        return _between_sentences(language)
    return english if language == settings.LANGUAGE_CODE else _mark(language, english)


def _mark(language: str, mark: str) -> str:
    return str(_texts(language).get(f"{MARK}{CONTEXT}{mark}", mark))


def _between_sentences(language: str) -> str:
    return " " if _mark(language, ". ").endswith(" ") else ""


@lru_cache(maxsize=20_000)
def _translated(language: str, text: str) -> str:
    return _find(language, text, DEPTH) or text


def _find(language: str, text: str, depth: int) -> str | None:
    """Return the translation of a whole text, or of the sentences or the items of a list that it is made of."""
    stripped = text.strip()
    if exact := _exactly(language, stripped):
        return _around(text, stripped, exact)
    if counted := COUNTED.fullmatch(stripped):
        form = _texts(language).get(f"%(n)s {counted[2]}")
        return _around(text, stripped, PLACE.sub(counted[1], form)) if form else None
    # After a label Django has put the colon of the page's language already.
    colon = _mark(language, ": ").rstrip()
    if depth and stripped.endswith((":", colon)) and (in_language := _find(language, stripped[:-1], depth - 1)):
        return _around(text, stripped, f"{in_language}{colon}")
    if depth == 0 or " " not in stripped:
        return None
    if in_language := _list(language, stripped, depth) or _by_pattern(language, stripped, depth):
        return _around(text, stripped, in_language)
    return _in_parts(language, text, depth)


def _exactly(language: str, text: str) -> str | None:
    catalogue, _patterns = _catalogue(language)
    return catalogue.get(text) or catalogue.get(text.casefold())


def _by_pattern(language: str, text: str, depth: int) -> str | None:
    for pattern in _catalogue(language)[1]:
        if match := pattern.match(text):
            return pattern.filled({name: _shown(language, name, value, depth - 1) for name, value in match.items()})
    return None


def _shown(language: str, name: str, value: str, depth: int) -> str:
    return value if name.rstrip("23456789") in THEIRS else _value(language, value, depth)


def _list(language: str, text: str, depth: int) -> str | None:
    """Translate a list of texts; the whole would pass for one of them, with the others as its values."""
    parts = re.split(r", | and ", text)
    if not 2 <= len(parts) <= LONGEST_LIST:
        return None
    translations = [_exactly(language, part) or _by_pattern(language, part, depth - 1) for part in parts]
    mark = _mark(language, " and " if all(_exactly(language, part) for part in parts) else ", ")
    return mark.join(filter(None, translations)) if all(translations) else None


def _around(text: str, stripped: str, translation: str) -> str:
    return text.replace(stripped, translation, 1)


def _value(language: str, value: str, depth: int) -> str:
    """Translate a value that is words itself. A single word stays: it may be somebody's name for something."""
    words = value.strip()
    if " " not in words:
        return _exactly(language, words) or value if words.casefold() in WITHIN else value
    if in_language := _find(language, words, depth):
        return in_language
    return re.sub(", | and ", _mark(language, " and "), value) if NAMES.fullmatch(words) else value


def _in_parts(language: str, text: str, depth: int) -> str | None:
    """Translate the sentences of a text, else the items of a list, else what stands after a name and a colon.

    What stands after a place in a file is one message, though it has a semicolon.
    """
    name, colon, rest = text.partition(": ")
    place = _at_place(language, name) if colon else None
    if place and (in_language := _find(language, rest, depth - 1)):
        return f"{place}{_mark(language, ': ')}{in_language}"
    sentences = SENTENCES.split(text)
    if len(sentences) > 1 and (in_language := _joined(language, sentences, _between_sentences(language), depth)):
        return in_language
    items = re.split(r"; (?:and )?", text)
    if len(items) > 1 and (in_language := _joined(language, items, _mark(language, "; "), depth)):
        return in_language
    if colon and (in_language := _find(language, rest, depth - 1)):
        return f"{_value(language, name, 0)}{_mark(language, ': ')}{in_language}"
    if RANGE.fullmatch(text):
        return text.replace(" to ", _mark(language, "–"))
    if text.endswith(".") and (in_language := _find(language, text[:-1], depth - 1)):
        return f"{in_language}{_mark(language, '.')}"
    return None


def _at_place(language: str, place: str) -> str | None:
    """Translate a place in a file; its name and the number or name there stay."""
    first = AT.search(place)
    if first is None or AT.sub("", place[first.start() :]):
        return None
    comma = _mark(language, ", ")

    def shown(words: re.Match[str]) -> str:
        form = _texts(language).get(f"{words[1]} %(n)s") or f"{words[1]} %(n)s"
        return f"{comma}{PLACE.sub(lambda _: words[2], form)}"

    return place[: first.start()] + AT.sub(shown, place[first.start() :])


def _joined(language: str, parts: list[str], mark: str, depth: int) -> str | None:
    translations = [_find(language, part, depth - 1) for part in parts]
    if not any(translations):
        return None
    return mark.join(translation or part for part, translation in zip(parts, translations, strict=True))


class Pattern:
    """A text of the catalogue with places for values.

    Matched from the left without going back, so that no text takes long, whoever wrote its values.
    """

    def __init__(self, text: str, translation: str) -> None:
        pieces = PLACE.split(text)
        self.literals, self.names = pieces[::2], pieces[1::2]
        self.length = sum(map(len, self.literals))
        self.begins = bool(self.literals[0])
        # A few words and then anything: longer sentences begin so, too.
        self.is_beginning = self.begins and not self.literals[-1] and self.length < SHORT
        self.translation = translation

    def filled(self, values: dict[str, str]) -> str:
        """Return the translation with these values in their places."""
        return PLACE.sub(lambda place: values[place[1]], self.translation)

    def match(self, text: str) -> dict[str, str] | None:
        """Return the values in a text that this one is."""
        values = self._values(text)
        # A value is no two sentences: then the text is this one and another.
        if values is None or any(SENTENCES.search(value) for value in values):
            return None
        # Nor does it begin with a file's name and a colon: what is said of the file stands behind them.
        if not self.begins and BEFORE_A_COLON.match(values[0]):
            return None
        is_short = not self.begins and self.length < SHORT
        if is_short and any(len(value.split()) > WORDS_IN_SHORT for value in values):
            return None
        named = dict(zip(self.names, values, strict=True))
        return named if all(named[name] == value for name, value in zip(self.names, values, strict=True)) else None

    def _values(self, text: str) -> list[str] | None:
        """Return what stands between the words, each value as short as can be; None where the words are others."""
        first, *between, last = self.literals
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        values = []
        for literal in between:
            next_at = text.find(literal, at, end)
            if next_at < 0:
                return None
            values.append(text[at:next_at])
            at = next_at + len(literal)
        return [*values, text[at:end]]


def _texts(language: str) -> Any:
    """Return the whole catalogue, which Django's stubs do not name."""
    return translation(language)._catalog  # type: ignore[attr-defined]


@cache
def _catalogue(language: str) -> tuple[dict[str, str], list[Pattern]]:
    """Return the texts without values, and those with values, in the order in which they are tried."""
    texts: dict[str, str] = {}
    for key, value in _texts(language).items():
        if isinstance(key, str) and key and value and CONTEXT not in key:
            texts.setdefault(key, value)  # ours come first, then Django's, which may have the same text
    patterns = [
        Pattern(text, value)
        for text, value in texts.items()
        if PLACE.search(text) and len(PLACE.sub("", text)) >= LEAST_CHARACTERS and not COUNT.fullmatch(text)
    ]
    patterns.sort(
        key=lambda pattern: (not pattern.begins or pattern.is_beginning, -pattern.length, -len(pattern.names))
    )
    whole = {key: value for key, value in texts.items() if not PLACE.search(key)}
    # Begun with a capital or not: a status stands in a table and within a sentence.
    return {key.casefold(): value for key, value in whole.items()} | whole, patterns
