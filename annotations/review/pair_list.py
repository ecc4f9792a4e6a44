"""List of a study's pairs for researchers: what was rated, with which votes, and what is left."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from annotations.models import Assignment, Comparison, Criterion, Judgement, Outcome, Remark, Study
from lib.names import spellings

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


def rating_pairs(
    study: Study, *, show: str = "", system: str = "", against: str = "", find: str = ""
) -> QuerySet[Comparison]:
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
    # Documents of one dataset come in their order from an index, so that a page need not sort a million pairs.
    return pairs.filter(document__dataset=study.dataset_id).order_by("document__position", "pk")


def with_tallies(pairs: Sequence[Comparison], criterion: Criterion | None) -> list[ListedPair]:
    """Load texts, counts and votes of pairs, in four queries."""
    ids = [pair.pk for pair in pairs]
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
