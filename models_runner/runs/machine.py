"""What a run ran on: part of its record, since seconds and memory mean nothing without it."""

import os
import platform
import sys
from pathlib import Path


def machine_record() -> dict[str, object]:
    """Processor, cores, memory, GPU and Python as JSON values; no host name."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpu": _gpu(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _gpu() -> str:
    torch = sys.modules.get("torch")  # not imported for this: only a system on torch uses its GPU
    if torch is None or not torch.cuda.is_available():
        return ""
    return str(torch.cuda.get_device_name(0))
