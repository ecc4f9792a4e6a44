"""Read the machine's energy counters: RAPL for processors, and those of GPUs where nvidia-ml-py is installed."""

from collections.abc import Sequence
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
MICROJOULES = 1e-6
MILLIJOULES = 1e-3


class EnergyMeter:
    """Measures the joules that all processors and GPUs used since the meter was created.

    Other processes on the machine count too, so a number is fair only if the machine does nothing else.
    """

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self._zones = _readable_zones(powercap)
        self._at_start = [_microjoules(zone / "energy_uj") for zone in self._zones]
        self._gpus = _gpus()
        self._gpus_at_start = [_gpu_millijoules(gpu) for gpu in self._gpus]

    def joules(self) -> float | None:
        """Return the joules used so far; None if no counter is readable."""
        if not self._zones and not self._gpus:
            return None
        used = [_since(zone, before) for zone, before in zip(self._zones, self._at_start, strict=True)]
        gpus = [_gpu_millijoules(gpu) - b for gpu, b in zip(self._gpus, self._gpus_at_start, strict=True)]
        return sum(used) * MICROJOULES + sum(gpus) * MILLIJOULES

    def sources(self) -> list[str]:
        """Name what is counted, for the record of a run."""
        return [(zone / "name").read_text().strip() for zone in self._zones] + ["gpu"] * len(self._gpus)


def _readable_zones(powercap: Path) -> list[Path]:
    # Only top-level zones: the count of a package includes its parts.
    zones = sorted(powercap.glob("intel-rapl:[0-9]")) if powercap.is_dir() else []
    return [zone for zone in zones if _is_readable(zone)]


def _is_readable(zone: Path) -> bool:
    try:
        _microjoules(zone / "energy_uj")
        _microjoules(zone / "max_energy_range_uj")
    except (OSError, ValueError):
        return False
    return True


def _microjoules(path: Path) -> int:
    return int(path.read_text())


def _since(zone: Path, before: int) -> int:
    used = _microjoules(zone / "energy_uj") - before
    # The counter restarts from 0 at its range.
    return used if used >= 0 else used + _microjoules(zone / "max_energy_range_uj")


def _gpus() -> Sequence[object]:
    try:
        import pynvml

        pynvml.nvmlInit()
        gpus = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        for gpu in gpus:
            _gpu_millijoules(gpu)
    except Exception:  # the library is not installed, there is no driver, or a GPU has no counter
        return []
    return gpus


def _gpu_millijoules(gpu: object) -> int:
    import pynvml

    return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(gpu))
