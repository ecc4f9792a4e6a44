"""Attention checks: a summary of the document against one of another document, which no careful reader confuses."""

import random
from collections import defaultdict
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_noop

from annotations.gold.items import (
    ControlItemError,
    ControlItemSpec,
    announce_attention_checks,
    check_control_item,
    store_control_item,
)
from annotations.models import Comparison, ControlItem, Study
from annotations.models.comparisons import EVERYBODY
from annotations.studies.pair_generation import ComparedSummary, newest_summaries, shuffle_number
from models_runner.models import Summary

MOST_AT_ONCE = 200
# Library questions that the right document must win. On others, a text of another meeting may well read better.
ABOUT_THE_DOCUMENT = ("overall", "informativeness", "consistency", "relevance", "coverage")
EXPLANATION = gettext_noop(
    "One of the two summaries is of another meeting: almost nothing in it is said in this transcript."
)


@transaction.atomic
def add_attention_checks(
    study: Study, n: int, purpose: str, by: User | None, *, questions: Sequence[str] = ()
) -> list[ControlItem]:
    """Make `n` attention checks, or as many as there can be.

    The same study, seed and number of used pairs give the same checks.

    Args:
        questions: Those on which the summary of the document must win; by default those of ABOUT_THE_DOCUMENT.

    Raises:
        ControlItemError: No check can be made.
    """
    if not 1 <= n <= MOST_AT_ONCE:
        raise ControlItemError(f"{n} attention checks cannot be made at once; expected 1 to {MOST_AT_ONCE}.")
    # Two requests at once would draw the same pairs.
    study = Study.objects.select_for_update().get(pk=study.pk)
    questions = questions or _questions_about_the_document(study)
    check_control_item(study, _spec(purpose, questions, "a"))
    pairs = [_make(study, own, foreign, purpose, questions, by) for own, foreign in _drawn(study, n)]
    if not pairs:
        raise ControlItemError(
            "No attention check can be made: it takes finished summaries of two documents in the same language, and "
            "each pair of summaries is used once."
        )
    announce_attention_checks(pairs)
    return pairs


def _questions_about_the_document(study: Study) -> list[str]:
    asked = list(study.criteria.values_list("key", flat=True))
    if not (questions := [key for key in asked if key in ABOUT_THE_DOCUMENT]):
        raise ControlItemError(
            "Name the questions on which the summary of the right document must win. "
            f"This study asks: {', '.join(asked)}."
        )
    return questions


def _spec(purpose: str, questions: Sequence[str], side: str) -> ControlItemSpec:
    return ControlItemSpec(purpose, {key: [side] for key in questions}, EXPLANATION)


def _drawn(study: Study, n: int) -> list[tuple[ComparedSummary, ComparedSummary]]:
    """Draw pairs of a document's own summary and a foreign one; documents take turns, in an order drawn by seed."""
    units = newest_summaries(study)
    # Of all pairs only attention checks have texts of two documents. A repeated pair has those of another one.
    checks = study.comparisons.filter(control_item__attention=True)
    used = {frozenset(pair) for pair in checks.values_list("summary_a", "summary_b")}
    pairs = study.comparisons.filter(repeat=False).count()
    dice = random.Random(f"attention:{study.seed}:{study.slug}:{pairs}")  # noqa: S311  (reproducible, no secret)
    others = _ForeignSummaries(study, [summary for unit in units.values() for summary in unit.values()], used, dice)
    turns = [list(units[unit].values()) for unit in sorted(units, key=lambda unit: (unit[0], unit[1] or 0))]
    dice.shuffle(turns)
    made: list[tuple[ComparedSummary, ComparedSummary]] = []
    while turns and len(made) < n:
        drawn = [pair for own in turns[: n - len(made)] if (pair := others.for_one_of(own))]
        made += drawn
        turns = turns if drawn else []
    return made


class _ForeignSummaries:
    """Finds a summary of another document to set beside a document's own."""

    def __init__(
        self, study: Study, every: list[ComparedSummary], used: set[frozenset[int]], dice: random.Random
    ) -> None:
        self.languages = dict(study.dataset.documents.values_list("pk", "language"))
        self.every, self.used, self.dice = every, used, dice
        self.by_system: dict[int, list[ComparedSummary]] = defaultdict(list)
        for summary in every:
            self.by_system[summary.system_id].append(summary)

    def for_one_of(self, own: list[ComparedSummary]) -> tuple[ComparedSummary, ComparedSummary] | None:
        """Draw one of a document's summaries and a foreign one, by the same system if possible.

        The two then differ only in what they are about.
        """
        drawn = self.dice.sample(own, len(own))
        by_same_system = [(summary, self.by_system[summary.system_id]) for summary in drawn]
        for summary, candidates in by_same_system + [(summary, self.every) for summary in drawn]:
            free = [foreign for foreign in candidates if self._fits(summary, foreign)]
            for foreign in self.dice.sample(free, len(free)):
                if _texts_differ(summary, foreign):
                    self.used.add(frozenset((summary.pk, foreign.pk)))
                    return summary, foreign
        return None

    def _fits(self, own: ComparedSummary, foreign: ComparedSummary) -> bool:
        return (
            own.document_id != foreign.document_id
            and self.languages[own.document_id] == self.languages[foreign.document_id]
            and frozenset((own.pk, foreign.pk)) not in self.used
        )


def _texts_differ(*pair: ComparedSummary) -> bool:
    texts = Summary.objects.filter(pk__in=[summary.pk for summary in pair]).values_list("text", flat=True)
    return len(set(texts)) == len(pair)


def _make(
    study: Study,
    own: ComparedSummary,
    foreign: ComparedSummary,
    purpose: str,
    questions: Sequence[str],
    by: User | None,
) -> ControlItem:
    first, second = sorted((own, foreign))
    comparison = Comparison.objects.create(
        study=study,
        document_id=own.document_id,
        query_id=own.query_id,
        summary_a_id=first.pk,
        summary_b_id=second.pk,
        quota=EVERYBODY,
        purpose=purpose,
        shuffle=shuffle_number(study, first.pk, second.pk),
    )
    spec = _spec(purpose, questions, "a" if first == own else "b")
    return store_control_item(comparison, spec, by, attention=True)
