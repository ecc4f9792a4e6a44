"""What must hold when everything has ended: read from the rows and files, and from what people were told."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.chaos.material import text_of
from benchmarks.soak import SimulatedAnnotator, differences, different_marks, violations

METRICS_WITHOUT_REFERENCE = ("length", "markup")


def jobs_left() -> Counter[str]:
    """Count background work that waits or runs, by kind."""
    from jobs.registry import registered_jobs
    from models_runner.models import Run, Summary

    left = Counter({"Run": Run.objects.open().count(), "Summary": Summary.objects.unfinished().count()})
    for model in registered_jobs():
        rows = model._default_manager.all()
        left[model.__name__] = _unfinished(rows)
    return +left


def _unfinished(rows: Any) -> int:
    return rows.exclude(pk__in=rows.ended().values("pk")).count()


def failed_jobs() -> list[str]:
    from jobs.registry import registered_jobs
    from models_runner.models import Run, Summary

    rows = [
        row for model in (*registered_jobs(), Run, Summary) for row in model._default_manager.filter(status="failed")
    ]
    return [f"{type(row).__name__} {row.pk}: {row.failure_reason[:200]}" for row in rows]


def retry_what_a_full_disk_failed() -> int:
    """Press "Retry failed" where the reason says so, as whoever made space does; return how often."""
    from leaderboards.files.jobs import retry
    from leaderboards.models import ExportJob, Release
    from models_runner.models import Run, ScoringJob, Summary
    from models_runner.runs import lifecycle

    full = {"status": "failed", "failure_reason__contains": "disk is full"}
    jobs, runs = ScoringJob.objects.filter(**full), Run.objects.filter(summaries__in=Summary.objects.filter(**full))
    pressed = [lifecycle.request_scores(job.run, (job.metric,), retry_failed=True) for job in jobs]
    pressed += [lifecycle.retry_failed(run) for run in runs.distinct()]
    pressed += [retry(job) for kind in (ExportJob, Release) for job in kind.objects.filter(**full)]
    return len(pressed)


def checks(people: list[SimulatedAnnotator], study: Any, runs: list[Any]) -> Iterator[tuple[str, int, str]]:
    """Yield (what must not be, how often it is, examples)."""
    yield from _votes(people, study)
    yield from _summaries(runs)
    failed, left = failed_jobs(), jobs_left()
    yield "jobs that failed", len(failed), "; ".join(failed[:5])
    yield "jobs that did not end", sum(left.values()), str(dict(left))
    yield from _files(study)
    yield from _boards(study)


def _votes(people: list[SimulatedAnnotator], study: Any) -> Iterator[tuple[str, int, str]]:
    from annotations.models import Assignment

    wrong, marks = differences(people), different_marks(people)
    yield "votes lost, changed or stored without a word", len(wrong), _told_and_stored(people, wrong[:5])
    yield "marks lost or stored without a word", len(marks), str(list(marks)[:5])
    places = sum(study.comparisons.values_list("quota", flat=True))
    yield "places that nobody rated", places - Assignment.objects.filter(state="done").count(), ""
    for name, rows in violations().items():
        yield name, rows, ""


def _told_and_stored(people: list[SimulatedAnnotator], tokens: list[str]) -> str:
    from annotations.models import Assignment

    lines = []
    for assignment in Assignment.objects.filter(token__in=tokens):
        told = [person.acknowledged.get(str(assignment.token)) for person in people]
        stored = list(assignment.judgements.values_list("outcome", flat=True))
        acts = [act for person in people for act in _acts_around(person, str(assignment.token))]
        told_and_stored = f"told {[t for t in told if t]}, stored {stored}"
        lines.append(f"{assignment.state} slot {assignment.slot}: {told_and_stored}, after {acts}")
    return "; ".join(lines)


def _acts_around(person: SimulatedAnnotator, token: str) -> list[str]:
    """Return what somebody did with a pair, and right before and after it."""
    places = [place for place, act in enumerate(person.acts) if token in act]
    return person.acts[max(min(places) - 3, 0) : max(places) + 4] if places else []


def _summaries(runs: list[Any]) -> Iterator[tuple[str, int, str]]:
    from models_runner.models import Run, Score, Summary

    summaries = list(Summary.objects.filter(run__in=runs).select_related("document"))
    wrong = [s.pk for s in summaries if s.status != "done" or s.text != text_of(s.document.external_id)]
    held = [s.pk for s in summaries if s.owner or s.lease_until]
    yield "summaries that are not written, or not as they should be", len(wrong), str(wrong[:5])
    yield "summaries that somebody still holds", len(held), str(held[:5])
    ended = Run.objects.filter(pk__in=[run.pk for run in runs], status=Run.Status.DONE).count()
    yield "runs that are not done", len(runs) - ended, ""
    for metric in METRICS_WITHOUT_REFERENCE:
        scored = Score.objects.filter(summary__run__in=runs, signature__metric=metric)
        missing = len(summaries) - scored.values("summary").distinct().count()
        yield f"summaries without {metric}", missing, ""


def _files(study: Any) -> Iterator[tuple[str, int, str]]:
    from django.conf import settings

    from leaderboards.files.jobs import path_of
    from leaderboards.models import ExportJob, Release
    from leaderboards.releases.build import zip_of
    from leaderboards.releases.publishing import changed_files

    exports = list(ExportJob.objects.filter(status="done"))
    broken = [j.pk for j in exports if not path_of(j).exists() or path_of(j).stat().st_size != j.file_bytes]
    broken += [job.pk for job in exports if job.format == "jsonl" and _lines(path_of(job)) != job.lines]
    yield "exports whose file is not as its row says", len(broken), f"{broken[:5]} of {len(exports)}"
    releases = list(Release.objects.filter(status="done"))
    changed = [str(r) for r in releases if changed_files(r) or _sha256(zip_of(r)) != r.sha256]
    yield "releases whose checksums are wrong", len(changed), f"{changed[:5]} of {len(releases)}"
    known = {path_of(job).name for job in exports}
    folder = settings.DATA_DIR / "exports"
    strays = [path.name for path in folder.iterdir() if path.name not in known] if folder.exists() else []
    yield "files of exports without a row", len(strays), str(strays[:5])


def _lines(path: Any) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _sha256(path: Any) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _boards(study: Any) -> Iterator[tuple[str, int, str]]:
    """The board that a worker made last must be that of all votes."""
    from annotations.models import Judgement
    from leaderboards.snapshots.serve import newest_snapshot
    from leaderboards.snapshots.store import compute

    criterion = study.criteria.first()
    served, fresh = newest_snapshot("board", study, criterion), compute("board", study, criterion)
    same = served is not None and served.board == fresh.board
    yield "boards that are not of all votes", int(not same), f"{Judgement.objects.count()} votes"


def board_is_current(study: Any) -> bool:
    """Ask for the newest board, as opening it does; True once it is current."""
    from leaderboards.snapshots.serve import get_snapshot

    return get_snapshot("board", study, study.criteria.first()).current
