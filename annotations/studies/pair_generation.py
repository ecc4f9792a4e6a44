"""Generate the pairs of a study: of its documents, those pairs of systems that it asks for."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, islice

from annotations.blindness import leak_check
from annotations.evidence import work as evidence
from annotations.models import Comparison, Study, WhichDocuments, WhichPairs
from models_runner.models import Summary

SystemPair = frozenset[int]
# How many numbers shuffle_number may return, from 0 on.
SHUFFLE_NUMBERS = 2**24
AT_ONCE = 5_000


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
        evidence.announce_evidence()
        leak_check.announce_leak_check()
    return created


def _missing_pairs(study: Study) -> Iterator[tuple[Summary, Summary]]:
    """Yield the summaries of wanted pairs that are not compared yet."""
    by_unit = newest_summaries(study)
    # Gold and training pairs are among them and never become rating pairs again. Attention checks are not: one of their
    # texts is of another document.
    existing = {
        (document, query, frozenset(pair))
        for document, query, *pair in study.comparisons.exclude(control_item__attention=True).values_list(
            "document_id", "query_id", "summary_a__run__system", "summary_b__run__system"
        )
    }
    systems = list(study.systems.order_by("pk").values_list("pk", flat=True))
    for (document_id, query_id), summaries in by_unit.items():
        # Drawn pairs are drawn from all, whatever is written yet. Of 1,000 systems a document may have texts of two:
        # half a million pairs need not be looked at for each of such.
        drawn = study.which_pairs == WhichPairs.SAMPLE
        among = systems if drawn else [system for system in systems if system in summaries]
        for pair in wanted_pairs(study, among, document_id, query_id):
            if pair <= summaries.keys() and (document_id, query_id, pair) not in existing:
                first, second = (summaries[system] for system in pair)
                yield first, second


def newest_summaries(study: Study) -> dict[tuple[int, int | None], dict[int, Summary]]:
    """Return the newest summary by document and query, then by system."""
    by_unit: dict[tuple[int, int | None], dict[int, Summary]] = defaultdict(dict)
    for summary in comparable_summaries(study):
        # Oldest first: the newest run's summary of a document overwrites earlier ones.
        by_unit[(summary.document_id, summary.query_id)][summary.run.system_id] = summary
    return by_unit


def comparable_summaries(study: Study) -> Iterable[Summary]:
    """Select finished, non-empty summaries of the study's documents by its systems, without their texts."""
    summaries = (
        Summary.objects.done()
        .exclude(text="")
        .filter(run__system__in=study.systems.all(), run__dataset=study.dataset_id, run__instruction=study.instruction)
    )
    if study.which_documents != WhichDocuments.ALL:
        summaries = summaries.filter(document__in=study.documents.all())
    rows = summaries.select_related("run").only("pk", "document_id", "query_id", "run__system_id")
    return rows.order_by("run__created_at", "run_id", "pk")


def wanted_pairs(study: Study, systems: Iterable[int], document_id: int, query_id: int | None) -> list[SystemPair]:
    """Return the pairs of systems to compare on a document, whether their summaries exist yet or not."""
    pairs = [frozenset(pair) for pair in combinations(sorted(systems), 2)]
    if study.which_pairs == WhichPairs.ANCHOR:
        return [pair for pair in pairs if study.anchor_id in pair]
    if study.which_pairs == WhichPairs.SAMPLE:
        pairs.sort(key=lambda pair: shuffle_number(study, document_id, query_id or 0, *sorted(pair)))
        return pairs[: study.pairs_per_document]
    return pairs


def _comparison(study: Study, quota: int, *summaries: Summary) -> Comparison:
    first, second = sorted(summaries, key=lambda summary: summary.pk)
    return Comparison(
        study=study,
        document_id=first.document_id,
        query_id=first.query_id,
        summary_a=first,
        summary_b=second,
        quota=quota,
        shuffle=shuffle_number(study, first.pk, second.pk),
        place=shuffle_number(study, first.document_id),
    )


def shuffle_number(study: Study, *of: int) -> int:
    """Return a fixed pseudo-random number, so that the order of documents and of comparisons is chosen by nobody."""
    digest = hashlib.sha256(":".join(map(str, (study.seed, study.public_id, *of))).encode()).digest()
    return int.from_bytes(digest[:3], "big")
