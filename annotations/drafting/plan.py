"""What a study that is being set up would compare now, and what is wrong with it or missing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import comb

from django.db.models import Count
from django.utils import timezone

from annotations.models import WhichPairs
from annotations.studies import checks
from annotations.studies.checks import StudySetupError
from annotations.studies.scope import check_scope, scope_documents
from annotations.studies.setup import NewStudy
from lib.language import normalise_language
from lib.numbers import count_of, format_count
from models_runner.models import Dataset, Document, InstructionKind, Query, Summary, System
from models_runner.models.runs import SummaryQuerySet
from models_runner.systems.readiness import system_needs
from stats.uncertainty.sequences import TOO_FEW_UNITS

Unit = tuple[int, int | None]
# Systems of a unit: those that have a finished summary of it.
ByUnit = Mapping[Unit, frozenset[int]]


@dataclass(frozen=True)
class DraftProblem:
    """Something that is wrong or missing.

    Attributes:
        field: Of the form.
        text: A sentence.
        blocking: Whether no study can be made before it is mended.
    """

    field: str
    text: str
    blocking: bool = False


@dataclass(frozen=True)
class StudyPlan:
    """What a study would compare if it were made now.

    Attributes:
        units: Documents, or queries on documents, that are in it.
        noun: What one of these is called.
        covered: How many of them each system has finished summaries of, by the system's key.
        being_written: The systems whose summaries of them wait or are being written, by key.
        languages: Of the documents, with their number.
        pairs: Pairs that would be rated.
        asked_about: Pairs of the two systems in question; of an average pair of systems where they are not both named.
        problems: What is wrong or missing.
    """

    units: int = 0
    noun: str = "document"
    covered: Mapping[int, int] = field(default_factory=dict)
    being_written: frozenset[int] = frozenset()
    languages: Mapping[str, int] = field(default_factory=dict)
    pairs: int = 0
    asked_about: int = 0
    problems: list[DraftProblem] = field(default_factory=list)


def plan_of(wanted: NewStudy, annotators: int | None = None) -> StudyPlan:
    """Look at what is there, in a handful of queries; nothing is stored.

    annotators: How many are expected; None if nobody said.
    """
    problems = [*_refusals(wanted)]
    try:
        documents = [document.pk for document in scope_documents(wanted.dataset, wanted.stored_scope)[1]]
    except StudySetupError as error:
        return StudyPlan(problems=[*problems, DraftProblem(error.field, str(error), blocking=True)])
    whole = len(documents) == wanted.dataset.documents.count()
    summaries = _finished(wanted.dataset, wanted.instruction)
    summaries = summaries if whole else summaries.filter(document__in=documents)
    noun = "query" if wanted.instruction == InstructionKind.QUERY else "document"
    by_unit = _by_unit(summaries, wanted.systems)
    pairs = round(sum(_pairs_of(wanted, systems) for systems in by_unit.values()))
    plan = StudyPlan(
        units=_count_units(documents, wanted.instruction),
        noun=noun,
        covered=_covered(summaries, wanted.instruction),
        being_written=_being_written(wanted.dataset, wanted.instruction),
        languages=_languages(documents),
        pairs=pairs,
        asked_about=_asked_about(wanted, by_unit, pairs),
    )
    problems += [*_lacking(wanted, plan), *_about_pair(wanted, plan), *_about_people(wanted, annotators)]
    problems += _about_looks(wanted, plan, annotators)
    return replace(plan, problems=problems)


def _refusals(wanted: NewStudy) -> Iterator[DraftProblem]:
    """Find what create_study would refuse, all of it at once."""
    tried: tuple[Callable[[], None], ...] = (
        # Nobody has come to the systems yet where there are none.
        lambda: checks.check_systems(wanted.systems) if wanted.systems else None,
        lambda: checks.check_quota(wanted.quota),
        lambda: checks.check_criteria(wanted.criteria, wanted.own_criteria),
        lambda: check_scope(wanted.stored_scope, wanted.systems),
        lambda: checks.check_pair(wanted.small_system, wanted.large_system, wanted.systems),
        lambda: checks.check_looks(wanted.look_plan, wanted.small_system, wanted.large_system, wanted.closes_at),
        lambda: checks.check_dates(wanted.opens_at, wanted.closes_at),
        lambda: checks.check_name(wanted.slug),
    )
    for check in tried:
        try:
            check()
        except StudySetupError as error:
            yield DraftProblem(error.field, str(error), blocking=True)


def _finished(dataset: Dataset, instruction: str) -> SummaryQuerySet:
    return Summary.objects.done().exclude(text="").filter(run__dataset=dataset, run__instruction=instruction).order_by()


def _count_units(documents: list[int], instruction: str) -> int:
    if instruction != InstructionKind.QUERY:
        return len(documents)
    return Query.objects.filter(document__in=documents).count()


def _covered(summaries: SummaryQuerySet, instruction: str) -> dict[int, int]:
    unit = "query" if instruction == InstructionKind.QUERY else "document"
    return dict(summaries.values_list("run__system").annotate(n=Count(unit, distinct=True)))


def _being_written(dataset: Dataset, instruction: str) -> frozenset[int]:
    waiting = Summary.objects.unfinished().filter(run__dataset=dataset, run__instruction=instruction).order_by()
    return frozenset(waiting.values_list("run__system", flat=True).distinct())


def _by_unit(summaries: SummaryQuerySet, systems: Sequence[System]) -> ByUnit:
    systems_by_unit: dict[Unit, set[int]] = defaultdict(set)
    ours = summaries.filter(run__system__in=[system.pk for system in systems])
    for document, query, system in ours.values_list("document", "query", "run__system").distinct():
        systems_by_unit[document, query].add(system)
    return {unit: frozenset(systems) for unit, systems in systems_by_unit.items()}


def _languages(documents: list[int]) -> dict[str, int]:
    codes = Counter(Document.objects.filter(pk__in=documents).values_list("language", flat=True))
    languages: Counter[str] = Counter()
    for code, n in codes.items():
        languages[normalise_language(code)] += n
    return dict(languages)


def _pairs_of(wanted: NewStudy, systems: frozenset[int]) -> float:
    """Count the pairs of one document; of drawn pairs, how many are expected to have both summaries."""
    scope = wanted.stored_scope
    if scope.which_pairs == WhichPairs.ANCHOR:
        return len(systems) - 1 if scope.anchor is not None and scope.anchor.pk in systems else 0
    pairs = comb(len(systems), 2)
    if scope.which_pairs != WhichPairs.SAMPLE:
        return pairs
    possible = comb(len(wanted.systems), 2)
    return pairs * min(scope.pairs_per_document or 0, possible) / possible if possible else 0


def _asked_about(wanted: NewStudy, by_unit: ByUnit, pairs: int) -> int:
    """Count the pairs of the two systems in question, or of an average pair where that is not known."""
    small, large, scope = wanted.small_system, wanted.large_system, wanted.stored_scope
    if small is not None and large is not None and scope.which_pairs != WhichPairs.SAMPLE:
        if scope.which_pairs == WhichPairs.ANCHOR and scope.anchor not in (small, large):
            return 0
        return sum({small.pk, large.pk} <= systems for systems in by_unit.values())
    n = len(wanted.systems)
    kinds = n - 1 if scope.which_pairs == WhichPairs.ANCHOR else comb(n, 2)
    return round(pairs / kinds) if kinds else 0


def _lacking(wanted: NewStudy, plan: StudyPlan) -> Iterator[DraftProblem]:
    """Say which systems have no summary of some of the documents."""
    of_queries = plan.noun == "query"
    if not plan.units:
        yield DraftProblem(
            "dataset",
            f"There are no {'queries' if of_queries else 'documents'} in it, so there is nothing to compare yet.",
        )
        return
    for system in wanted.systems:
        covered = plan.covered.get(system.pk, 0)
        if not covered:
            needs = system_needs(system, has_summaries=False)
            needs = f" It needs: {needs}" if needs else " Its pairs are added once a run is done."
            yield DraftProblem("systems", f"{system.slug} has no {wanted.instruction} summaries here yet.{needs}")
        elif covered < plan.units:
            yield DraftProblem(
                "systems",
                f"{system.slug} has summaries for {format_count(covered)} of {format_count(plan.units)} "
                f"{'queries' if of_queries else 'documents'}; its pairs come from those {format_count(covered)}.",
            )
    if len(wanted.systems) > 1 and not plan.pairs:
        yield DraftProblem(
            "systems", "No document has summaries by two of these systems, so there is nothing to rate yet."
        )


def _about_pair(wanted: NewStudy, plan: StudyPlan) -> Iterator[DraftProblem]:
    """Say what stands in the way of a verdict."""
    small, large = wanted.small_system, wanted.large_system
    if small is None or large is None:
        if wanted.margin is not None and len(wanted.systems) > 1:
            yield DraftProblem("small_system", _without_names(wanted))
        return
    if small != large and plan.pairs and not plan.asked_about:
        yield DraftProblem(
            "large_system", f"{small.slug} and {large.slug} are never compared with each other in this study."
        )


def _without_names(wanted: NewStudy) -> str:
    """Ask for the two systems in question, and say what becomes of the verdict without their names."""
    small, large = wanted.small_system, wanted.large_system
    if small is None and not any(system.can_replace for system in wanted.systems if system != large):
        return (
            "Name the small system that you ask about. Otherwise there will be no verdict: no other system here has "
            "fewer than 2 billion parameters, and none is a baseline."
        )
    if large is None and all(system.can_replace for system in wanted.systems if system != small):
        return (
            "Name the large system that you ask about. Otherwise there will be no verdict: the others here are compact "
            "systems and baselines alone."
        )
    return (
        "Name the small and the large system that you ask about. Otherwise the votes choose them, and the verdict "
        "needs more votes."
    )


def _about_people(wanted: NewStudy, annotators: int | None) -> Iterator[DraftProblem]:
    if annotators is not None and annotators < wanted.quota:
        yield DraftProblem(
            "annotators",
            f"{count_of(wanted.quota, 'vote')} on each pair, each from somebody else, need as many annotators; you "
            f"expect {annotators}.",
        )


def _about_looks(wanted: NewStudy, plan: StudyPlan, annotators: int | None) -> Iterator[DraftProblem]:
    """Say which planned looks would find nothing: beyond the votes there can be, in the past, or of few people."""
    yield from _beyond_votes(wanted, plan.asked_about * wanted.quota)
    if wanted.look_dates and datetime.fromisoformat(wanted.look_dates[0]) <= timezone.now():
        yield DraftProblem("look_dates", "The first look lies in the past, where nobody has voted: it finds nothing.")
    if (wanted.look_votes or wanted.look_dates) and annotators is not None and annotators <= TOO_FEW_UNITS:
        yield DraftProblem(
            "look_votes" if wanted.look_votes else "look_dates",
            "Looks need five annotators or more who give like numbers of votes, and say nothing with fewer; you expect "
            f"{annotators}.",
        )


def _beyond_votes(wanted: NewStudy, possible: int) -> Iterator[DraftProblem]:
    """possible: Votes that the study takes on the two systems in question; 0 where that is not known."""
    takes = format_count(possible)
    if wanted.look_votes and 0 < possible < wanted.look_votes[-1]:
        last = format_count(wanted.look_votes[-1])
        yield DraftProblem(
            "look_votes",
            f"The last look is planned at {last} votes, and this study takes {takes} on the two systems in question: "
            "it would not be taken.",
        )
    if wanted.look_dates and wanted.look_maximum and 0 < possible < wanted.look_maximum:
        planned = format_count(wanted.look_maximum)
        yield DraftProblem(
            "look_maximum",
            f"By the last date {planned} votes are planned, and this study takes {takes} on the two systems in "
            "question: looks before the last would be stricter than they need to be.",
        )
