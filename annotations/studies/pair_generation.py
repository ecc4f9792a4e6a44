"""Generate the pairs of a study: of its documents, those pairs of systems that it asks for."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import NamedTuple

from annotations.blindness import leak_check
from annotations.evidence import work as evidence
from annotations.models import Comparison, Study, WhichDocuments, WhichPairs
from models_runner.models import Summary

SystemPair = frozenset[int]
Unit = tuple[int, int | None]  # a document, and a query on it if the study has queries
# How many numbers shuffle_number may return, from 0 on.
SHUFFLE_NUMBERS = 2**24
AT_ONCE = 5_000
# A study may have a million pairs. Those that are there are read for so few documents at a time that they are few.
READ_AT_ONCE = 20_000
UNITS_AT_ONCE = 500


class ComparedSummary(NamedTuple):
    """A summary that a study may compare, without its text: as a model's object it takes ten times the memory."""

    pk: int
    document_id: int
    query_id: int | None
    system_id: int


def build_comparisons(study: Study) -> int:
    """Create the missing comparisons of wanted pairs whose summaries are finished; returns how many were created."""
    # What is made after the draw of a directed study had no part in it, and is asked about if it is drawn again.
    quota = 0 if study.comparisons.exclude(chance=None).exists() else study.quota
    created = 0
    missing = _missing_pairs(study)
    while new := list(islice(missing, AT_ONCE)):
        Comparison.objects.bulk_create(
            (_comparison(study, quota, *pair) for pair in new), ignore_conflicts=True, batch_size=500
        )
        created += len(new)
    if created:
        study.reports.note_additions()
        evidence.announce_evidence()
        leak_check.announce_leak_check()
    return created


def _missing_pairs(study: Study) -> Iterator[tuple[ComparedSummary, ComparedSummary]]:
    """Yield the summaries of wanted pairs that are not compared yet."""
    by_unit = newest_summaries(study)
    systems = list(study.systems.order_by("pk").values_list("pk", flat=True))
    rest = iter(by_unit)
    while units := list(islice(rest, _units_at_once(len(systems)))):
        existing = _compared(study, units)
        for unit in units:
            summaries = by_unit[unit]
            # Drawn pairs are drawn from all, whatever is written yet. Of 1,000 systems a document may have texts of
            # two: half a million pairs need not be looked at for each of such.
            drawn = study.which_pairs == WhichPairs.SAMPLE
            among = systems if drawn else [system for system in systems if system in summaries]
            for pair in wanted_pairs(study, among, *unit):
                if pair <= summaries.keys() and (*unit, pair) not in existing:
                    first, second = (summaries[system] for system in pair)
                    yield first, second


def _units_at_once(systems: int) -> int:
    return min(UNITS_AT_ONCE, READ_AT_ONCE // max(systems * (systems - 1) // 2, 1) + 1)


def _compared(study: Study, units: Iterable[Unit]) -> set[tuple[int, int | None, SystemPair]]:
    """Read which pairs of systems are compared on these documents, by document and query.

    Gold and training pairs are among them and never become rating pairs again. Attention checks are not: one of their
    texts is of another document.
    """
    pairs = study.comparisons.filter(document__in={document for document, _ in units}).order_by()
    rows = pairs.exclude(control_item__attention=True).values_list(
        "document_id", "query_id", "summary_a__run__system", "summary_b__run__system"
    )
    return {(document, query, frozenset(pair)) for document, query, *pair in rows.iterator(AT_ONCE)}


def newest_summaries(study: Study) -> dict[Unit, dict[int, ComparedSummary]]:
    """Return the newest summary by document and query, then by system."""
    by_unit: dict[Unit, dict[int, ComparedSummary]] = defaultdict(dict)
    for summary in comparable_summaries(study):
        # Oldest first: the newest run's summary of a document overwrites earlier ones.
        by_unit[(summary.document_id, summary.query_id)][summary.system_id] = summary
    return by_unit


def comparable_summaries(study: Study) -> Iterator[ComparedSummary]:
    """Select finished, non-empty summaries of the study's documents by its systems, without their texts."""
    summaries = (
        Summary.objects.done()
        .exclude(text="")
        .filter(run__system__in=study.systems.all(), run__dataset=study.dataset_id, run__instruction=study.instruction)
    )
    if study.which_documents != WhichDocuments.ALL:
        summaries = summaries.filter(document__in=study.documents.all())
    rows = summaries.order_by("run__created_at", "run_id", "pk")
    columns = rows.values_list("pk", "document_id", "query_id", "run__system_id")
    return (ComparedSummary(*row) for row in columns.iterator(AT_ONCE))


def wanted_pairs(study: Study, systems: Iterable[int], document_id: int, query_id: int | None) -> list[SystemPair]:
    """Return the pairs of systems to compare on a document, whether their summaries exist yet or not."""
    pairs = [frozenset(pair) for pair in combinations(sorted(systems), 2)]
    if study.which_pairs == WhichPairs.ANCHOR:
        return [pair for pair in pairs if study.anchor_id in pair]
    if study.which_pairs == WhichPairs.SAMPLE:
        pairs.sort(key=lambda pair: shuffle_number(study, document_id, query_id or 0, *sorted(pair)))
        return pairs[: study.pairs_per_document]
    return pairs


def _comparison(study: Study, quota: int, *summaries: ComparedSummary) -> Comparison:
    first, second = sorted(summaries)
    return Comparison(
        study=study,
        document_id=first.document_id,
        query_id=first.query_id,
        summary_a_id=first.pk,
        summary_b_id=second.pk,
        quota=quota,
        shuffle=shuffle_number(study, first.pk, second.pk),
        place=shuffle_number(study, first.document_id),
    )


def shuffle_number(study: Study, *of: int) -> int:
    """Return a fixed pseudo-random number, so that the order of documents and of comparisons is chosen by nobody."""
    digest = hashlib.sha256(":".join(map(str, (study.seed, study.public_id, *of))).encode()).digest()
    return int.from_bytes(digest[:3], "big")
