"""Describe the machine for a run's record, because seconds and memory mean nothing without it."""

import os
import platform
import sys
from pathlib import Path

from lib.machine.cores import cores


def machine_record() -> dict[str, object]:
    """Return processor, cores, memory, GPU and Python as JSON values, without the host name."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpu": _gpu(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    try:
        facts = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        facts = []
    names = [fact.partition(":")[2].strip() for fact in facts if fact.startswith("model name")]
    return names[0] if names else platform.processor()


def _gpu() -> str:
    torch = sys.modules.get("torch")  # importing it only for this is too slow; without torch, no GPU is used
    if torch is None or not torch.cuda.is_available():
        return ""
    return str(torch.cuda.get_device_name(0))
