"""Fingerprints of what a dataset holds, and of summaries from elsewhere: the same on every site."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, Max

from models_runner.datasets.queries import query_number
from models_runner.models import Dataset, Reference, Summary, Transcript
from protocol.file.schema import DIGEST

CHUNK = 50


@dataclass(frozen=True)
class Content:
    """What a dataset holds.

    Attributes:
        digest: SHA-256 over a line for each document and reference, with the SHA-256 of its text.
        documents: How many.
    """

    digest: str
    documents: int


def dataset_content(dataset: Dataset) -> Content:
    """Return the fingerprint. Documents never change, so it is computed anew only when some were added."""
    documents = dataset.documents.aggregate(n=Count("pk"), last=Max("pk"))
    references = Reference.objects.filter(document__dataset=dataset).aggregate(n=Count("pk"), last=Max("pk"))
    state = (documents["n"], documents["last"] or 0, references["n"], references["last"] or 0)
    return Content(_dataset_digest(dataset.pk, dataset.created_at.isoformat(), state), documents["n"])


@lru_cache(maxsize=64)
def _dataset_digest(dataset: int, created: str, state: tuple[int, ...]) -> str:
    texts = Transcript.objects.filter(document__dataset=dataset).select_related("document").only(
        "turns", "document__external_id"
    )  # fmt: skip
    lines = [
        f"document\t{transcript.document.external_id}\t{_sha256(transcript.text)}"
        for transcript in texts.iterator(chunk_size=CHUNK)
    ]
    rows = Reference.objects.filter(document__dataset=dataset).select_related("document", "query")
    lines += [
        f"reference\t{row.document.external_id}\t{row.instruction}\t"
        f"{query_number(row.query.position) if row.query else ''}\t{_sha256(row.text)}"
        for row in rows.iterator(chunk_size=500)
    ]
    return _digest(lines)


def summaries_content(dataset: Dataset, system: str, instruction: str) -> str:
    """Return the fingerprint of a system's finished summaries under an instruction."""
    rows = Summary.objects.done().filter(
        run__dataset=dataset, run__system__slug=system, run__instruction=instruction
    ).select_related("document", "query")  # fmt: skip
    return _digest(
        f"summary\t{row.document.external_id}\t{query_number(row.query.position) if row.query else ''}\t"
        f"{_sha256(row.text)}"
        for row in rows.iterator(chunk_size=500)
    )


def _digest(lines: Iterable[str]) -> str:
    # Sorted by code points: each database has an order of its own.
    return DIGEST + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
