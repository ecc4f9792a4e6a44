"""The one form in which names are compared: ids, queries, judges, systems, data sets, splits."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

Named = TypeVar("Named")


class AmbiguousNameError(LookupError):
    """Several stored names look the same as the one asked for, and none is written exactly so."""

    def __init__(self, name: str, stored: Iterable[str]) -> None:
        self.name = name
        self.stored = list(stored)
        written = ", ".join(ascii(stored_name) for stored_name in self.stored)
        super().__init__(
            f"{name!r} may be any of {len(self.stored)} that look the same: {written}. Write one exactly so."
        )


def normal_form(text: str) -> str:
    """Return a name as it is compared: composed characters (Unicode NFC), no blanks at either end.

    Stored texts stay as they were written; only comparisons use this form. It is its own normal form.
    """
    return unicodedata.normalize("NFC", text).strip()


def spellings(name: str) -> list[str]:
    """Return how a stored name may be written: as given, composed, decomposed. For lookups that only SQL can do."""
    normal = normal_form(name)
    return list(dict.fromkeys((name, normal, unicodedata.normalize("NFD", normal))))


def name_hash(text: str) -> str:
    """Return what stands in place of a text that may not be passed on, such as the query of a withheld document."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class ByName(Generic[Named]):
    """Finds things by their names: the exact text first, then the only one of the same normal form."""

    def __init__(self, things: Iterable[tuple[str, Named]]) -> None:
        self._exact: dict[str, Named] = {}
        self._normal: defaultdict[str, list[str]] = defaultdict(list)
        for name, thing in things:
            self.add(name, thing)

    def add(self, name: str, thing: Named) -> None:
        if name not in self._exact:
            self._normal[normal_form(name)].append(name)
        self._exact[name] = thing

    def things(self) -> list[Named]:
        return list(self._exact.values())

    def find(self, name: str) -> Named | None:
        """Return the thing of this name, or None. Raises AmbiguousNameError."""
        stored = self.stored_name(name)
        return None if stored is None else self._exact[stored]

    def stored_name(self, name: str) -> str | None:
        """Return the name as it is stored, or None. Raises AmbiguousNameError."""
        if name in self._exact:
            return name
        written = self._normal.get(normal_form(name), [])
        if len(written) > 1:
            raise AmbiguousNameError(name, written)
        return written[0] if written else None
