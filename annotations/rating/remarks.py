"""Records comments, reported problems and skips, each once; lists and exports them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.models import Annotator, Assignment, JudgementRevision, Remark, Study, Wanted
from annotations.rating.leases import give_back
from annotations.rating.votes import (
    AnswerRefusedError,
    Receipt,
    check_may_answer,
    complete_if_answered,
    key_used,
    lock_assignment,
    take_again,
)
from lib.csv_cells import csv_line

CHUNK = 10_000
MOST_REMARKS = 50  # of one annotator on one pair


@dataclass(frozen=True)
class NewRemark:
    """A remark as the annotator sent it.

    Attributes:
        kind: One of Remark.Kind.
        reason: One of Remark.Reason; empty for a comment.
    """

    token: UUID
    kind: str
    reason: str
    text: str
    client_key: UUID


def record_remark(annotator: Annotator, said: NewRemark, *, now: datetime | None = None) -> Receipt:
    """Save the remark or raise AnswerRefusedError.

    A skipped pair is given to others, and never again to this annotator.
    """
    try:
        with transaction.atomic():
            return _record(annotator, said, now or timezone.now())
    except IntegrityError as error:
        raise key_used() from error


def _record(annotator: Annotator, said: NewRemark, now: datetime) -> Receipt:
    assignment = lock_assignment(annotator, said.token)
    if (earlier := Remark.objects.filter(client_key=said.client_key).first()) is not None:
        if (earlier.assignment_id, earlier.kind) != (assignment.pk, said.kind):
            raise key_used()
        return Receipt(complete=assignment.state != Assignment.State.LEASED, repeated=True)
    check_may_answer(annotator)
    _check(assignment, said)
    if assignment.state == Assignment.State.EXPIRED:
        _take_up(assignment, said, now)
    Remark.objects.create(
        assignment=assignment, kind=said.kind, reason=said.reason, text=said.text, client_key=said.client_key,
        after_revision=_newest_revision() if said.kind == Remark.Kind.SKIP else None,
    )  # fmt: skip
    if said.kind == Remark.Kind.SKIP:
        give_back(assignment.pk, assignment.comparison_id, state=Assignment.State.SKIPPED)
        return Receipt(complete=True, repeated=False)
    comment = said.kind == Remark.Kind.COMMENT
    return Receipt(complete=comment and complete_if_answered(assignment, now), repeated=False)


def _newest_revision() -> int:
    return JudgementRevision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _take_up(expired: Assignment, said: NewRemark, now: datetime) -> None:
    """Apply a remark on a pair whose lease ran out while its page was open."""
    if said.kind == Remark.Kind.SKIP:
        # Without this the pair would be given to the annotator again.
        Assignment.objects.filter(pk=expired.pk).update(state=Assignment.State.SKIPPED)
    elif said.kind == Remark.Kind.COMMENT and expired.annotator.study.comments == Wanted.REQUIRED:
        take_again(expired, now)  # it may be all that the pair lacks


def _check(assignment: Assignment, said: NewRemark) -> None:
    comment = said.kind == Remark.Kind.COMMENT
    if comment and assignment.annotator.study.comments == Wanted.OFF:
        raise AnswerRefusedError("no_comments", _("This study does not take comments."))
    if comment and not said.text.strip() and assignment.annotator.study.comments == Wanted.REQUIRED:
        raise AnswerRefusedError("comment_empty", _("The comment is empty. Write a few words about the pair."))
    if not comment and not said.reason:
        raise AnswerRefusedError("reason_missing", _("Choose a reason."))
    if said.kind == Remark.Kind.SKIP and assignment.state == Assignment.State.DONE:
        raise AnswerRefusedError("already_rated", _("This pair is rated already. Take your last answer back first."))
    if assignment.remarks.count() >= MOST_REMARKS:
        raise AnswerRefusedError(
            "too_many_remarks", _("There are %(n)s remarks on this pair already.") % {"n": MOST_REMARKS}
        )


REMARK_COLUMNS = ("annotator", "document", "comparison_id", "purpose", "kind", "reason", "text", "created_at")


def remark_lines(remarks: QuerySet[Remark]) -> Iterator[str]:
    """Yield CSV lines, one for each remark; rows are read while the lines are sent."""
    pair = "assignment__comparison"
    rows = remarks.values_list(
        "assignment__annotator__pseudonym",
        f"{pair}__document__external_id",
        f"{pair}_id",
        f"{pair}__purpose",
        "kind",
        "reason",
        "text",
        "created_at",
    )
    yield csv_line(REMARK_COLUMNS)
    for *values, at in rows.iterator(CHUNK):
        yield csv_line([*values, at.isoformat(timespec="seconds")])


def newest_remarks(study: Study, *, kind: str = "", find: str = "") -> QuerySet[Remark]:
    """Remarks on a study, newest first.

    Args:
        kind: One of Remark.Kind, or "" for all.
        find: Words looked for in the text, the pseudonym and the document's id.
    """
    remarks = Remark.objects.standing().filter(assignment__annotator__study=study)
    if kind:
        remarks = remarks.filter(kind=kind)
    if find:
        fields = ("text", "assignment__annotator__pseudonym", "assignment__comparison__document__external_id")
        remarks = remarks.filter(reduce(or_, (Q(**{f"{field}__icontains": find}) for field in fields)))
    return remarks.select_related("assignment__annotator", "assignment__comparison__document").order_by("-pk")
