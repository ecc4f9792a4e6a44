"""Pairs on which a judge differs from people, worst first."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from annotations.models import Comparison, Criterion, Judgement
from judges.models import Judge, Verdict
from judges.report.outcomes import judged_pairs
from lib.text.translated import verbatim

MOST = 20
AT_ONCE = 5_000
NEITHER = {"tie": gettext_noop("Equally good"), "both_bad": gettext_noop("Both bad")}


@dataclass(frozen=True)
class JudgedOtherwise:
    """A pair on which people say something else.

    Attributes:
        comparison: The pair, with its document and systems.
        judge: What the judge says: "a", "b", "tie" or "both_bad".
        people: What most people say, as often as `against`.
        against: How many people say so, of `voters`.
        reasons: The judge's own, each once, as far as it gave some.
    """

    comparison: Comparison
    judge: str
    people: str
    against: int
    voters: int
    reasons: list[str]

    @property
    def said_by_judge(self) -> str:
        """What the judge says, as a page shows it: the system, or that neither is better."""
        return self._words_of(self.judge)

    @property
    def said_by_people(self) -> str:
        """What most people say, likewise."""
        return self._words_of(self.people)

    def _words_of(self, outcome: str) -> str:
        if outcome in NEITHER:
            return NEITHER[outcome]
        summary = self.comparison.summary_a if outcome == "a" else self.comparison.summary_b
        return verbatim(summary.run.system.slug)


def judged_otherwise(judge: Judge, criterion: Criterion, most: int = MOST) -> list[JudgedOtherwise]:
    """Return the pairs where most people say something else; those where people are surest come first."""
    outcomes, found = judged_pairs(judge, criterion).outcomes, []
    for pair, votes in people_on(criterion).items():
        if (outcome := outcomes.get(pair)) is None:
            continue
        people = max(sorted(set(votes)), key=votes.count)
        against = votes.count(people)
        if people != outcome and against > votes.count(outcome):
            found.append((-against, -against / len(votes), pair, outcome, people, len(votes)))
    worst = sorted(found)[:most]
    pairs = _pairs([pair for _, _, pair, *_ in worst])
    reasons = _reasons(judge, criterion, list(pairs))
    return [
        JudgedOtherwise(pairs[pair], outcome, people, -against, voters, reasons.get(pair, []))
        for against, _, pair, outcome, people, voters in worst
    ]


def people_on(criterion: Criterion) -> dict[int, list[str]]:
    """Return the counted votes of people on each pair."""
    votes: dict[int, list[str]] = defaultdict(list)
    people = Judgement.objects.counted().filter(criterion=criterion, assignment__annotator__judge_type="human")
    for pair, outcome in people.order_by("pk").values_list("assignment__comparison_id", "outcome").iterator(AT_ONCE):
        votes[pair].append(outcome)
    return dict(votes)


def _pairs(keys: list[int]) -> dict[int, Comparison]:
    related = ("document", "summary_a__run__system", "summary_b__run__system")
    rows = Comparison.objects.filter(pk__in=keys).select_related(*related)
    return {row.pk: row for row in rows.defer("summary_a__text", "summary_b__text")}


def _reasons(judge: Judge, criterion: Criterion, keys: list[int]) -> dict[int, list[str]]:
    rows = Verdict.objects.done().filter(judge=judge, criterion=criterion, comparison__in=keys).exclude(reason="")
    reasons: dict[int, list[str]] = {}
    for pair, reason in rows.order_by("shown_first", "sample").values_list("comparison_id", "reason"):
        if reason not in reasons.setdefault(pair, []):
            reasons[pair].append(reason)
    return reasons
