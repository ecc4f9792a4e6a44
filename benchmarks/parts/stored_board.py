"""Time a board from rows: store votes in PostgreSQL, compute and store a board from them, and load its page."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.parts.newer_votes import measure_newer
from benchmarks.parts.site import database, temporary_site
from benchmarks.parts.stored import insert_rows, settle_database
from stats.votes.arrays import IntArray, VoteArrays

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
WORDS = ("a", "b", "tie", "both_bad")
VIEWS = 20
SQLITE = "sqlite"


def measure_rows(server: str, votes: VoteArrays, repeat: int, add: Callable[[str, float], None]) -> None:
    """Measure how long a board takes from stored rows.

    Args:
        server: URL of a PostgreSQL server, or SQLITE; the votes are stored in a new database, deleted afterwards.
        votes: What is stored.
        repeat: How often each part is measured.
        add: Called with the name of a part and its seconds.
    """
    with ExitStack() as stack:
        url = "" if server == SQLITE else stack.enter_context(database(server))
        stack.enter_context(temporary_site(0, database_url=url))
        from django.core.management import call_command
        from django.test import override_settings

        call_command("collectstatic", verbosity=0, interactive=False)
        study = store_study(votes)
        settle_database()
        with override_settings(VOTE_CACHE_FROM=10**9):
            for _ in range(repeat):
                _measure(study, add)
        measure_newer(study, repeat, add)


def _measure(study: Any, add: Callable[[str, float], None]) -> None:
    from django.contrib.auth.models import User
    from django.test import Client

    from leaderboards.data.inputs import gather_inputs
    from leaderboards.models import BoardSnapshot
    from leaderboards.snapshots.store import compute

    criterion = study.criteria.get()
    BoardSnapshot.objects.all().delete()
    started = time.perf_counter()
    material = gather_inputs(study, criterion)
    assert material.arrays is not None
    add("rows: read", time.perf_counter() - started)
    started = time.perf_counter()
    assert material.fingerprint
    add("rows: fingerprint", time.perf_counter() - started)
    started = time.perf_counter()
    compute("board", study, criterion)
    add("rows: to a stored board", time.perf_counter() - started)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get_or_create(username="researcher", is_staff=True)[0])
    page = f"/boards/{study.slug}/"
    for number in range(VIEWS + 1):
        started = time.perf_counter()
        answer = client.get(page)
        assert answer.status_code == 200
        if number:
            add("page from the snapshot", time.perf_counter() - started)


def store_study(votes: VoteArrays) -> Any:
    """Store a study with these votes: a comparison per (document, pair), an assignment and a judgement per vote."""
    summaries, study = _summaries(votes)
    kept, pair, first_of_pair = _once_each(votes)
    sides = [summaries[votes.document[kept], system[kept]] for system in (votes.system_a, votes.system_b)]
    # Canonical order: a has the smaller id.
    swapped = sides[0] > sides[1]
    outcome = np.where(swapped & (votes.outcome[kept] < 2), 1 - votes.outcome[kept], votes.outcome[kept])
    low, high = np.minimum(*sides)[first_of_pair], np.maximum(*sides)[first_of_pair]
    _store_comparisons(study, votes.document[kept][first_of_pair].tolist(), low.tolist(), high.tolist(), pair)
    _store_assignments(study, votes, kept, pair.tolist())
    _store_answers(study, outcome.tolist())
    return study


def _store_comparisons(study: Any, positions: list[int], low: list[int], high: list[int], pair: IntArray) -> None:
    """Store a comparison for each (document, pair), with as many places as it has votes."""
    from annotations.models import Comparison

    documents = list(study.dataset.documents.order_by("position").values_list("pk", flat=True))
    places = np.bincount(pair).tolist()
    rows = zip(positions, low, high, places, strict=True)
    insert_rows(
        Comparison,
        ("id", "study_id", "document_id", "summary_a_id", "summary_b_id", "purpose", "shuffle", "quota", "taken"),
        ((i + 1, study.pk, documents[d], a, b, "rating", i, n, n) for i, (d, a, b, n) in enumerate(rows)),
    )


def _store_assignments(study: Any, votes: VoteArrays, kept: IntArray, pair: list[int]) -> None:
    """Store the annotators, and a finished assignment for each vote."""
    from annotations.models import Annotator, Assignment

    people = Annotator.objects.bulk_create(
        Annotator(study=study, number=n + 1, pseudonym=f"annotator-{n:04d}")
        for n in range(int(votes.annotator.max()) + 1)
    )
    annotators = [people[n].pk for n in votes.annotator[kept].tolist()]
    slots: dict[int, Iterator[int]] = {}
    insert_rows(
        Assignment,
        ("id", "comparison_id", "annotator_id", "token", "state", "slot", "shown_left", "created_at", "completed_at"),
        (
            (i + 1, p + 1, a, UUID(int=i + 1), "done", next(slots.setdefault(p, count())), "a", BEGAN, BEGAN)
            for i, (p, a) in enumerate(zip(pair, annotators, strict=True))
        ),
    )


def _store_answers(study: Any, outcomes: list[int]) -> None:
    """Store a judgement and its history for each assignment, in the order of the assignments."""
    from annotations.models import Criterion, Judgement, JudgementRevision

    criterion = Criterion.objects.create(study=study, key="overall", question="Which is better?", position=0).pk
    ids = np.random.default_rng(3).integers(2**63, size=(len(outcomes), 2)).tolist()
    answers = [
        (i + 1, criterion, UUID(int=(a << 64) + b), WORDS[outcome])
        for i, ((a, b), outcome) in enumerate(zip(ids, outcomes, strict=True))
    ]
    said = ("assignment_id", "criterion_id")
    insert_rows(
        Judgement, (*said, "public_id", "outcome", "created_at", "updated_at"), ((*a, BEGAN, BEGAN) for a in answers)
    )
    insert_rows(JudgementRevision, (*said, "client_key", "outcome", "created_at"), ((*a, BEGAN) for a in answers))


def _once_each(votes: VoteArrays) -> tuple[IntArray, IntArray, IntArray]:
    """Drop the votes that an annotator gave twice on a pair.

    Returns:
        The positions of the votes that are kept; the comparison of each; one kept vote of each comparison.
    """
    n = votes.n_systems
    low, high = np.minimum(votes.system_a, votes.system_b), np.maximum(votes.system_a, votes.system_b)
    pair = (votes.document * n + low) * n + high
    _, kept = np.unique(pair * (int(votes.annotator.max()) + 1) + votes.annotator, return_index=True)
    _, first, place = np.unique(pair[kept], return_index=True, return_inverse=True)
    return kept, place, first


def _summaries(votes: VoteArrays) -> tuple[Any, Any]:
    """Store documents, systems and summaries; return the summaries' ids, shape (documents, systems), and the study."""
    from annotations.models import Study
    from models_runner.datasets.instructions import sync_version
    from models_runner.models import Dataset, Document, Run, Summary, System

    dataset = Dataset.objects.create(name="many")
    n_documents = int(votes.document.max()) + 1
    documents = Document.objects.bulk_create(
        Document(dataset=dataset, external_id=f"m{n:05d}", position=n, word_count=1_000, content_hash=f"{n:064d}")
        for n in range(n_documents)
    )
    study = Study.objects.create(slug="many", title="Many votes", dataset=dataset, status="open", quota=3)
    ids = np.zeros((n_documents, votes.n_systems), dtype=np.int64)
    for n in range(votes.n_systems):
        system = System.objects.create(
            slug=f"system-{n:03d}", name=f"System {n}", adapter="scripted", regime="zero-shot"
        )
        study.systems.add(system)
        run = Run.objects.create(system=system, dataset=dataset, instruction="medium", status="done",
                                 instruction_version=sync_version("medium"))  # fmt: skip
        first = n * n_documents + 1
        insert_rows(
            Summary,
            ("id", "run_id", "document_id", "status", "text", "stop_reason", "dropped_tokens", "seconds"),
            ((first + i, run.pk, d.pk, "done", "A summary.", "end", 0, 1.5) for i, d in enumerate(documents)),
        )
        ids[:, n] = first + np.arange(n_documents)
    return ids, study
