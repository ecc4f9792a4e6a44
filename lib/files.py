"""Writing files that are either whole or not there."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast


@contextmanager
def replace_when_complete(path: Path) -> Iterator[TextIO]:
    """A text file that takes its final name when the block ends well, and vanishes when it does not."""
    with replace_bytes_when_complete(path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


@contextmanager
def replace_bytes_when_complete(path: Path) -> Iterator[BinaryIO]:
    """The same for a file of bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = tempfile.NamedTemporaryFile(  # noqa: SIM115  (closed below, before the rename)
        "wb", dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    )
    unfinished = Path(handle.name)
    try:
        with handle:
            yield cast(BinaryIO, handle)
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
