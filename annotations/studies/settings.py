"""Changing a study: what may change when, and an entry in the audit trail for each change; deleting an unused one."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext_noop

from annotations.counts.pair_tallies import sampling_changed
from annotations.models import AuditEntry, ExpectedAnswer, Outcome, Sampling, Study
from annotations.studies import audit
from annotations.studies.checks import (
    LookPlan,
    StudySetupError,
    check_gold_every,
    check_looks,
    check_pair,
    check_repeat_every,
    check_sampling,
    dates_problem,
)
from lib.text.visible import visible_text

logger = logging.getLogger(__name__)
# Rules of apps above: each says why a study stays, or "".
_KEEPING: list[Callable[[Study], str]] = []
STATUS_CHANGES = {
    "open": (Study.Status.OPEN, (Study.Status.DRAFT, Study.Status.PAUSED, Study.Status.CLOSED)),
    "pause": (Study.Status.PAUSED, (Study.Status.OPEN,)),
    "close": (Study.Status.CLOSED, (Study.Status.OPEN, Study.Status.PAUSED)),
}
# Settings that are fixed once somebody has been given a pair: later answers would not mean the same as earlier ones.
ANSWERS = ("allow_tie", "allow_both_bad", "strength", "comments", "summary_format", "ask_marks")
# The same of planned looks: they would be chosen by the votes.
LOOKS = ("look_votes", "look_dates", "look_maximum", "look_spending")
FIXED_BY_RATING = (*ANSWERS, *LOOKS)
LABELS = dict(
    zip(ANSWERS, ("Equally good", "Both bad", "Strength", "Comments", "Summaries", "Mark errors"), strict=True)
) | dict(zip(LOOKS, ("Planned looks", "Looks at dates", "Votes by the last date", "Strictness of looks"), strict=True))
ALWAYS = (
    *("title", "annotator_title", "guidelines", "quota", "break_minutes", "gold_every", "open_link", "ask_guess"),
    "repeat_every",
    *("opens_at", "closes_at", "completion_code", "completion_url", "sampling", "epsilon"),
    *("small_system", "large_system"),
)
PAIR = ("small_system", "large_system")
TITLES = {"title": "Title", "annotator_title": "Annotators' heading"}


@transaction.atomic
def change_status(study: Study, change: str, by: User | None) -> None:
    """Open, pause or close a study; does nothing if it is so already.

    Raises:
        StudySetupError: The study's status does not allow the change.
    """
    status, allowed_from = STATUS_CHANGES[change]
    before = Study.objects.select_for_update().get(pk=study.pk)
    if before.status == status:
        return
    if before.simulated:
        raise StudySetupError("The votes of this study are simulated, so nobody can rate in it.")
    if before.status not in allowed_from:
        raise StudySetupError(f"A study that is “{before.get_status_display()}” cannot be changed to “{status.label}”.")
    Study.objects.filter(pk=study.pk).update(status=status)
    study.status = status
    audit.record(study, by, AuditEntry.Action.STATUS, before=before.status, after=status)


def is_rated(study: Study) -> bool:
    """Return True once somebody has been given a pair."""
    return study.comparisons.filter(assignments__isnull=False).exists()


@transaction.atomic
def change_settings(study: Study, values: Mapping[str, Any], by: User | None) -> list[str]:
    """Set these fields, and return the names of those that changed.

    Raises:
        StudySetupError: A value is wrong or its field is fixed; then nothing changes.
    """
    before = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    changed = [name for name in values if getattr(before, name) != values[name]]
    _check_changes(before, changed, values)
    for name in changed:
        setattr(study, name, values[name])
        audit.record(
            study,
            by,
            AuditEntry.Action.SETTING,
            name,
            before=_shown(getattr(before, name)),
            after=_shown(values[name]),
        )
    if any(name in PAIR for name in changed):
        study.pair_named_at = timezone.now() if any(values.get(name, getattr(before, name)) for name in PAIR) else None
    if changed:
        study.save(update_fields=[*changed, "pair_named_at"])
    if "quota" in changed:
        # Pairs that a directed study has not drawn keep no place.
        asked = study.comparisons.for_rating().exclude(chance__isnull=False, quota=F("imported"))
        asked.update(quota=F("imported") + study.quota)
    if "sampling" in changed:
        sampling_changed(study)
        study.comparisons.for_rating().exclude(chance=None).update(chance=None, quota=F("imported") + study.quota)
    return changed


def _check_changes(before: Study, changed: Sequence[str], values: Mapping[str, Any]) -> None:
    if unknown := set(changed) - {*ALWAYS, *FIXED_BY_RATING}:
        raise StudySetupError(f"{sorted(unknown)[0]} cannot be changed.")
    fixed = [name for name in changed if name in FIXED_BY_RATING]
    if fixed and is_rated(before):
        label = LABELS[fixed[0]]
        raise StudySetupError(f"“{label}” can no longer change: annotators have already been given pairs.")
    for name in TITLES:
        if name in changed and not visible_text(values[name]):
            raise StudySetupError(f"“{TITLES[name]}” needs at least one character that can be seen.", name)
    if "gold_every" in changed:
        check_gold_every(values["gold_every"])
    if "repeat_every" in changed:
        check_repeat_every(values["repeat_every"])
    _check_expected_answers(before, changed, values)
    _check_sampling(before, changed, values)
    if "quota" in changed:
        _check_quota(before, values["quota"])
    if any(name in PAIR for name in changed):
        small, large = (values.get(name, getattr(before, name)) for name in PAIR)
        check_pair(small, large, list(before.systems.all()))
    _check_looks(before, changed, values)
    opens, closes = (values.get(name, getattr(before, name)) for name in ("opens_at", "closes_at"))
    if problem := dates_problem(opens, closes):
        raise StudySetupError(problem)


def _check_sampling(before: Study, changed: Sequence[str], values: Mapping[str, Any]) -> None:
    if "sampling" in changed and Sampling.DIRECTED in (before.sampling, values["sampling"]) and is_rated(before):
        raise StudySetupError(
            "“Which pairs first” can no longer become directed, or stop being so: annotators have already been given "
            "pairs.",
            "sampling",
        )
    check_sampling(*(values.get(name, getattr(before, name)) for name in ("sampling", "epsilon")))


def _check_quota(before: Study, quota: int) -> None:
    """Refuse fewer votes per comparison than one has."""
    most = before.comparisons.for_rating().aggregate(most=Max(F("taken") - F("imported")))["most"] or 0
    if quota < max(1, most):
        raise StudySetupError(f"Votes per comparison cannot go down to {quota}: a comparison has {most} already.")


def _check_looks(before: Study, changed: Sequence[str], values: Mapping[str, Any]) -> None:
    """Refuse looks that cannot be, and another pair for those that were planned before rating began."""
    if not {*LOOKS, *PAIR}.isdisjoint(changed):
        plan = LookPlan(**{name: values.get(name, getattr(before, name)) for name in LOOKS})
        # A study may end sooner than was planned; its plan may not be made so.
        closes = values.get("closes_at", before.closes_at) if not {*LOOKS}.isdisjoint(changed) else None
        small, large = (values.get(name, getattr(before, name)) for name in PAIR)
        check_looks(plan, small, large, closes)
    if not {*PAIR}.isdisjoint(changed) and before.planned_looks and is_rated(before):
        raise StudySetupError(
            "The systems in question can no longer change: looks at them are planned, and annotators have already "
            "been given pairs."
        )


def _check_expected_answers(before: Study, changed: Sequence[str], values: Mapping[str, Any]) -> None:
    """Refuse to remove an answer that a gold or training item expects."""
    for name, outcome in (("allow_tie", Outcome.TIE), ("allow_both_bad", Outcome.BOTH_BAD)):
        expecting = ExpectedAnswer.objects.filter(comparison__study=before, outcome=outcome)
        if name in changed and not values[name] and expecting.exists():
            raise StudySetupError(
                f"“{LABELS[name]}” is an expected answer of a gold or training item. Remove that first."
            )


def _shown(value: Any) -> str | int | bool | None:
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def register_keeping(rule: Callable[[Study], str]) -> None:
    """Add a rule that says why a study cannot be deleted, or ""."""
    if rule not in _KEEPING:
        _KEEPING.append(rule)


def why_kept(study: Study) -> str:
    """Say why the study cannot be deleted; "" if it can."""
    if is_rated(study):
        return gettext_noop("Somebody has been given a pair of it.")
    return next(filter(None, (rule(study) for rule in _KEEPING)), "")


def delete_study(study: Study, by: User) -> None:
    """Delete a study that holds no answers, with its pairs, people, links and history.

    Raises:
        StudySetupError: Somebody was given a pair, or something else was made of it; nothing has changed.
    """
    try:
        with transaction.atomic():
            held = Study.objects.select_for_update().get(pk=study.pk)
            if reason := why_kept(held):
                raise StudySetupError(reason)
            held.delete()
    except IntegrityError as error:
        raise StudySetupError("It came into use a moment ago. Try again.") from error
    # Its history is gone with it, so the log has who and what.
    logger.info("study %s (%s) was deleted by %s", study.slug, study.pk, by.get_username())
