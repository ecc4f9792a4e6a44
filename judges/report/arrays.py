"""Read what people and a judge say of a study's pairs, in the form that statistics take."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from annotations.models import Criterion, Judgement
from annotations.quality.vote_columns import OUTCOME_CODES
from judges.models import Judge
from judges.models import OrderRule as StoredRule
from judges.report.family import same_family
from judges.report.outcomes import JudgedPairs, judged_pairs
from judges.verdicts.combining import NONE, GivenVerdict
from lib.language import words
from models_runner.models import Summary, System
from stats.judges.arrays import Items, OrderRule, PeopleVotes, Verdicts
from stats.votes.arrays import BoolArray, FloatArray, IntArray

AT_ONCE, AT_A_TIME = 5_000, 500
NO_SIZE = "no size"
COLUMNS = (
    *("pk", "document_id", "document__language", "summary_a_id", "summary_b_id"),
    *("summary_a__run__system_id", "summary_b__run__system_id"),
)


@dataclass(frozen=True)
class JudgedStudy:
    """The pairs of a study for rating, or of a dataset, with what was said of them.

    Attributes:
        criterion: Its key.
        about: The study's slug, or the dataset's name.
        seed: Of random choices.
        pairs: Key of each item's comparison.
        language: The document's, by item.
        summaries: Keys of both summaries, by item, shape (n_items, 2).
        systems: In the order of their numbers, which is that of their slugs.
        judged: The judge's verdicts.
        votes: People's, at most one of a person on an item.
    """

    criterion: str
    about: str
    seed: int
    judge: Judge
    pairs: list[int]
    language: list[str]
    summaries: IntArray
    systems: list[System]
    items: Items
    judged: JudgedPairs
    votes: PeopleVotes

    @property
    def rule(self) -> OrderRule:
        """What becomes of two orders that disagree."""
        return OrderRule.MEAN if self.judge.order_rule == StoredRule.MEAN else OrderRule.CONSERVATIVE

    @cached_property
    def verdicts(self) -> Verdicts:
        """The verdicts of samples without an order that is missing; of a judge that scores, one for each pair."""
        number = {pair: i for i, pair in enumerate(self.pairs)}
        rows = list(_given(self.judged, number))
        return Verdicts(
            item=_array([row[0] for row in rows]),
            outcome=_array([OUTCOME_CODES[row[1]].value for row in rows]),
            a_first=np.array([row[2] for row in rows], dtype=np.bool_),
            sample=_array([row[3] for row in rows]),
            share=np.array([row[4] for row in rows], dtype=np.float64),
            neither=np.array([row[5] for row in rows], dtype=np.float64),
        )

    @cached_property
    def related(self) -> BoolArray | None:
        """Whether each system is of the judge's family; None where its record does not say what it is."""
        return same_family(self.judge, self.systems)

    @cached_property
    def sizes(self) -> list[str]:
        """Size classes of both systems by item, in the order of size."""
        classes = [system.size_class or NO_SIZE for system in self.systems]
        both = zip(self.items.system_a.tolist(), self.items.system_b.tolist(), strict=True)
        return [" / ".join(sorted((classes[a], classes[b]), key=_by_size)) for a, b in both]

    @cached_property
    def lengths(self) -> FloatArray:
        """Words of both summaries, by item, shape (n_items, 2); NaN for pairs without a verdict."""
        found = np.full(self.summaries.shape, np.nan)
        chosen = np.array([pair in self.judged.outcomes for pair in self.pairs], dtype=np.bool_)
        language = {
            key: said
            for keys, said, known in zip(self.summaries.tolist(), self.language, chosen.tolist(), strict=True)
            if known
            for key in keys
        }
        texts = _texts(list(language))
        counted = {key: len(words(text, language[key])) for key, text in texts if key in language}
        for i in np.flatnonzero(chosen).tolist():
            found[i] = [counted[key] for key in self.summaries[i].tolist()]
        return found


def read_judged_study(judge: Judge, criterion: Criterion) -> JudgedStudy:
    """Read the pairs, people's counted votes and a judge's verdicts, in a handful of queries."""
    rows = list(criterion.study.comparisons.for_rating().order_by("pk").values_list(*COLUMNS).iterator(AT_ONCE))
    systems = list(System.objects.filter(pk__in={key for row in rows for key in row[5:]}).order_by("slug"))
    number = {system.pk: i for i, system in enumerate(systems)}
    document = {key: i for i, key in enumerate(sorted({row[1] for row in rows}))}
    items = Items(
        system_a=_array([number[row[5]] for row in rows]),
        system_b=_array([number[row[6]] for row in rows]),
        document=_array([document[row[1]] for row in rows]),
    )
    pairs = [row[0] for row in rows]
    summaries = _array([[row[3], row[4]] for row in rows]).reshape(len(rows), 2)
    study = criterion.study
    return JudgedStudy(
        criterion.key, study.slug, study.seed, judge, pairs, [row[2] for row in rows], summaries, systems, items,
        judged_pairs(judge, criterion), _people(criterion, pairs),
    )  # fmt: skip


def _people(criterion: Criterion, pairs: Sequence[int]) -> PeopleVotes:
    number = {pair: i for i, pair in enumerate(pairs)}
    rows = Judgement.objects.counted().filter(criterion=criterion, assignment__annotator__judge_type="human")
    columns = ("assignment__comparison_id", "assignment__annotator_id", "outcome")
    votes = {(number[pair], person): outcome for pair, person, outcome in rows.values_list(*columns).order_by("pk")}
    people = {person: i for i, person in enumerate(sorted({person for _, person in votes}))}
    return PeopleVotes(
        item=_array([item for item, _ in votes]),
        annotator=_array([people[person] for _, person in votes]),
        outcome=_array([OUTCOME_CODES[outcome].value for outcome in votes.values()]),
    )


def _given(judged: JudgedPairs, number: Mapping[int, int]) -> Iterator[tuple[int, str, bool, int, float, float]]:
    """Yield item, outcome, whether a was first, sample, share of a and chance of neither; NaN without chances."""
    for pair, verdicts in judged.verdicts.items():
        for one in _whole(verdicts) if pair in number else ():
            yield number[pair], one.outcome, one.shown_first == "a", one.sample, *_chances(one)
    for pair, outcome in judged.outcomes.items():
        if pair in number and pair not in judged.verdicts:
            yield number[pair], outcome, True, 0, np.nan, np.nan


def _whole(verdicts: Iterable[GivenVerdict]) -> Iterator[GivenVerdict]:
    by_sample: dict[int, list[GivenVerdict]] = defaultdict(list)
    for one in verdicts:
        by_sample[one.sample].append(one)
    for given in by_sample.values():
        if all(one.outcome != NONE for one in given):
            yield from given


def _chances(one: GivenVerdict) -> tuple[float, float]:
    if one.chances is None:
        return np.nan, np.nan
    neither = one.chances["tie"] + one.chances["both_bad"]
    return min(1.0, one.chances["a"] + neither / 2), neither


def _by_size(size: str) -> int:
    return ("compact", "mid", "large").index(size) if size in ("compact", "mid", "large") else 3


def _texts(keys: Sequence[int]) -> Iterator[tuple[int, str]]:
    for begin in range(0, len(keys), AT_A_TIME):
        some = Summary.objects.filter(pk__in=keys[begin : begin + AT_A_TIME])
        yield from some.order_by().values_list("pk", "text")


def _array(values: Sequence[object]) -> IntArray:
    return np.array(values, dtype=np.int64)
