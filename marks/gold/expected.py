"""Says what a careful reader marks on a control item; fixed once somebody has answered it."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.gold.items import answered_among
from annotations.models import AuditEntry, Comparison, ControlItem
from annotations.studies import audit
from marks.kinds.library import WHOLE
from marks.marking.places import NoSuchWordsError, find_words
from marks.models import ExpectedMark, MarkKind

MOST_EXPECTED = 50


class ExpectedMarkError(ValueError):
    """The change is refused; the message says why."""


@transaction.atomic
def expect_mark(item: ControlItem, side: str, kind: MarkKind, words: str, by: User | None) -> ExpectedMark:
    """Add a mark on summary a or b; without words on the whole of it. Raises ExpectedMarkError."""
    comparison = _open(item)
    summary = comparison.summary_a if side == "a" else comparison.summary_b
    if (kind.about == WHOLE) != (not words.strip()):
        raise ExpectedMarkError("Give the words that are wrong; leave them empty only for what is missing.")
    if item.expected_marks.count() >= MOST_EXPECTED:
        raise ExpectedMarkError(f"This item has {MOST_EXPECTED} marks; no more are taken.")
    try:
        place = find_words(summary.text, comparison.study.summary_format, words) if words.strip() else (None, None)
    except NoSuchWordsError as error:
        raise ExpectedMarkError(str(error)) from error
    start, end = place
    text = "" if start is None else summary.text[start:end]
    try:
        with transaction.atomic():
            mark = ExpectedMark.objects.create(item=item, summary=summary, kind=kind, start=start, end=end, text=text)
    except IntegrityError as error:
        raise ExpectedMarkError("This mark is there already.") from error
    _record(comparison, by, after=f"expects {kind.name} in {side}: {text}"[:200])
    return mark


@transaction.atomic
def expect_no_more(mark: ExpectedMark, by: User | None) -> None:
    """Remove an expected mark. Raises ExpectedMarkError."""
    comparison = _open(mark.item)
    _record(comparison, by, before=f"{mark.kind.name}: {mark.text}"[:200], after="removed")
    mark.delete()


def _open(item: ControlItem) -> Comparison:
    """Lock the item's pair and return it. Raises ExpectedMarkError once somebody has answered it."""
    rows = Comparison.objects.select_for_update(of=("self",)).select_related("study", "summary_a", "summary_b")
    comparison = rows.get(pk=item.comparison_id)
    if answered_among([comparison.pk]):
        raise ExpectedMarkError("Somebody has answered this pair, so what is expected of it stays.")
    return comparison


def _record(comparison: Comparison, by: User | None, *, before: str | None = None, after: str) -> None:
    subject = f"marks of pair {comparison.pk} of {comparison.document.external_id}"
    audit.record(comparison.study, by, AuditEntry.Action.CONTROL_ITEM, subject, before=before, after=after)
