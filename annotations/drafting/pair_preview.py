"""The first pair of a study that is being set up, as annotators would see it: no system, no run, no database id."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Study, SummaryFormat
from annotations.rating.page import ASKED_FOR, AnswerChoice, choices_of
from annotations.studies.scope import scope_documents
from annotations.studies.setup import NewStudy, OwnCriterion
from lib.markup.plain import plain_text
from models_runner.models import Document, InstructionKind, Summary

# Documents that are looked at for the first one with two summaries.
LOOKED_AT = 200


@dataclass(frozen=True)
class PairPreview:
    """What annotators would see of a pair; the transcript stands beside it on their page."""

    heading: str
    document_title: str
    language: str
    task: str
    turns: int
    summary_format: str
    left: str
    right: str
    questions: Sequence[OwnCriterion]
    choices: Sequence[AnswerChoice]
    comments: str


def preview_pair(wanted: NewStudy) -> PairPreview | None:
    """Return the first document's first pair, that of the systems in question where there is one; None without a pair.

    Raises:
        StudySetupError: The documents make no study.
    """
    documents = scope_documents(wanted.dataset, wanted.stored_scope)[1]
    first = sorted(documents[:LOOKED_AT], key=lambda document: document.position)
    summaries = _summaries(wanted, [document.pk for document in first])
    for document in first:
        there = summaries.get(document.pk, {})
        named = [system.pk for system in (wanted.small_system, wanted.large_system) if system is not None]
        pair = [key for key in dict.fromkeys([*named, *sorted(there)]) if key in there]
        if len(pair) > 1:
            # The side says nothing about the system here either.
            left, right = sorted(pair[:2], key=lambda key: there[key].pk, reverse=wanted.stored_scope.seed % 2 == 0)
            return _preview(wanted, wanted.row(), document, there[left], there[right])
    return None


def _summaries(wanted: NewStudy, documents: list[int]) -> dict[int, dict[int, Summary]]:
    """Return the newest summary by document and system, of one query where they answer queries."""
    by_document: dict[int, dict[int, Summary]] = {}
    queries: dict[int, int | None] = {}
    rows = (
        Summary.objects.done()
        .exclude(text="")
        .filter(document__in=documents, run__instruction=wanted.instruction)
        .filter(run__dataset=wanted.dataset, run__system__in=[system.pk for system in wanted.systems])
        .select_related("run", "query")
        .order_by("query__position", "run__created_at", "pk")
    )
    for summary in rows:
        if queries.setdefault(summary.document_id, summary.query_id) == summary.query_id:
            by_document.setdefault(summary.document_id, {})[summary.run.system_id] = summary
    return by_document


def _preview(wanted: NewStudy, study: Study, document: Document, left: Summary, right: Summary) -> PairPreview:
    plain = study.summary_format == SummaryFormat.PLAIN
    texts = [plain_text(summary.text) if plain else summary.text for summary in (left, right)]
    return PairPreview(
        heading=study.heading,
        document_title=document.title,
        language=document.language,
        task=left.query.text if left.query else ASKED_FOR[InstructionKind(wanted.instruction)],
        turns=len(document.transcript.turns),
        summary_format=study.summary_format,
        left=texts[0],
        right=texts[1],
        questions=wanted.questions,
        choices=choices_of(study),
        comments=study.comments,
    )
