"""Languages of imported documents: found in the text where nobody names one, doubted where the text is in another."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from lib.language_codes import UnknownLanguageError, language_code
from lib.text.language_guess import READ, contradicts, guess_language, language_name
from models_runner.importing.reading import Note, NoteKind
from models_runner.importing.records import ImportedRecord

FIND_OUT = ""  # the language of documents for which nobody names one


def code_or_find_out(language: str) -> str:
    """Return the code of a language that was named, or FIND_OUT. Raises UnknownLanguageError."""
    return language_code(language) if language.strip() else FIND_OUT


def with_language(record: ImportedRecord) -> ImportedRecord:
    """Return a record with the language of its text noted, and taken over where it names none."""
    guess = guess_language(_beginning(record))
    plain = guess.code if guess.sure else ""
    if record.language:
        return replace(record, plain_language=plain)
    return replace(record, language=guess.code, language_is_guess=True, plain_language=plain)


def _beginning(record: ImportedRecord) -> str:
    parts: list[str] = []
    length = 0
    for turn in record.turns:
        parts.append(turn["content"])
        length += len(turn["content"]) + 1
        if length > READ:
            break
    return "\n".join(parts)


def is_doubtful(record: ImportedRecord) -> bool:
    """Whether the language that was named is plainly not that of the text."""
    if record.language_is_guess or not record.plain_language:
        return False
    try:
        return contradicts(language_code(record.language), record.plain_language)
    except UnknownLanguageError:  # which is refused elsewhere
        return False


class LanguageNotes:
    """Counts the languages of records that pass, to tell at the end what was found and what is doubtful."""

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()
        self._unsure: Counter[str] = Counter()
        self._doubtful: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], str] = {}

    def add(self, record: ImportedRecord) -> None:
        if record.language_is_guess:
            (self._found if record.plain_language else self._unsure)[record.language] += 1
        elif is_doubtful(record):
            pair = (record.language, record.plain_language)
            self._doubtful[pair] += 1
            self._first.setdefault(pair, record.id)

    def notes(self) -> Iterator[Note]:
        for code, n in self._found.most_common():
            yield Note("language", f"{code} ({language_name(code)}), found from the text of documents: {n}.")
        for code, n in self._unsure.most_common():
            yield Note("language", f"{code} ({language_name(code)}), likely but not certain, of documents: {n}.")
        yield from self.doubts()

    def doubts(self) -> Iterator[Note]:
        for (named, found), n in self._doubtful.most_common():
            first = self._first[named, found]
            yield Note(
                first if n == 1 else f"{first} and {n - 1:,} more",
                f"the language is said to be {named}, but the text reads as {found} ({language_name(found)}).",
                NoteKind.DOUBT,
            )


def doubts_about(records: Iterable[ImportedRecord]) -> list[Note]:
    notes = LanguageNotes()
    for record in records:
        notes.add(record)
    return list(notes.doubts())
