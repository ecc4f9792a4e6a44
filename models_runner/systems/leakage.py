"""Find documents that a system was trained on, whose summaries do not show how well it summarizes new documents."""

import hashlib
from collections.abc import Collection

from models_runner.models import System, TrainedDocument, Transcript

SHOWN = 5


class LeakageError(Exception):
    """A run would cover documents that its system was trained on; the message names some of them."""


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lineage(system: System) -> list[int]:
    """Return the ids of a system and of the systems that it was fine-tuned from, in order."""
    ids: list[int] = []
    current: System | None = system
    while current is not None and current.pk not in ids:
        ids.append(current.pk)
        current = current.base
    return ids


def leaked_documents(system: System, document_ids: Collection[int]) -> set[int]:
    """Return those of these documents whose text the system, or one it descends from, saw in training or validation."""
    trained = TrainedDocument.objects.filter(finetuning__system__in=lineage(system))
    seen = set(trained.values_list("text_hash", flat=True))
    if not seen:
        return set()
    transcripts = Transcript.objects.filter(document__in=document_ids).only("turns")
    return {t.document_id for t in transcripts.iterator(chunk_size=100) if text_hash(t.text) in seen}


def check_leakage(system: System, document_ids: Collection[int], *, force: bool) -> set[int]:
    """Return the leaked documents of a run. Raises LeakageError if there are any and the run is not forced."""
    leaked = leaked_documents(system, document_ids)
    if not leaked or force:
        return leaked
    names = Transcript.objects.filter(document__in=leaked).order_by("document__position")
    shown = ", ".join(names.values_list("document__external_id", flat=True)[:SHOWN])
    raise LeakageError(
        f"{system.slug} was trained on {len(leaked):,} of these {len(document_ids):,} documents ({shown}"
        f"{', ...' if len(leaked) > SHOWN else ''}), so its summaries of them prove nothing. Choose a split it has not "
        "seen, or force the run: its numbers are then marked on every board."
    )
