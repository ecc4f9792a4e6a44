"""The files of kept votes: numbers alone, one file a question. A file that cannot be read counts as none."""

import fcntl
import json
import logging
import zipfile
import zlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from django.conf import settings

from leaderboards.data.cache.mark import End, ReadUpTo
from leaderboards.data.columns import Columns
from lib.files import replace_bytes_when_complete

logger = logging.getLogger(__name__)
# Raise it when the columns, or what they mean, change.
FORMAT = 1
DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)
ABOUT = "about"


@dataclass(frozen=True)
class KeptVotes:
    """The votes on a question as they were read.

    Attributes:
        mark: How far they were read.
        read_at: When all of them were read last.
        rows: Of every answer on a pair for rating, whether it counts or not.
    """

    mark: ReadUpTo
    read_at: datetime
    rows: Columns


def file_of(question: int) -> Path:
    return Path(settings.VOTE_CACHE_DIR) / f"{question}.npz"


def load(question: int) -> KeptVotes | None:
    """Return what is kept for this question; None where nothing is, or the file is damaged or of another format."""
    try:
        with np.load(file_of(question), allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
        about = json.loads(columns.pop(ABOUT).tobytes())
        if (about["format"], about["question"], about["columns"]) != (FORMAT, question, sorted(columns)):
            return None
        end = about["mark"]["end"]
        mark = ReadUpTo(End(end["newest"], end["key"], tuple(end["history"])), about["mark"]["answers"])
        return KeptVotes(mark, datetime.fromisoformat(about["read_at"]), {n: _wide(c) for n, c in columns.items()})
    except DAMAGE:
        return None


def save(question: int, kept: KeptVotes) -> None:
    """Keep the votes, in a file that is whole or not there; leave it to another process that is writing just now.

    A full disk costs time at the next board, never this one.
    """
    try:
        _write(file_of(question), question, kept)
    except OSError as error:
        logger.warning("Votes on question %s are not kept: %s", question, error)


def _write(path: Path, question: int, kept: KeptVotes) -> None:
    about = {
        "format": FORMAT,
        "question": question,
        "columns": sorted(kept.rows),
        "mark": asdict(kept.mark),
        "read_at": kept.read_at.isoformat(),
    }
    columns = {name: _narrow(column) for name, column in kept.rows.items()}
    columns[ABOUT] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        with replace_bytes_when_complete(path) as file:
            np.savez(file, **columns)  # type: ignore[arg-type]  # the stubs take the names for its options


def forget(question: int) -> None:
    """Delete what is kept for this question."""
    for path in (file_of(question), file_of(question).with_suffix(".lock")):
        path.unlink(missing_ok=True)


def written_at(question: int) -> datetime:
    """Return when the file was written; the beginning of time where there is none any more."""
    try:
        return datetime.fromtimestamp(file_of(question).stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.fromtimestamp(0, UTC)


def kept_questions() -> list[int]:
    """List the questions of which something is kept."""
    return sorted(int(path.stem) for path in Path(settings.VOTE_CACHE_DIR).glob("*.npz") if path.stem.isdigit())


def _narrow(column: np.ndarray) -> np.ndarray:
    """Return whole numbers in half the bytes where they fit."""
    fits = column.dtype == np.int64 and (not column.size or np.abs(column).max() < 2**31)
    return column.astype(np.int32) if fits else column


def _wide(column: np.ndarray) -> np.ndarray:
    return column.astype(np.int64) if column.dtype == np.int32 else column
