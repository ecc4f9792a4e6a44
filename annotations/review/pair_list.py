"""List of a study's pairs for researchers: what was rated, with which votes, and what is left."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from operator import itemgetter
from typing import overload

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from annotations.models import Assignment, Comparison, Criterion, Judgement, Outcome, Remark, Study
from lib.names import spellings
from models_runner.models import Document

_THEIRS = Assignment.objects.filter(comparison=OuterRef("pk"))
_SKIPPED = _THEIRS.filter(state=Assignment.State.SKIPPED)
_SAID = Remark.objects.standing().filter(assignment__comparison=OuterRef("pk"))

SHOWN = {
    "": Q(),
    "left": Q(taken__lt=F("quota")),
    "taken": Q(taken__gte=F("quota")),
    # Most pairs are taken: they need not be looked up among the assignments.
    "untouched": Q(taken=0) & ~Q(Exists(_THEIRS)),
    "skipped": Q(Exists(_SKIPPED)),
    "said": Q(Exists(_SAID)),
}


@dataclass
class VoteTally:
    """Votes that count, of one pair on one question."""

    for_a: int = 0
    for_b: int = 0
    equal: int = 0
    both_bad: int = 0


@dataclass(frozen=True)
class ListedPair:
    """A row of the list.

    Attributes:
        comparison: With its document, query and systems.
        rated: How many annotators rated it, excluded ones too.
        remarks: Comments and reports of anybody that were not withdrawn.
        votes: The votes that count on the question shown.
    """

    comparison: Comparison
    rated: int
    remarks: int
    votes: VoteTally = field(default_factory=VoteTally)


class PairsByDocument(Sequence[int]):
    """Keys of pairs in document order, for a Paginator.

    One statement counts them by document, and a page is read from its first document on. With an OFFSET, the database
    would read all pairs before it, up to a million.
    """

    def __init__(self, study: Study, pairs: QuerySet[Comparison]) -> None:
        self._study, self._pairs = study, pairs

    @cached_property
    def _documents(self) -> list[tuple[int, int]]:
        """Return each document that has pairs, in order, with how many pairs come before the next one."""
        counts = dict(self._pairs.order_by().values_list("document").annotate(n=Count("pk")))
        ordered = Document.objects.filter(dataset=self._study.dataset_id).order_by("position")
        documents = [pk for pk in ordered.values_list("pk", flat=True) if pk in counts]
        return list(zip(documents, accumulate(counts[pk] for pk in documents), strict=True))

    def __len__(self) -> int:
        return self._documents[-1][1] if self._documents else 0

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> list[int]: ...

    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, int):
            return self._between(index, index + 1)[0]
        return self._between(index.start or 0, len(self) if index.stop is None else index.stop)

    def _between(self, start: int, stop: int) -> list[int]:
        first = bisect_right(self._documents, start, key=itemgetter(1))
        last = bisect_left(self._documents, stop, key=itemgetter(1))
        documents = [pk for pk, _ in self._documents[first : last + 1]]
        before = self._documents[first - 1][1] if first else 0
        pairs = self._pairs.filter(document__in=documents).order_by("document__position", "pk")
        return list(pairs.values_list("pk", flat=True)[start - before : stop - before])


def rating_pairs(
    study: Study, *, show: str = "", system: str = "", against: str = "", find: str = ""
) -> PairsByDocument:
    """Select rating pairs in document order.

    Args:
        show: A key of SHOWN.
        system, against: Slugs of systems that the pair must compare; "" for any.
        find: Part of the document's title or id, or the number of a pair.
    """
    pairs = study.comparisons.for_rating().filter(SHOWN[show])
    for slug in filter(None, (system, against)):
        pairs = pairs.filter(Q(summary_a__run__system__slug=slug) | Q(summary_b__run__system__slug=slug))
    if find:
        named = Q()
        for spelling in spellings(find):
            named |= Q(document__title__icontains=spelling) | Q(document__external_id__icontains=spelling)
        pairs = pairs.filter(named | Q(pk=int(find)) if find.isdecimal() and len(find) < 10 else named)
    return PairsByDocument(study, pairs)


def with_tallies(ids: Sequence[int], criterion: Criterion | None) -> list[ListedPair]:
    """Load texts, counts and votes of pairs, in four queries."""
    full = Comparison.objects.select_related(
        "document", "query", "summary_a__run__system", "summary_b__run__system"
    ).in_bulk(ids)
    done = Assignment.objects.filter(comparison__in=ids, state=Assignment.State.DONE)
    rated = _counts(done, "comparison")
    said = Remark.objects.standing().filter(assignment__comparison__in=ids)
    remarks = _counts(said, "assignment__comparison")
    votes = _tallies(ids, criterion)
    return [ListedPair(full[pk], rated[pk], remarks[pk], votes[pk]) for pk in ids if pk in full]


def _counts(rows: QuerySet[Assignment] | QuerySet[Remark], of: str) -> Counter[int]:
    return Counter(dict(rows.order_by().values_list(of).annotate(n=Count("pk"))))


def _tallies(comparisons: Sequence[int], criterion: Criterion | None) -> dict[int, VoteTally]:
    tallies: dict[int, VoteTally] = defaultdict(VoteTally)
    counted = Judgement.objects.counted().filter(criterion=criterion, assignment__comparison__in=comparisons)
    rows = counted.order_by().values_list("assignment__comparison", "outcome").annotate(n=Count("pk"))
    names = {Outcome.A: "for_a", Outcome.B: "for_b", Outcome.TIE: "equal", Outcome.BOTH_BAD: "both_bad"}
    for comparison, outcome, n in rows:
        setattr(tallies[comparison], names[Outcome(outcome)], n)
    return tallies
