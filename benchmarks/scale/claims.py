"""Let many claimers share the summaries of one run, or of two: claims a second, and how evenly two runs get on."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class Claimed:
    """What claimers did.

    Attributes:
        claims: Summaries claimed and finished, by run.
        seconds: Until the time was up, or all was claimed.
        twice: Summaries that two claimers had; must be 0.
    """

    claims: list[int]
    seconds: float
    twice: int

    @property
    def per_second(self) -> float:
        return sum(self.claims) / self.seconds


def store_run(name: str, summaries: int) -> Any:
    """Store a run whose summaries all wait, about documents without texts."""
    from django.db import connection

    from benchmarks.parts.stored import insert_rows, make_runs
    from models_runner.models import Dataset, Document, Summary

    dataset = Dataset.objects.create(name=name)
    (run,) = make_runs(dataset, [name])
    rows = ((dataset.pk, f"m{n}", n, 1, f"{n:064d}") for n in range(summaries))
    insert_rows(Document, ("dataset_id", "external_id", "position", "word_count", "content_hash"), rows)
    documents = list(dataset.documents.order_by("pk").values_list("pk", flat=True))
    insert_rows(Summary, ("run_id", "document_id", "status"), ((run.pk, pk, "pending") for pk in documents))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return run


def claim(runs: Sequence[Any], claimers: int, seconds: float) -> Claimed:
    """Let claimers claim and finish one summary after another, each of the run that is its own, for so long."""
    gate, until = threading.Barrier(claimers + 1), [0.0]
    had: list[list[int]] = [[] for _ in range(claimers)]
    threads = [
        threading.Thread(target=_claimer, args=(runs[n % len(runs)].pk, f"claimer-{n}", gate, until, had[n]))
        for n in range(claimers)
    ]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + seconds
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    every = [pk for mine in had for pk in mine]
    by_run = [sum(len(mine) for mine in had[n :: len(runs)]) for n in range(len(runs))]
    return Claimed(by_run, time.perf_counter() - started, len(every) - len(set(every)))


def _claimer(run: int, owner: str, gate: threading.Barrier, until: list[float], had: list[int]) -> None:
    from django.db import connection
    from django.utils import timezone

    from models_runner.models import Summary

    try:
        connection.ensure_connection()
        gate.wait()
        while time.perf_counter() < until[0]:
            taken = Summary.objects.claim_batch(run, owner=owner, count=1, now=timezone.now(), lease=LEASE)
            if not taken:
                return
            Summary.objects.filter(pk__in=taken).held_by(owner).finish(
                text="A summary.", stop_reason="end", dropped_tokens=0
            )
            had.extend(taken)
    finally:
        connection.close()
