"""Store marks that were made elsewhere: their annotators, and each of them once. All or nothing.

The file is read twice. The first time everything is checked, and no mark is kept; the second time, with the study
locked, marks are stored some thousand at a time: of all others only 16 bytes each are held.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from annotations.imports.problems import Problems
from annotations.models import Annotator, AuditEntry, JudgeType, Study
from annotations.studies import audit
from lib.names import AmbiguousNameError, ByName
from marks.imports.placing import NoSuchPlaceError, PlacedMark, StudySummaries, Unit
from marks.imports.reading import HowToRead, given_marks
from marks.kinds.library import WHOLE, WORDS
from marks.kinds.storing import KindError, NewKind, kinds_named
from marks.models import Mark, MarkKind, Reading, folded
from models_runner.importing.records import DatasetImportError

AT_ONCE = 2_000
LONGEST_SOURCE = 200


@dataclass(frozen=True)
class MarksImported:
    """What an import did.

    Attributes:
        added, unchanged: Marks that were added, and that were stored before.
        annotators: How many made the new ones.
        readings: Summaries that somebody is newly known to have read for errors.
        new_kinds: Names of kinds that the study had not.
    """

    added: int
    unchanged: int
    annotators: int
    readings: int
    new_kinds: tuple[str, ...]


@dataclass
class _Found:
    """What the first reading of a file found.

    Attributes:
        annotators: Those who made marks, or found nothing, with the first line of each.
        kinds: New or known, by key.
        read: The summaries that each is known to have read.
        units: What each made marks on.
        says_who_read: Whether a line says no more than that somebody read a summary.
    """

    annotators: dict[str, tuple[int, str]] = field(default_factory=dict)
    kinds: dict[str, NewKind] = field(default_factory=dict)
    read: set[tuple[str, int]] = field(default_factory=set)
    units: set[tuple[str, Unit]] = field(default_factory=set)
    says_who_read: bool = False

    def add(self, mark: PlacedMark) -> None:
        given = mark.given
        self.annotators.setdefault(given.annotator, (given.row, given.where))
        self.read.add((given.annotator, mark.summary))
        self.units.add((given.annotator, mark.unit))
        if not given.kind:
            self.says_who_read = True
        elif (key := folded(given.kind)) not in self.kinds:
            self.kinds[key] = NewKind(given.kind, WHOLE if given.start is None else WORDS)


def import_marks(
    path: Path,
    study: Study,
    how: HowToRead | None = None,
    *,
    by: User | None = None,
    only_marked: bool = False,
    name: str = "",
) -> MarksImported:
    """Import all marks of a file. Importing the same file again adds nothing.

    Args:
        only_marked: Annotators looked at no summary but those of their lines. Otherwise, unless a line says that
            nothing was found, they looked at every summary of the documents that they have marks on.
        name: Of the file; that of the path if left out.
    Raises:
        DatasetImportError: Names the lines at fault; nothing has changed.
    """
    how = how or HowToRead()
    summaries, found, problems = StudySummaries(study), _Found(), Problems()
    for mark in _placed(path, summaries, how, problems):
        found.add(mark)
    problems.raise_if_any()
    if not (only_marked or found.says_who_read):
        found.read |= {(who, pk) for who, unit in found.units for pk in summaries.of(unit).values()}
    with transaction.atomic():
        locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        return _Store(locked, found, (name or path.name)[:LONGEST_SOURCE]).store(path, summaries, how, by)


def _placed(path: Path, summaries: StudySummaries, how: HowToRead, problems: Problems) -> Iterator[PlacedMark]:
    for mark in given_marks(path, how, problems):
        try:
            yield summaries.place(mark)
        except NoSuchPlaceError as error:
            problems.add(mark.row, f"{mark.where}, {error}".__str__)


class _Store:
    """Stores the marks of one file in a locked study."""

    def __init__(self, study: Study, found: _Found, source: str) -> None:
        self._study, self._found, self._source = study, found, source
        known = {kind.key for kind in study.mark_kinds.all()}
        try:
            self._kinds: Mapping[str, MarkKind] = kinds_named(study, found.kinds.values())
        except KindError as error:
            raise DatasetImportError([str(error)]) from error
        self._new_kinds = tuple(self._kinds[key].name for key in found.kinds if key not in known)
        self._annotators = _annotators(study, found.annotators)
        self._stored = _stored(study, self._annotators.values())
        self._seen = Counter(self._stored)
        self._left = Counter(self._stored)
        self._givers: set[int] = set()

    def store(self, path: Path, summaries: StudySummaries, how: HowToRead, by: User | None) -> MarksImported:
        problems, added, unchanged = Problems(), 0, 0
        placed = _placed(path, summaries, how, problems)
        while marks := list(islice(placed, AT_ONCE)):
            new = [row for mark in marks if mark.given.kind and (row := self._row(mark, problems)) is not None]
            unchanged += sum(bool(mark.given.kind) for mark in marks) - len(new)
            added += len(new)
            Mark.objects.bulk_create(new, batch_size=AT_ONCE)
        problems.raise_if_any()
        readings = self._add_readings()
        if added or readings:
            audit.record(self._study, by, AuditEntry.Action.IMPORT, self._source, after=f"{added:,} marks")
        return MarksImported(added, unchanged, len(self._givers), readings, self._new_kinds)

    def _row(self, mark: PlacedMark, problems: Problems) -> Mark | None:
        """Return a new mark; None for one that is stored, or that may not be, which is then a problem."""
        given, annotator = mark.given, self._annotators[mark.given.annotator]
        kind = self._kinds[folded(given.kind)]
        key = _key(annotator.pk, mark.summary, kind.pk, given.severity, given.start, given.end, given.comment)
        if self._left[key] > 0:
            self._left[key] -= 1
            return None
        if not annotator.imported:
            message = (
                f"{given.where}, field 'annotator': {given.annotator!r} rates in study {self._study.slug} itself. "
                "Give the annotators of the file other names."
            )
            problems.add(given.row, message.__str__)
            return None
        self._seen[key] += 1
        self._givers.add(annotator.pk)
        client_key = _client_key(self._study.public_id, key, self._seen[key])
        about = {"study": self._study, "annotator": annotator, "source": self._source, "client_key": client_key}
        return Mark(**about, **_columns(mark), kind=kind)

    def _add_readings(self) -> int:
        """Add who read which summary, of annotators who rated elsewhere, and return how many were new."""
        imported = {name: who.pk for name, who in self._annotators.items() if who.imported}
        known = set(Reading.objects.filter(study=self._study).values_list("annotator_id", "summary_id"))
        new = {(imported[name], summary) for name, summary in self._found.read if name in imported} - known
        rows = (
            Reading(study=self._study, annotator_id=annotator, summary_id=summary) for annotator, summary in sorted(new)
        )
        Reading.objects.bulk_create(rows, batch_size=AT_ONCE)
        return len(new)


def _columns(mark: PlacedMark) -> dict[str, Any]:
    """Return the columns of a mark that say what is wrong, and where."""
    given = mark.given
    return {
        "summary_id": mark.summary,
        "severity": given.severity,
        "start": given.start,
        "end": given.end,
        "text": mark.text,
        "text_sha256": mark.text_sha256,
        "comment": given.comment,
    }


def _annotators(study: Study, names: Mapping[str, tuple[int, str]]) -> dict[str, Annotator]:
    """Return the annotators of a file by the name that it gives them; those who are new are added."""
    known, problems = ByName((one.pseudonym, one) for one in study.annotators.all()), Problems()
    number = study.annotators.aggregate(last=Max("number"))["last"] or 0
    found: dict[str, Annotator] = {}
    for name, (row, where) in names.items():
        try:
            annotator = known.find(name)
        except AmbiguousNameError as error:
            problems.add(row, f"{where}, field 'annotator': {error}".__str__)
            continue
        if annotator is None:
            number += 1
            kind = {"imported": True, "judge_type": JudgeType.HUMAN}
            annotator = Annotator.objects.create(study=study, number=number, pseudonym=name, **kind)
            known.add(name, annotator)
        found[name] = annotator
    problems.raise_if_any()
    return found


def _stored(study: Study, annotators: Iterable[Annotator]) -> Counter[bytes]:
    rows = Mark.objects.standing().filter(study=study, annotator__in=annotators).order_by()
    columns = ("annotator_id", "summary_id", "kind_id", "severity", "start", "end", "comment")
    return Counter(_key(*row) for row in rows.values_list(*columns).iterator(AT_ONCE))


def _key(*values: object) -> bytes:
    """Return 16 bytes in place of what tells one mark from another."""
    return blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _client_key(study: UUID, key: bytes, number: int) -> UUID:
    """Return the key of the n-th mark of this kind, so that the database itself refuses to store it again."""
    return uuid5(study, f"{key.hex()}:{number}")


__all__ = ["DatasetImportError", "MarksImported", "import_marks"]
