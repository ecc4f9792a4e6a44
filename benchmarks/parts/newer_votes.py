"""Time what a board reads once a thousand people have voted: all votes, or those that are kept and the new ones."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

NEW_VOTES = 1_000
ALL, KEPT, WRITE = "votes: all read", "votes: kept and new ones", "votes: all read and kept"


def measure_newer(study: Any, repeat: int, add: Callable[[str, float], None]) -> None:
    """Add votes and read them, by repeat, with and without the file of kept votes; both must be the same."""
    from django.test import override_settings

    from leaderboards.data.cache.files import forget
    from leaderboards.data.votes import read_board_votes

    criterion = study.criteria.get()

    def timed(name: str) -> Any:
        started = time.perf_counter()
        votes = read_board_votes(criterion)
        add(name, time.perf_counter() - started)
        return votes

    forget(criterion.pk)
    timed(WRITE)
    for _ in range(repeat):
        vote_anew(study, criterion)
        with override_settings(VOTE_CACHE_FROM=10**9):
            expected = timed(ALL)
        kept = timed(KEPT)
        assert kept.rows(kept.in_order[::1000]) == expected.rows(expected.in_order[::1000])
        assert len(kept) == len(expected)


def vote_anew(study: Any, criterion: Any) -> None:
    """Let one more annotator answer a thousand pairs, with the history of it."""
    from django.db.models import F
    from django.utils import timezone

    from annotations.models import Annotator, Assignment, Comparison, Judgement, JudgementRevision

    number = study.annotators.count() + 1
    person = Annotator.objects.create(study=study, number=number, pseudonym=f"annotator-{number:04d}")
    pairs = list(study.comparisons.order_by("pk")[:NEW_VOTES])
    Comparison.objects.filter(pk__in=[pair.pk for pair in pairs]).update(quota=F("quota") + 1, taken=F("taken") + 1)
    now = timezone.now()
    places = Assignment.objects.bulk_create(
        Assignment(comparison=pair, annotator=person, slot=pair.quota, state="done", shown_left="a", completed_at=now)
        for pair in pairs
    )
    Judgement.objects.bulk_create(Judgement(assignment=place, criterion=criterion, outcome="a") for place in places)
    JudgementRevision.objects.bulk_create(
        JudgementRevision(assignment=place, criterion=criterion, client_key=uuid4(), outcome="a") for place in places
    )
