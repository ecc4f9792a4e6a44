"""Identify the holder of a lease, and tell whether its process is still alive."""

import os
import socket
import threading
from functools import cache
from pathlib import Path


@cache
def machine_id() -> str:
    """Return this host and process-id namespace, within which process ids are unique."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        space = "0"
    return f"{socket.gethostname()}/{space}"


def _started(pid: int) -> str:
    """Return the process's start time, which distinguishes it from a later one with the same id; "" if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    state, start_time = fields[0], fields[19]
    return "" if state == "Z" else start_time


def process_id() -> str:
    """Return what the names of all owners in this process begin with."""
    pid = os.getpid()
    return f"{machine_id()}:{pid}:{_started(pid)}:"


def owner_id() -> str:
    """Return the name of this thread of this process, as owner of a lease."""
    return f"{process_id()}{threading.get_ident()}"


def is_gone(owner: str) -> bool:
    """Tell whether the owner ran on this machine and has ended; False if it is alive or cannot be checked from here."""
    machine, _, rest = owner.partition(":")
    if machine != machine_id() or not Path("/proc/self/stat").exists():
        return False
    pid, started, _thread = rest.split(":")
    return not started or _started(int(pid)) != started
