"""Making pairs gold or training, taking them back, and switching them off: each with a line in the audit trail."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotations.blindness.identity_leaks import find_giveaways
from annotations.counts.side_balance import uncount
from annotations.evidence import work as evidence
from annotations.models import (
    Assignment,
    AuditEntry,
    Comparison,
    ExpectedAnswer,
    Judgement,
    JudgementRevision,
    KnownPair,
    Outcome,
    Purpose,
    Remark,
    Study,
)
from annotations.models.gold import LONGEST_EXPLANATION
from annotations.models.studies import EVERYBODY
from annotations.studies import audit

PURPOSES = (Purpose.GOLD, Purpose.TRAINING)


class KnownPairError(ValueError):
    """It cannot be done; the message says why."""


@dataclass(frozen=True)
class Known:
    """expected: by key of a question, the outcomes that are right; a question that is not named has no right answer."""

    purpose: str
    expected: Mapping[str, Collection[str]] = field(default_factory=dict)
    explanation: str = ""


def offered_outcomes(study: Study) -> list[Outcome]:
    left_out = {Outcome.TIE: not study.allow_tie, Outcome.BOTH_BAD: not study.allow_both_bad}
    return [outcome for outcome in Outcome if not left_out.get(outcome)]


@transaction.atomic
def make_known(comparison: Comparison, known: Known, by: User | None) -> KnownPair:
    """Take a pair that nobody was given yet from the rating pairs. Raises KnownPairError, and then nothing changed.

    The pair itself and no copy of it: an annotator would meet the same two texts twice.
    """
    comparison = Comparison.objects.select_for_update().get(pk=comparison.pk)
    check_known(comparison.study, known)
    if comparison.purpose != Purpose.RATING:
        raise KnownPairError(f"This pair is {comparison.get_purpose_display().lower()} already.")
    if comparison.assignments.exists():
        raise KnownPairError(
            "Somebody was given this pair for rating already, and their vote would no longer count. "
            "Choose a pair that nobody was given yet."
        )
    Comparison.objects.filter(pk=comparison.pk).update(purpose=known.purpose, quota=EVERYBODY)
    comparison.purpose, comparison.quota = known.purpose, EVERYBODY
    return store_known(comparison, known, by)


def store_known(comparison: Comparison, known: Known, by: User | None, *, attention: bool = False) -> KnownPair:
    """The rest of a gold or training comparison; in the transaction that makes it one."""
    criteria = {criterion.key: criterion for criterion in comparison.study.criteria.all()}
    ExpectedAnswer.objects.bulk_create(
        ExpectedAnswer(comparison=comparison, criterion=criteria[key], outcome=outcome)
        for key, outcomes in known.expected.items()
        for outcome in sorted(set(outcomes))
    )
    Study.objects.filter(pk=comparison.study_id).update(has_known_pairs=True)
    pair = KnownPair.objects.create(comparison=comparison, explanation=known.explanation.strip(), attention=attention)
    _record(pair, by, after=f"{known.purpose}: {expected_line(known.expected)}")
    return pair


def check_known(study: Study, known: Known) -> None:
    if known.purpose not in PURPOSES:
        raise KnownPairError(f"Purpose {known.purpose!r} is none. Expected gold or training.")
    expected = {key: set(outcomes) for key, outcomes in known.expected.items() if outcomes}
    if not expected:
        raise KnownPairError("Say which answers are right, on at least one question.")
    questions = list(study.criteria.values_list("key", flat=True))
    offered = offered_outcomes(study)
    for key, outcomes in expected.items():
        if key not in questions:
            raise KnownPairError(f"This study has no question {key!r}. Its questions: {', '.join(questions)}.")
        if unknown := outcomes - set(offered):
            raise KnownPairError(
                f"{sorted(unknown)[0]!r} is no answer of this study. Its answers: {', '.join(map(str, offered))}."
            )
        if outcomes == set(offered):
            raise KnownPairError(f"On “{key}” every answer would be right. Leave one out at least, or choose none.")
    _check_explanation(study, known)


def _check_explanation(study: Study, known: Known) -> None:
    if len(known.explanation) > LONGEST_EXPLANATION:
        raise KnownPairError(
            f"The explanation has {len(known.explanation)} characters; at most {LONGEST_EXPLANATION} are kept."
        )
    names = [name for system in study.systems.all() for name in (system.slug, system.name)]
    if known.purpose == Purpose.TRAINING and (found := find_giveaways(known.explanation, "", names)):
        raise KnownPairError(
            f"The explanation names “{found[0].term}”, which would tell annotators whose texts they see. "
            "Explain by what the texts say."
        )


def expected_line(expected: Mapping[str, Collection[str]]) -> str:
    """For people and the audit trail: overall a or tie; fluency b."""
    order = [str(outcome) for outcome in Outcome]
    return "; ".join(
        f"{key} {' or '.join(sorted(map(str, outcomes), key=order.index))}"
        for key, outcomes in expected.items()
        if outcomes
    )


@transaction.atomic
def remove(pair: KnownPair, by: User | None) -> None:
    """Back to the rating pairs, an attention check away altogether. Raises KnownPairError once it was answered."""
    comparison = Comparison.objects.select_for_update().get(pk=pair.comparison_id)
    if answered_among([comparison.pk]):
        raise KnownPairError(
            "Somebody has answered this pair or said something about it, so it stays on record. "
            "Switch it off instead: it is then given to nobody and counts no more."
        )
    _record(pair, by, before=comparison.purpose, after="removed")
    uncount(comparison.pk)
    Assignment.objects.filter(comparison=comparison).delete()
    if pair.attention:
        comparison.delete()
        return
    ExpectedAnswer.objects.filter(comparison=comparison).delete()
    pair.delete()
    Comparison.objects.filter(pk=comparison.pk).update(purpose=Purpose.RATING, quota=comparison.study.quota, taken=0)


def answered_among(comparisons: Iterable[int]) -> set[int]:
    """Those that somebody has answered, also if the answer was taken back, or said something about."""
    said = Q()
    for rows in (Judgement, JudgementRevision, Remark):
        said |= Q(Exists(rows.objects.filter(assignment__comparison=OuterRef("pk"))))
    found = Comparison.objects.filter(said, pk__in=list(comparisons)).order_by()
    return set(found.values_list("pk", flat=True))


@transaction.atomic
def switch(pair: KnownPair, *, on: bool, by: User | None) -> None:
    """Give it out (again), or no more; switched off, its answers stay on record and count for nobody."""
    turned = KnownPair.objects.filter(pk=pair.pk, switched_off_at__isnull=not on)
    if turned.update(switched_off_at=None if on else timezone.now()):
        _record(pair, by, before="off" if on else "on", after="on" if on else "off")


def _record(pair: KnownPair, by: User | None, *, before: str | None = None, after: str) -> None:
    comparison = pair.comparison
    kind = "attention check" if pair.attention else "pair"
    subject = f"{kind} {comparison.pk} of {comparison.document.external_id}"
    audit.record(comparison.study, by, AuditEntry.Action.KNOWN, subject, before=before, after=after)


def announce(pairs: Iterable[KnownPair]) -> None:
    """Tell the workers that texts wait for evidence."""
    if any(pair.attention for pair in pairs):
        evidence.announce_evidence()


def choosable(study: Study) -> Q:
    """Comparisons of this study that can be made gold or training: nobody was given them."""
    given = Assignment.objects.filter(comparison=OuterRef("pk"))
    return Q(study=study, purpose=Purpose.RATING) & ~Q(Exists(given))
