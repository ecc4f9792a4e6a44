"""Which summaries are compared: the study's documents, and the pairs it asks for."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from annotations.blindness import leak_check
from annotations.evidence import work as evidence
from annotations.models import Comparison, Study, WhichDocuments, WhichPairs
from models_runner.models import Summary

Pair = frozenset[int]  # of systems


def build_comparisons(study: Study) -> int:
    """Add a comparison for every wanted pair of finished summaries that has none yet; returns how many were added."""
    by_unit = newest_summaries(study)
    # Gold and training pairs among them, which left the rating pairs for good; an attention check is no pair of these.
    known = {
        (document, query, frozenset(pair))
        for document, query, *pair in study.comparisons.exclude(control_item__attention=True).values_list(
            "document_id", "query_id", "summary_a__run__system", "summary_b__run__system"
        )
    }
    systems = list(study.systems.order_by("pk").values_list("pk", flat=True))
    new = []
    for (document_id, query_id), summaries in by_unit.items():
        for pair in wanted_pairs(study, systems, document_id, query_id):
            if pair <= summaries.keys() and (document_id, query_id, pair) not in known:
                new.append(_comparison(study, *(summaries[system] for system in pair)))
    Comparison.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    if new:
        evidence.announce_evidence()
        leak_check.announce_leak_check()
    return len(new)


def newest_summaries(study: Study) -> dict[tuple[int, int | None], dict[int, Summary]]:
    """By document and query, then by system, what may be compared."""
    by_unit: dict[tuple[int, int | None], dict[int, Summary]] = defaultdict(dict)
    for summary in comparable_summaries(study):
        # Rows come oldest first: of a system's summaries of one document the newest run's counts.
        by_unit[(summary.document_id, summary.query_id)][summary.run.system_id] = summary
    return by_unit


def comparable_summaries(study: Study) -> Iterable[Summary]:
    """Finished, non-empty summaries by the study's systems of its documents; texts not loaded."""
    found = (
        Summary.objects.done()
        .exclude(text="")
        .filter(run__system__in=study.systems.all(), run__dataset=study.dataset_id, run__instruction=study.instruction)
    )
    if study.which_documents != WhichDocuments.ALL:
        found = found.filter(document__in=study.documents.all())
    rows = found.select_related("run").only("pk", "document_id", "query_id", "run__system_id")
    return rows.order_by("run__created_at", "run_id", "pk")


def wanted_pairs(study: Study, systems: Iterable[int], document_id: int, query_id: int | None) -> list[Pair]:
    """The pairs of systems to compare on this document, whether their summaries exist yet or not."""
    pairs = [frozenset(pair) for pair in combinations(sorted(systems), 2)]
    if study.which_pairs == WhichPairs.ANCHOR:
        return [pair for pair in pairs if study.anchor_id in pair]
    if study.which_pairs == WhichPairs.SAMPLE:
        pairs.sort(key=lambda pair: shuffle_number(study, document_id, query_id or 0, *sorted(pair)))
        return pairs[: study.pairs_per_document]
    return pairs


def _comparison(study: Study, *summaries: Summary) -> Comparison:
    first, second = sorted(summaries, key=lambda summary: summary.pk)
    return Comparison(
        study=study,
        document_id=first.document_id,
        query_id=first.query_id,
        summary_a=first,
        summary_b=second,
        quota=study.quota,
        shuffle=shuffle_number(study, first.pk, second.pk),
    )


def shuffle_number(study: Study, *of: int) -> int:
    """A fixed number without order: comparisons of a document come in an order nobody can read a system from."""
    digest = hashlib.sha256(":".join(map(str, (study.seed, study.public_id, *of))).encode()).digest()
    return int.from_bytes(digest[:3], "big")
