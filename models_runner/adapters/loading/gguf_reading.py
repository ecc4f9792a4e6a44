"""Read GGUF files fast, also where transformers read them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from models_runner.adapters.weights import is_gguf

_READS_ONCE = RLock()


@contextmanager
def gguf_read_once(model_id: str) -> Iterator[None]:
    """Let transformers read the fields of a GGUF file once while they load a model, not once for each part of it.

    Fields take seconds, as the vocabulary is one of them, and much memory, so they are forgotten afterwards.
    """
    if not is_gguf(model_id):
        yield
        return
    import gguf

    read_gguf_as_arrays()
    with _READS_ONCE:
        reader = gguf.GGUFReader
        gguf.GGUFReader = _remembering(reader)  # type: ignore[misc, assignment]
        try:
            yield
        finally:
            gguf.GGUFReader = reader  # type: ignore[misc]


def _remembering(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a memory: it reads a file again only if the file has changed."""
    known: dict[tuple[object, ...], Any] = {}

    def remembered(path: str | Path, *options: object) -> Any:
        stat = Path(path).stat()
        asked = (str(path), stat.st_size, stat.st_mtime_ns, *options)
        if asked not in known:
            known[asked] = read(path, *options)
        return known[asked]

    return remembered


def read_gguf_as_arrays() -> None:
    """Let the gguf library, also where transformers call it, see a file as a plain array from now on.

    It slices the file for each piece of the vocabulary: of a memory map that takes three times as long.
    """
    import numpy as np
    from gguf import GGUFReader

    def keep(reader: GGUFReader, data: Any) -> None:
        vars(reader)["data"] = data.view(np.ndarray)

    GGUFReader.data = property(lambda reader: vars(reader)["data"], keep)  # type: ignore[assignment]
