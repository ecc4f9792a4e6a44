"""What a judge may be asked about: the pairs of a study or of a dataset, or the summaries in these pairs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from annotations.models import Study
from judges.judging.chosen import NamedPair
from judges.models import JudgingJob
from lib.names import AmbiguousNameError, ByName
from models_runner.datasets.queries import QueryFinder, UnknownQueryError
from models_runner.models import Dataset, Summary

AT_ONCE = 5_000
OF_COMPARISON = (
    *("pk", "document_id", "query_id", "summary_a_id", "summary_b_id"),
    *("summary_a__run__system__slug", "summary_b__run__system__slug"),
)
Unit = Mapping[str, int]


class NoSuchPairError(LookupError):
    """A chosen pair is not among those that may be judged; the message names its line."""


@dataclass(frozen=True)
class AskedPair:
    """Two summaries of one document.

    Attributes:
        document, query: Keys; query is None of summaries of a whole meeting.
        summaries: Keys, in the pair's own order.
        systems: Their systems' slugs.
        comparison: The study's pair; None of a dataset's.
    """

    document: int
    query: int | None
    summaries: tuple[int, int]
    systems: tuple[str, str]
    comparison: int | None = None

    @property
    def unit(self) -> Unit:
        """The columns of a verdict on it."""
        if self.comparison is not None:
            return {"comparison_id": self.comparison, "document_id": self.document}
        return {"summary_a_id": self.summaries[0], "summary_b_id": self.summaries[1], "document_id": self.document}


def pairs_of(job: JudgingJob) -> list[AskedPair]:
    """Return every pair that a job may ask about, document by document."""
    if job.study is not None:
        return _of_study(job.study)
    return _of_dataset(job.dataset, job.instruction) if job.dataset else []


def _of_study(study: Study) -> list[AskedPair]:
    rows = study.comparisons.for_rating().order_by("document__position", "document", "pk").values_list(*OF_COMPARISON)
    return [
        AskedPair(document, query, (a, b), (system_a, system_b), pk)
        for pk, document, query, a, b, system_a, system_b in rows.iterator(AT_ONCE)
    ]


def _of_dataset(dataset: Dataset, instruction: str) -> list[AskedPair]:
    """Pair the newest summaries of all systems, of each document and query."""
    written = Summary.objects.done().exclude(text="").filter(run__dataset=dataset, run__instruction=instruction)
    rows = written.order_by("document__position", "document", "query", "run__created_at", "run", "pk")
    by_unit: dict[tuple[int, int | None], dict[str, int]] = defaultdict(dict)
    # Oldest first: the newest run's summary of a document overwrites earlier ones.
    for pk, document, query, system in rows.values_list("pk", "document", "query", "run__system__slug"):
        by_unit[document, query][system] = pk
    return [
        AskedPair(document, query, (first[1], second[1]), (first[0], second[0]))
        for (document, query), summaries in by_unit.items()
        for first, second in combinations(sorted(summaries.items(), key=lambda one: one[1]), 2)
    ]


def summaries_in(pairs: Iterable[AskedPair]) -> list[Unit]:
    """Return the columns of a verdict on each summary of these pairs, each once."""
    units = {summary: pair.document for pair in pairs for summary in pair.summaries}
    return [{"summary_id": summary, "document_id": document} for summary, document in units.items()]


def instructions_of(dataset: Dataset) -> list[str]:
    """Return the instructions under which systems wrote summaries of a dataset."""
    written = Summary.objects.done().exclude(text="").filter(run__dataset=dataset).order_by()
    return sorted(written.values_list("run__instruction", flat=True).distinct())


def chosen_among(pairs: Sequence[AskedPair], chosen: Iterable[NamedPair], job: JudgingJob) -> list[AskedPair]:
    """Return the chosen pairs, each once, in the order of `pairs`. Raises NoSuchPairError."""
    dataset = job.study.dataset if job.study else job.dataset
    assert dataset is not None  # noqa: S101  (a constraint)
    documents = ByName(dataset.documents.values_list("external_id", "pk"))
    queries = QueryFinder(dataset)
    known = {(pair.document, pair.query, frozenset(pair.systems)) for pair in pairs}
    wanted = set()
    for one in chosen:
        try:
            document = documents.find(one.document)
            if document is None:
                raise NoSuchPairError(f"{one.where}: dataset {dataset.name} has no document {one.document!r}.")
            query = queries.find(document, one.document, one.query, one.query_number)
        except (AmbiguousNameError, UnknownQueryError) as error:
            raise NoSuchPairError(f"{one.where}: {error}") from error
        key = (document, query.pk if query else None, frozenset(one.systems))
        if key not in known:
            both = " with ".join(one.systems)
            raise NoSuchPairError(f"{one.where}: {job.about} has no pair of {both} on document {one.document!r}.")
        wanted.add(key)
    return [pair for pair in pairs if (pair.document, pair.query, frozenset(pair.systems)) in wanted]
