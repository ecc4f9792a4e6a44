"""Records that wait in a temporary file: a data set is read whole before any of it is stored."""

import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from models_runner.importing.records import ImportedRecord

IN_MEMORY = 32_000_000  # bytes


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
