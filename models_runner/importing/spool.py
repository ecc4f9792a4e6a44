"""Records that wait in a temporary file: what is imported is read whole before any of it is stored."""

import pickle
import tempfile
from array import array
from collections.abc import Hashable, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from models_runner.importing.records import ImportedRecord

IN_MEMORY = 32_000_000  # bytes
Part = TypeVar("Part", bound=Hashable)
Kept = TypeVar("Kept")


class RecordSpool:
    """Keeps records in the order in which they were added; can be read again and again until it is closed."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed with the spool)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def append(self, record: ImportedRecord) -> None:
        pickle.dump(record, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[ImportedRecord]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301  (of what this process wrote itself)


class PartedSpool(Generic[Part, Kept]):
    """Keeps values by the part that they belong to, each at a place; gives back those of one part in turn, or any."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed with the spool)
        self._places: dict[Part, array[int]] = {}
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    def append(self, part: Part, value: Kept) -> None:
        self._file.seek(self._end)
        self._places.setdefault(part, array("q")).append(self._end)
        pickle.dump(value, self._file, pickle.HIGHEST_PROTOCOL)
        self._end = self._file.tell()

    def parts(self) -> list[Part]:
        """List the parts in the order in which they came first."""
        return list(self._places)

    def of(self, part: Part) -> Iterator[tuple[int, Kept]]:
        """Yield the values of a part in the order in which they were added, each with its place."""
        for place in self._places[part]:
            yield place, self.at(place)

    def at(self, place: int) -> Kept:
        self._file.seek(place)
        value: Kept = pickle.load(self._file)  # noqa: S301  (of what this process wrote itself)
        return value

    def __iter__(self) -> Iterator[Kept]:
        """Yield all values in the order in which they were added."""
        for place in sorted(place for places in self._places.values() for place in places):
            yield self.at(place)
