"""The room on the disk that a protocol needs beside what is there already. About, not to the byte."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.numbers import format_bytes
from models_runner.models import Dataset, FineTuning, System
from models_runner.systems.readiness import weights_are_here
from protocol.running.work import StepError, Work

BYTES_A_WEIGHT = 2  # as checkpoints are published, mostly
# Turns are stored twice, as imported and cleaned.
ROWS_PER_BYTE = 3
# With all weights: a checkpoint of the weights and the optimizer's two moments, in four bytes each, and the result.
FULL_BYTES_A_WEIGHT = 3 * 4 + 2
LORA_SHARE = 0.02


@dataclass(frozen=True)
class DiskNeed:
    """Bytes, and what is not known.

    Attributes:
        weights: To download.
        training: Checkpoints and results of fine-tunings.
        documents: Rows of datasets that are not imported yet.
        unknown: Systems whose size is not on record.
    """

    weights: int
    training: int
    documents: int
    unknown: list[str]

    @property
    def total(self) -> int:
        return self.weights + self.training + self.documents


def disk_parts(need: DiskNeed) -> list[str]:
    """Say how many bytes each part takes; a part that takes none is left out."""
    needs = (("weights", need.weights), ("fine-tuning", need.training), ("documents", need.documents))
    return [f"{name} {format_bytes(size)}" for name, size in needs if size]


def disk_needs(work: Work, systems: Mapping[str, System]) -> DiskNeed:
    """Add up what is not there yet."""
    wanted = {
        system.model_id: system
        for slug, system in systems.items()
        if slug in work.protocol.systems and system.adapter == "transformers" and not weights_are_here(system)
    }
    return DiskNeed(
        weights=sum((system.parameters or 0) * BYTES_A_WEIGHT for system in wanted.values()),
        training=sum(_training(name, work, systems) for name in work.protocol.finetunings),
        documents=_documents(work),
        unknown=[system.slug for system in wanted.values() if not system.parameters],
    )


def _training(name: str, work: Work, systems: Mapping[str, System]) -> int:
    if FineTuning.objects.filter(name=name, status=FineTuning.Status.DONE).exists():
        return 0
    parameters = systems[name].parameters or 0
    if work.protocol.finetunings[name].method == FineTuning.Method.FULL:
        return parameters * FULL_BYTES_A_WEIGHT
    return round(parameters * LORA_SHARE * FULL_BYTES_A_WEIGHT)


def _documents(work: Work) -> int:
    total = 0
    for name, part in work.protocol.datasets.items():
        if work.folder is None or Dataset.objects.filter(name=name, documents__isnull=False).exists():
            continue
        for source in part.sources:
            try:
                total += ROWS_PER_BYTE * _size(work.path(source.path))
            except StepError:
                continue
    return total


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
