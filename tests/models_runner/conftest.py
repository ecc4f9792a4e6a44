from functools import cache
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _files_are_read_once(request, monkeypatch):
    """transformers reads the fields of a GGUF file three times for one model, each of them in five seconds of Python."""
    if request.node.get_closest_marker("weights"):
        import gguf

        monkeypatch.setattr(gguf, "GGUFReader", _reader_of)


def _reader_of(path, *options):
    return _reader(path, Path(path).stat().st_mtime_ns, *options)


@cache
def _reader(path, written, *options):
    from gguf.gguf_reader import GGUFReader

    return GGUFReader(path, *options)
