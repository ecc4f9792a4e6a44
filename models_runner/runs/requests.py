"""What adapters are asked: the record of a system, and the requests of a run's summaries."""

from collections.abc import Sequence

from django.conf import settings

from models_runner.adapters.protocol import SummaryRequest, SystemSpec
from models_runner.datasets.instructions import instruction_text, texts_of
from models_runner.datasets.references import fitting_references
from models_runner.models import Run, Summary, System


def adapter_spec(system: System) -> SystemSpec:
    return SystemSpec(
        slug=system.slug,
        model_id=system.model_id,
        revision=system.revision,
        context_window=system.context_window,
        prompt_template=system.prompt_template,
        decoding=system.decoding,
        long_input=system.long_input,
        engine={"threads": settings.GENERATION_THREADS} | system.engine,
        price=system.price,
    )


def summary_requests(run: Run, summaries: Sequence[Summary]) -> list[SummaryRequest]:
    references = fitting_references([s.document_id for s in summaries], run.instruction)
    wording = texts_of(run.instruction, run.instruction_version)
    return [
        SummaryRequest(
            document_id=s.document.external_id,
            turns=s.document.transcript.turns,
            language=s.document.language,
            instruction=instruction_text(wording, s.document.language, s.query.text if s.query else ""),
            kind=run.instruction,
            references=tuple(references.get((s.document_id, s.query_id), ())),
        )
        for s in summaries
    ]
