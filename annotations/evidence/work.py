"""Finding evidence in the background, document by document, so that a transcript is read once for all its summaries.

The work is what is missing: a summary in a comparison without evidence of the current method. Messages only say that
there is some; each worker that takes one up tells the next, and the sweep tells again where a message was lost.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.counts.pairs_stamp import pairs_stamp
from annotations.evidence.foreign import foreign_rows, foreign_sides, foreign_wanting, save_foreign
from annotations.models import Comparison, EvidenceJob, ForeignEvidence, Study, StudyReport, SummaryEvidence
from annotations.models.evidence import EvidenceJobQuerySet
from jobs.leases import lease_time
from jobs.messages import announce
from jobs.nothing_left import NothingLeft
from jobs.registry import Swept
from jobs.working import work_on_held
from models_runner.models import Document, Summary

CANDIDATES = 20
_nothing_left = NothingLeft()


def summaries_wanting() -> QuerySet[Summary]:
    """Summaries that some study, not yet closed, compares, and that have no evidence by the method of this release."""
    compared = Comparison.objects.exclude(study__status=Study.Status.CLOSED)
    in_a_pair = Q(Exists(compared.filter(summary_a=OuterRef("pk")))) | Q(
        Exists(compared.filter(summary_b=OuterRef("pk")))
    )
    current = SummaryEvidence.objects.current().filter(summary=OuterRef("pk"))
    return Summary.objects.done().exclude(text="").filter(in_a_pair).filter(~Exists(current))


def waiting_documents() -> QuerySet[Document]:
    """Documents with such summaries that nobody works on and nobody has given up.

    Each is looked at by itself, in their order, so that the first few cost little however many there are.
    """
    unavailable = EvidenceJob.objects.unavailable().filter(document=OuterRef("pk"))
    own, (of_a, of_b) = summaries_wanting(), foreign_sides()
    wanting = Q(Exists(own.filter(document=OuterRef("pk"))))
    wanting |= Q(Exists(of_a.filter(document=OuterRef("pk")))) | Q(Exists(of_b.filter(document=OuterRef("pk"))))
    return Document.objects.filter(wanting, ~Exists(unavailable)).order_by("pk")


@dataclass(frozen=True)
class EvidenceProgress:
    """Summaries a study compares, those with evidence, and why it was not found in some documents."""

    wanted: int
    found: int
    reasons: list[str]


def evidence_progress(study: Study) -> EvidenceProgress:
    # Each summary is looked up in the indexes of pairs. With two INs in place of these, PostgreSQL gathers all pairs
    # anew for every summary where their keys do not fit its memory: hours in a study of a million pairs.
    pairs = Comparison.objects.filter(study=study).order_by()
    in_a_pair = Exists(pairs.filter(summary_a=OuterRef("pk"))) | Exists(pairs.filter(summary_b=OuterRef("pk")))
    compared = Summary.objects.filter(Q(in_a_pair), run__dataset=study.dataset_id)
    found = SummaryEvidence.objects.current().filter(summary=OuterRef("pk"))
    counts = compared.aggregate(wanted=Count("pk"), found=Count("pk", filter=Exists(found)))
    failed = EvidenceJob.objects.exclude(failure_reason="").filter(Exists(pairs.filter(document=OuterRef("document"))))
    return EvidenceProgress(
        **counts, reasons=list(failed.order_by("failure_reason").values_list("failure_reason", flat=True).distinct())
    )


def announce_evidence() -> None:
    """Tell the workers, once the rows are committed, that there is work."""
    announce("annotations.tasks.find_evidence")


def work_on_next_document(*, owner: str) -> str:
    """Find what one document's summaries want; returns a line for the log. Harmless when called twice."""
    job = _claim(owner)
    if job is None:
        return "evidence: no document waits"
    if _first_waiting(job.document_id, 1):
        announce_evidence()  # for the next idle worker, which tells the one after it
    return work_on_held(job, _find_and_save)


def _first_waiting(after: int, number: int) -> list[int]:
    """Return the ids of documents that wait: of those behind one, or else of all, so that few are looked at twice."""
    waiting = waiting_documents().values_list("pk", flat=True)
    return list(waiting.filter(pk__gt=after)[:number]) or list(waiting[:number])


def _claim(owner: str) -> EvidenceJob | None:
    for document_id in _first_waiting(_reached(), CANDIDATES):
        if EvidenceJob.objects.claim_document(document_id, owner=owner, now=timezone.now(), lease=lease_time()):
            return EvidenceJob.objects.select_related("document__transcript").get(document=document_id)
    return None


def _reached() -> int:
    """Return the id of the document whose job was taken last by anybody; 0 where none is."""
    jobs = EvidenceJob.objects.exclude(status=EvidenceJob.Status.PENDING).order_by("-pk")
    return jobs.values_list("document", flat=True).first() or 0


def _find_and_save(job: EvidenceJob, held: EvidenceJobQuerySet) -> str:
    return f"{_save(held, job.document, _find(job.document))} summaries"


def _find(document: Document) -> list[SummaryEvidence | ForeignEvidence]:
    # What cuts and reads texts takes seconds to load; only a worker that does so needs it.
    from annotations.evidence.alignment import TranscriptIndex
    from annotations.evidence.encoder import encoder_for, signature

    summaries = list(summaries_wanting().filter(document=document).only("pk", "text").order_by("pk"))
    foreign = foreign_wanting(document.pk)
    if not (summaries or foreign):
        return []
    transcript = TranscriptIndex(document.transcript.turns, document.language, encoder_for(document.language))
    method = signature(document.language)

    def spans(text: str) -> list[dict[str, Any]]:
        return [
            {"start": s.start, "end": s.end, "turns": [{"number": t.turn, "score": t.score} for t in s.support]}
            for s in transcript.support(text)
        ]

    return [
        *(SummaryEvidence(summary=summary, signature=method, spans=spans(summary.text)) for summary in summaries),
        *foreign_rows(document.pk, foreign, spans, method),
    ]


def _save(held: EvidenceJobQuerySet, document: Document, rows: list[SummaryEvidence | ForeignEvidence]) -> int:
    """All of a document's rows or none; none where the job was lost to another worker meanwhile."""
    with transaction.atomic():
        if not held.finish():
            return 0
        SummaryEvidence.objects.bulk_create(
            [row for row in rows if isinstance(row, SummaryEvidence)],
            update_conflicts=True,
            unique_fields=["summary"],
            update_fields=["spans", "signature", "created_at"],
        )
        save_foreign([row for row in rows if isinstance(row, ForeignEvidence)])
        if rows:
            StudyReport.objects.of_document(document).note_additions()
    return len(rows)


def sweep_evidence(*, starting: bool = False) -> Swept:
    """Free what ended workers hold, and tell the workers where work waits and nobody does any.

    starting: a worker starts, which may have what was missing before; what failed with a reason is tried again.
    """
    freed = EvidenceJob.objects.free_stale(timezone.now())
    if starting:
        failed = EvidenceJob.objects.filter(status__in=[EvidenceJob.Status.PENDING, EvidenceJob.Status.FAILED])
        failed.exclude(failure_reason__in=["", EvidenceJob.WORKER_ENDED]).put_back(attempts=0)
    if freed or starting:
        NothingLeft.forget()
    under_work = EvidenceJob.objects.running().exists()
    if (starting or not under_work) and not _nothing_left.holds(pairs_stamp(), waiting_documents().exists):
        announce_evidence()
        return Swept(freed, 1)
    return Swept(freed)
