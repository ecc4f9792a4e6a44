"""Collect what a fine-tuning learns from: its documents' references, with the instructions that a run would use."""

from models_runner.adapters.protocol import SummaryRequest
from models_runner.datasets.instructions import instruction_text, sync_version, texts_of
from models_runner.datasets.references import fitting_references
from models_runner.finetune.examples import TrainingPair
from models_runner.models import Document, FineTuning, InstructionKind, Query

LENGTHS = (InstructionKind.LONG, InstructionKind.MEDIUM, InstructionKind.SHORT)


def training_pairs(job: FineTuning, role: str) -> list[TrainingPair]:
    """Return a pair for each fitting reference, document by document.

    With the instruction "all", a reference written for no particular length is used for medium only: the same answer to
    three lengths would teach the model to ignore the length.
    """
    documents = list(
        Document.objects.filter(trainings__finetuning=job, trainings__role=role)
        .select_related("transcript")
        .order_by("position")
    )
    if job.instruction == FineTuning.Lengths.ALL:
        return [pair for kind in LENGTHS for pair in _pairs(documents, kind, exact=kind != InstructionKind.MEDIUM)]
    return _pairs(documents, job.instruction, exact=False)


def _pairs(documents: list[Document], kind: str, *, exact: bool) -> list[TrainingPair]:
    wording = texts_of(kind, sync_version(kind))
    references = fitting_references([d.pk for d in documents], kind, exact=exact)
    queries = dict(Query.objects.filter(document__in=documents).values_list("pk", "text")) if kind == "query" else {}
    return [
        TrainingPair(
            SummaryRequest(
                document_id=document.external_id,
                turns=document.transcript.turns,
                language=document.language,
                instruction=instruction_text(wording, document.language, queries.get(query, "") if query else ""),
                kind=kind,
            ),
            text,
        )
        for document in documents
        for (of, query), texts in references.items()
        if of == document.pk
        for text in texts
    ]
