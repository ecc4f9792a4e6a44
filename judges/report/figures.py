"""The figures of a judge on one criterion of a study, against people, as values for JSON."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from annotations.models import Comparison, Criterion, Judgement
from judges.models import Judge
from judges.report.outcomes import JudgedPairs, judged_pairs
from judges.verdicts.combining import flips
from lib.language import words
from stats.uncertainty.proportions import Proportion, clustered_wilson

AT_ONCE = 5_000
NOT_YET = "not computed by this version"
ALWAYS = 0.95
Figures = dict[str, Any]
Hit = tuple[int, bool]  # document, whether it counts


def judge_report(judge: Judge, criterion: Criterion) -> Figures:
    """Return what a judge's verdicts say, and how they agree with people's votes.

    Shares have 95 % intervals with documents as clusters (clustered_wilson); `n` is what a share is of. What is
    undefined is None with a reason.
    """
    judged = judged_pairs(judge, criterion)
    votes = people_on(criterion)
    agreed = {pair: outcomes[0] for pair, outcomes in votes.items() if len(outcomes) > 1 and len(set(outcomes)) == 1}
    longer = _longer_sides(criterion, judged)
    first = _share(_first_positions(judged), "no verdict in both orders prefers a side")
    return {
        "judge": judge.name,
        "criterion": criterion.key,
        "study": criterion.study.slug,
        "pairs": len(judged.outcomes),
        "verdicts": judged.answers,
        "no_verdict": judged.no_verdict,
        "outcomes": dict(sorted(Counter(judged.outcomes.values()).items())),
        "agreement": _share(_with_votes(judged, votes), "no person voted on a pair with a verdict"),
        "human_agreement": _share(_among_people(judged, votes), "no two people voted on the same pair"),
        "accuracy_where_people_agree": _share(_with_votes(judged, _alone(agreed)), "people agree on no pair"),
        "flip_rate": _share(_flips(judged), "no pair was judged in both orders"),
        "first_position_share": first,
        "length_bias": _share(_chose_longer(judged.outcomes, judged, longer), "no verdict prefers a side")
        | {"people": _share(_people_chose_longer(votes, judged, longer), "no vote prefers a side")},
        "ece": _unknown(NOT_YET),
        "alt_test": {"winning_rate": None, "advantage": None, "epsilon": None, "passes": None, "reason": NOT_YET},
        "effective_votes": None,
        "states": _states(judged, first),
    }


def people_on(criterion: Criterion) -> dict[int, list[str]]:
    """Return the counted votes of people on each pair."""
    votes: dict[int, list[str]] = defaultdict(list)
    people = Judgement.objects.counted().filter(criterion=criterion, assignment__annotator__judge_type="human")
    for pair, outcome in people.order_by("pk").values_list("assignment__comparison_id", "outcome").iterator(AT_ONCE):
        votes[pair].append(outcome)
    return dict(votes)


def _alone(agreed: Mapping[int, str]) -> dict[int, list[str]]:
    return {pair: [outcome] for pair, outcome in agreed.items()}


def _with_votes(judged: JudgedPairs, votes: Mapping[int, list[str]]) -> Iterator[Hit]:
    for pair, outcome in judged.outcomes.items():
        yield from ((judged.documents[pair], vote == outcome) for vote in votes.get(pair, ()))


def _among_people(judged: JudgedPairs, votes: Mapping[int, list[str]]) -> Iterator[Hit]:
    for pair in judged.outcomes:
        yield from ((judged.documents[pair], a == b) for a, b in combinations(votes.get(pair, ()), 2))


def _flips(judged: JudgedPairs) -> Iterator[Hit]:
    for pair, verdicts in judged.verdicts.items():
        flipped, both = flips(verdicts)
        yield from ((judged.documents[pair], number < flipped) for number in range(both))


def _first_positions(judged: JudgedPairs) -> Iterator[Hit]:
    """Yield each verdict for a side in samples with both orders, and whether the side was shown first.

    Without both orders, a judge that looks at the text alone may prefer what happened to be shown first.
    """
    for pair, verdicts in judged.verdicts.items():
        orders = Counter(one.sample for one in verdicts if one.outcome != "none")
        for one in verdicts:
            if orders[one.sample] == 2 and one.outcome in ("a", "b"):
                yield judged.documents[pair], one.outcome == one.shown_first


def _longer_sides(criterion: Criterion, judged: JudgedPairs) -> dict[int, str]:
    """Return the side of each judged pair whose summary has more words; pairs of equal length have none."""
    rows = Comparison.objects.filter(study=criterion.study_id).for_rating()
    columns = ("pk", "document__language", "summary_a_id", "summary_a__text", "summary_b_id", "summary_b__text")
    lengths: dict[int, int] = {}
    longer = {}
    for pair, language, a, text_a, b, text_b in rows.values_list(*columns).iterator(AT_ONCE):
        if pair not in judged.outcomes:
            continue
        for key, text in ((a, text_a), (b, text_b)):
            if key not in lengths:
                lengths[key] = len(words(text, language))
        if lengths[a] != lengths[b]:
            longer[pair] = "a" if lengths[a] > lengths[b] else "b"
    return longer


def _chose_longer(outcomes: Mapping[int, str], judged: JudgedPairs, longer: Mapping[int, str]) -> Iterator[Hit]:
    for pair, outcome in outcomes.items():
        if outcome in ("a", "b") and pair in longer:
            yield judged.documents[pair], outcome == longer[pair]


def _people_chose_longer(
    votes: Mapping[int, list[str]], judged: JudgedPairs, longer: Mapping[int, str]
) -> Iterator[Hit]:
    for pair, outcomes in votes.items():
        if pair in longer:
            yield from ((judged.documents[pair], vote == longer[pair]) for vote in outcomes if vote in ("a", "b"))


def _share(hits: Iterable[Hit], nothing: str) -> Figures:
    by_document: dict[int, list[bool]] = defaultdict(list)
    for document, counts in hits:
        by_document[document].append(counts)
    if not by_document:
        return _unknown(nothing)
    numbers = np.array([len(one) for one in by_document.values()], dtype=np.int64)
    counted = np.array([sum(one) for one in by_document.values()], dtype=np.int64)
    return _values(clustered_wilson(counted, numbers, cluster="document"))


def _values(share: Proportion) -> Figures:
    return {"value": share.value, "lower": share.lower, "upper": share.upper, "n": share.n, "reason": share.reason}


def _unknown(reason: str) -> Figures:
    return {"value": None, "lower": None, "upper": None, "n": 0, "reason": reason}


def _states(judged: JudgedPairs, first: Figures) -> list[str]:
    """Say what makes the verdicts unfit to be used, whatever they agree with."""
    states = []
    if judged.answers and judged.no_verdict == judged.answers:
        states.append("No answer holds a verdict.")
    if first["value"] is not None and first["value"] >= ALWAYS:
        states.append("It nearly always prefers the summary that is shown first, whatever the texts say.")
    if first["value"] is not None and first["value"] <= 1 - ALWAYS:
        states.append("It nearly always prefers the summary that is shown second, whatever the texts say.")
    return states
