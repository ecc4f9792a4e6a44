"""Makes pairs gold or training, takes them back, and switches them off; each change is in the audit trail."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from annotations.blindness.identity_leaks import find_giveaways
from annotations.counts.side_balance import uncount_sides
from annotations.evidence import work as evidence
from annotations.models import (
    Assignment,
    AuditEntry,
    Comparison,
    ControlItem,
    ExpectedAnswer,
    Judgement,
    JudgementRevision,
    Outcome,
    Purpose,
    Remark,
    Study,
)
from annotations.models.comparisons import EVERYBODY
from annotations.models.gold import LONGEST_EXPLANATION
from annotations.studies import audit

PURPOSES = (Purpose.GOLD, Purpose.TRAINING)
State = Assignment.State


class ControlItemError(ValueError):
    """The change is refused; the message says why."""


@dataclass(frozen=True)
class ControlItemSpec:
    """What makes a comparison a control item.

    Attributes:
        purpose: Gold or training.
        expected: The right outcomes by the question's key; a question that is missing has no right answer.
        explanation: Shown after a training pair; of a gold pair, a note among researchers.
    """

    purpose: str
    expected: Mapping[str, Collection[str]] = field(default_factory=dict)
    explanation: str = ""


def offered_outcomes(study: Study) -> list[Outcome]:
    left_out = {Outcome.TIE: not study.allow_tie, Outcome.BOTH_BAD: not study.allow_both_bad}
    return [outcome for outcome in Outcome if not left_out.get(outcome)]


@transaction.atomic
def make_control_item(comparison: Comparison, spec: ControlItemSpec, by: User | None) -> ControlItem:
    """Turn a rating pair that nobody was given yet into a control item.

    The pair itself is turned, not a copy: an annotator would meet the same two texts twice.

    Raises:
        ControlItemError: The pair or the specification does not fit; nothing has changed.
    """
    comparison = Comparison.objects.select_for_update().get(pk=comparison.pk)
    check_control_item(comparison.study, spec)
    if comparison.purpose != Purpose.RATING:
        raise ControlItemError(f"This pair is {comparison.get_purpose_display().lower()} already.")
    if comparison.assignments.exists():
        raise ControlItemError(
            "Somebody was given this pair for rating already, and their vote would no longer count. "
            "Choose a pair that nobody was given yet."
        )
    Comparison.objects.filter(pk=comparison.pk).update(purpose=spec.purpose, quota=EVERYBODY)
    comparison.purpose, comparison.quota = spec.purpose, EVERYBODY
    return store_control_item(comparison, spec, by)


def store_control_item(
    comparison: Comparison, spec: ControlItemSpec, by: User | None, *, attention: bool = False
) -> ControlItem:
    """Store what a gold or training comparison has besides itself; call it in the transaction that makes it one."""
    criteria = {criterion.key: criterion for criterion in comparison.study.criteria.all()}
    ExpectedAnswer.objects.bulk_create(
        ExpectedAnswer(comparison=comparison, criterion=criteria[key], outcome=outcome)
        for key, outcomes in spec.expected.items()
        for outcome in sorted(set(outcomes))
    )
    Study.objects.filter(pk=comparison.study_id).update(has_control_items=True)
    pair = ControlItem.objects.create(comparison=comparison, explanation=spec.explanation.strip(), attention=attention)
    _record(pair, by, after=f"{spec.purpose}: {expected_line(spec.expected)}")
    return pair


def check_control_item(study: Study, spec: ControlItemSpec) -> None:
    """Raise ControlItemError if the study cannot have such a control item."""
    if spec.purpose not in PURPOSES:
        raise ControlItemError(f"Purpose {spec.purpose!r} is none. Expected gold or training.")
    expected = {key: set(outcomes) for key, outcomes in spec.expected.items() if outcomes}
    if not expected:
        raise ControlItemError("Say which answers are right, on at least one question.")
    questions = list(study.criteria.values_list("key", flat=True))
    offered = offered_outcomes(study)
    for key, outcomes in expected.items():
        if key not in questions:
            raise ControlItemError(f"This study has no question {key!r}. Its questions: {', '.join(questions)}.")
        if unknown := outcomes - set(offered):
            raise ControlItemError(
                f"{sorted(unknown)[0]!r} is no answer of this study. Its answers: {', '.join(map(str, offered))}."
            )
        if outcomes == set(offered):
            raise ControlItemError(f"On “{key}” every answer would be right. Leave one out at least, or choose none.")
    _check_explanation(study, spec)


def _check_explanation(study: Study, spec: ControlItemSpec) -> None:
    if len(spec.explanation) > LONGEST_EXPLANATION:
        raise ControlItemError(
            f"The explanation has {len(spec.explanation)} characters; at most {LONGEST_EXPLANATION} are kept."
        )
    names = [name for system in study.systems.all() for name in (system.slug, system.name)]
    if spec.purpose == Purpose.TRAINING and (giveaways := find_giveaways(spec.explanation, "", names)):
        raise ControlItemError(
            f"The explanation names “{giveaways[0].term}”, which would tell annotators whose texts they see. "
            "Explain by what the texts say."
        )


def expected_line(expected: Mapping[str, Collection[str]]) -> str:
    """Write expected answers for people and the audit trail, as in "overall a or tie; fluency b"."""
    order = [str(outcome) for outcome in Outcome]
    return "; ".join(
        f"{key} {' or '.join(sorted(map(str, outcomes), key=order.index))}"
        for key, outcomes in expected.items()
        if outcomes
    )


@transaction.atomic
def remove(pair: ControlItem, by: User | None) -> None:
    """Return a pair to the rating pairs, or delete an attention check.

    Raises:
        ControlItemError: Somebody has answered the pair or said something about it.
    """
    comparison = Comparison.objects.select_for_update().get(pk=pair.comparison_id)
    if answered_among([comparison.pk]):
        raise ControlItemError(
            "Somebody has answered this pair or said something about it, so it stays on record. "
            "Switch it off instead: it is then given to nobody and counts no more."
        )
    _record(pair, by, before=comparison.purpose, after="removed")
    uncount_sides(comparison.pk)
    Assignment.objects.filter(comparison=comparison).delete()
    if pair.attention:
        comparison.delete()
        return
    ExpectedAnswer.objects.filter(comparison=comparison).delete()
    pair.delete()
    Comparison.objects.filter(pk=comparison.pk).update(purpose=Purpose.RATING, quota=comparison.study.quota, taken=0)


def answered_among(comparisons: Iterable[int]) -> set[int]:
    """Return those comparisons that somebody has answered, even if the answer was withdrawn, or remarked on."""
    said = Q()
    for rows in (Judgement, JudgementRevision, Remark):
        said |= Q(Exists(rows.objects.filter(assignment__comparison=OuterRef("pk"))))
    touched = Comparison.objects.filter(said, pk__in=list(comparisons)).order_by()
    return set(touched.values_list("pk", flat=True))


@transaction.atomic
def switch(pair: ControlItem, *, on: bool, by: User | None) -> None:
    """Switch a control item on or off. Switched off, it is given to nobody; its answers are kept but do not count."""
    turned = ControlItem.objects.filter(pk=pair.pk, switched_off_at__isnull=not on)
    if turned.update(switched_off_at=None if on else timezone.now()):
        _record(pair, by, before="off" if on else "on", after="on" if on else "off")


def _record(pair: ControlItem, by: User | None, *, before: str | None = None, after: str) -> None:
    comparison = pair.comparison
    kind = "attention check" if pair.attention else "pair"
    subject = f"{kind} {comparison.pk} of {comparison.document.external_id}"
    audit.record(comparison.study, by, AuditEntry.Action.CONTROL_ITEM, subject, before=before, after=after)


def announce_attention_checks(pairs: Iterable[ControlItem]) -> None:
    """Tell the workers that summaries of attention checks, if there are any, wait for evidence."""
    if any(pair.attention for pair in pairs):
        evidence.announce_evidence()


def choosable(study: Study) -> Q:
    """Match comparisons of this study that can become control items: nobody was given them."""
    given = Assignment.objects.filter(comparison=OuterRef("pk"))
    # Most pairs are taken: they need not be looked up among the assignments.
    return Q(study=study, purpose=Purpose.RATING, taken=0) & ~Q(Exists(given))


def count_choosable(study: Study) -> tuple[int, int]:
    """Count the pairs for rating, and those of them that are choosable and have a document of the study's dataset.

    Whoever was given a pair that nobody holds has given it back or skipped it. Those are few, and an index finds them;
    looking up each of a million free pairs among the assignments takes seconds.
    """
    untaken = Q(taken=0, document__dataset=study.dataset_id)
    pairs = study.comparisons.for_rating()
    counts = pairs.aggregate(all=Count("pk"), untaken=Count("pk", filter=untaken))
    left = Assignment.objects.filter(annotator__study=study, state__in=[State.EXPIRED, State.SKIPPED])
    given = pairs.filter(untaken, pk__in=left.values("comparison")).count()
    return counts["all"], counts["untaken"] - given
