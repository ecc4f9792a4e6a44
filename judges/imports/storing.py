"""Store verdicts that were given elsewhere: their judges, and each of them once. All or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotations.imports.problems import Problems
from annotations.models import AuditEntry, Study
from annotations.studies import audit
from judges.imports.lines import given_lines
from judges.imports.placing import NoSuchUnitError, PlacedLine, StudyPlaces
from judges.models import Judge, Mode, OrderRule, Verdict
from judges.models.judges import IMPORTED
from models_runner.importing.records import DatasetImportError

AT_ONCE = 2_000
COMPARED = ("answer", "score", "scale_min", "scale_max", "p_a", "p_b", "p_tie", "reason")
Key = tuple[str, int, int | None, str, int | None, int]


@dataclass(frozen=True)
class VerdictsImported:
    """How many verdicts were added, how many were stored before, and of how many judges the new ones are."""

    added: int
    unchanged: int
    judges: int


def import_verdicts(
    path: Path, study: Study, *, order_rule: str = OrderRule.CONSERVATIVE, by: User | None = None
) -> VerdictsImported:
    """Import all verdicts of a file. Importing the same file again adds nothing.

    order_rule: Of judges who are new.
    Raises:
        DatasetImportError: Names the lines at fault; nothing has changed.
    """
    problems = Problems()
    placed = list(_placed(path, study, problems))
    _refuse_repeated(placed, problems)
    problems.raise_if_any()
    with transaction.atomic():
        locked = Study.objects.select_for_update().get(pk=study.pk)
        return _store(placed, locked, path, order_rule, by)


def _placed(path: Path, study: Study, problems: Problems) -> Iterable[PlacedLine]:
    places = StudyPlaces(study)
    for line in given_lines(path, problems):
        try:
            yield places.place(line)
        except NoSuchUnitError as error:
            problems.add(line.row, f"{line.where}, {error}".__str__)


def _refuse_repeated(placed: Iterable[PlacedLine], problems: Problems) -> None:
    first: dict[Key, PlacedLine] = {}
    for one in placed:
        before = first.setdefault(one.key, one)
        if before is not one:
            message = (
                f"{one.line.where}: judge {one.line.judge!r} answers the same question in {before.line.where} already. "
                "Keep one of both lines, or number them in a field sample."
            )
            problems.add(one.line.row, message.__str__)


def _store(placed: list[PlacedLine], study: Study, path: Path, order_rule: str, by: User | None) -> VerdictsImported:
    judges = {judge.name: judge for judge in Judge.objects.filter(name__in={one.line.judge for one in placed})}
    new = _not_stored(placed, study, judges)
    for one in new:
        if one.line.judge not in judges:
            judges[one.line.judge] = _new_judge(one, order_rule)
    now = timezone.now()
    rows = (
        Verdict(
            judge=judges[one.line.judge],
            study=study,
            criterion_id=one.criterion,
            document_id=one.document,
            comparison_id=one.comparison,
            summary_id=one.summary,
            sample=one.line.sample,
            status=Verdict.Status.DONE,
            answered_at=now,
            **one.values,
        )
        for one in new
    )
    Verdict.objects.bulk_create(rows, batch_size=AT_ONCE)
    if new:
        audit.record(study, by, AuditEntry.Action.IMPORT, path.name, after=f"{len(new)} verdicts")
    return VerdictsImported(len(new), len(placed) - len(new), len({one.line.judge for one in new}))


def _not_stored(placed: list[PlacedLine], study: Study, judges: Mapping[str, Judge]) -> list[PlacedLine]:
    """Return the lines that are not stored yet. Raises DatasetImportError for others that differ from what is."""
    stored = _stored(study, judges)
    new, problems = [], Problems()
    for one in placed:
        judge, values = judges.get(one.line.judge), stored.get(one.key)
        if values is None and judge is not None and not judge.is_imported:
            message = (
                f"{one.line.where}, field 'judge': {judge.name!r} is asked on this site itself. Give the judge of the "
                "file another name."
            )
            problems.add(one.line.row, message.__str__)
        elif values is None:
            new.append(one)
        elif values != _compared(one):
            message = f"{one.line.where}: {one.line.judge!r} has another verdict here already; it never changes."
            problems.add(one.line.row, message.__str__)
    _refuse_other_modes(new, judges, problems)
    problems.raise_if_any()
    return new


def _refuse_other_modes(new: Iterable[PlacedLine], judges: Mapping[str, Judge], problems: Problems) -> None:
    """Refuse scores of a judge that compares pairs, and verdicts on pairs of one that scores."""
    modes = {name: judge.mode for name, judge in judges.items()}
    for one in new:
        mode = _mode(one)
        if modes.setdefault(one.line.judge, mode) != mode:
            message = (
                f"{one.line.where}, field 'judge': {one.line.judge!r} both compares pairs and gives scores. "
                "Give the judge a name for each."
            )
            problems.add(one.line.row, message.__str__)


def _mode(one: PlacedLine) -> Mode:
    return Mode.SCORE if one.summary else Mode.PAIR


def _stored(study: Study, judges: Mapping[str, Judge]) -> dict[Key, tuple[object, ...]]:
    """Return the answers of these judges in the study, by what each is about."""
    rows = Verdict.objects.done().filter(study=study, judge__in=judges.values())
    keys = ("judge__name", "criterion_id", "comparison_id", "shown_first", "summary_id", "sample")
    columns = rows.values_list(*keys, *COMPARED).iterator(AT_ONCE)
    return {row[: len(keys)]: tuple(row[len(keys) :]) for row in columns}


def _compared(one: PlacedLine) -> tuple[object, ...]:
    empty: dict[str, object] = {"reason": ""}
    return tuple(one.values.get(name, empty.get(name)) for name in COMPARED)


def _new_judge(one: PlacedLine, order_rule: str) -> Judge:
    """Add a judge of whom nothing is known but the name and how it answers."""
    scale = {name: one.values[name] for name in ("scale_min", "scale_max")} if one.summary else {}
    return Judge.objects.create(
        name=one.line.judge,
        adapter=IMPORTED,
        mode=_mode(one),
        order_rule=order_rule,
        **scale,
    )


__all__ = ["DatasetImportError", "VerdictsImported", "import_verdicts"]
