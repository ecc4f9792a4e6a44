"""Memory that is free inside the heap goes back to the system: a process of its own shows it, whose heap is known."""

import ctypes
import subprocess
import sys

import pytest

from lib.machine import memory

# Pieces beyond Python's own small ones, of which every thousandth stays in use: it holds what lies before it.
FREE_BETWEEN = """
from pathlib import Path
import os
from lib.machine.memory import give_back

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

pieces = [bytes(2_000) for _ in range(100_000)]
kept = pieces[::1_000]
del pieces
before = held()
give_back()
print(before - held())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="This C library has no malloc_trim.")
def test_what_is_free_between_pieces_in_use_goes_back():
    done = subprocess.run([sys.executable, "-c", FREE_BETWEEN], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100_000_000


def test_a_system_that_has_no_such_request_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()
