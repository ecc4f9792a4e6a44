"""The protocol as a release has it: nothing that names hosts, places on a disk, prices, or a platform's codes."""

from collections.abc import Iterator, Mapping

from annotations.models import Study
from models_runner.models import Dataset, System
from models_runner.systems.fingerprint import released_model_id
from protocol.file.completing import NOT_RUN
from protocol.file.schema import DatasetPart, Protocol, SummariesPart, SystemPart
from protocol.file.writing import as_text
from protocol.study.contents import dataset_content
from protocol.study.export import imported_summaries, protocol_of
from protocol.study.remarks import remarks_on

# Settings of engines that say how a text comes about and can name neither a host nor a place on a disk.
ENGINE_KEPT = (
    *("method", "sentences", "slots", "batch_size", "dtype", "quantization", "attention", "reencode"),
    *("flash_attention", "prefix_cache", "preset", "limit_field", "thinking", "thinking_tokens", "system_message"),
)
# What is between a study and its people, which no release has.
UNSAID = ("consent", "completion_code", "completion_url")
UNASKED = ("questions_before", "questions_after")
LEFT_OUT = (
    "As released: without paths, addresses of servers, prices, consent text, questions about people, and codes.",
    "Fingerprints stand for what files held. The site's own file has the rest.",
)


def released_protocol(study: Study) -> str:
    """Return the text of protocol.yaml."""
    protocol = protocol_of(study)
    return as_text(released(protocol), [*remarks_on(study, protocol), "", *LEFT_OUT])


def released(protocol: Protocol) -> Protocol:
    here = {dataset.name: dataset for dataset in Dataset.objects.filter(name__in=protocol.datasets)}
    study = protocol.study.model_copy(update=dict.fromkeys(UNSAID, "") | {name: [] for name in UNASKED})
    return protocol.model_copy(
        update={
            "datasets": {name: _dataset(part, here.get(name)) for name, part in protocol.datasets.items()},
            "systems": {slug: _system(part) for slug, part in protocol.systems.items()},
            "summaries": list(_summaries(protocol, here)),
            "study": study,
        }
    )


def _dataset(part: DatasetPart, dataset: Dataset | None) -> DatasetPart:
    sources = [source.model_copy(update={"path": ""}) for source in part.sources]
    if dataset is None:
        return part.model_copy(update={"sources": sources if part.content else []})
    content = dataset_content(dataset)
    return DatasetPart(content=content.digest, documents=content.documents, sources=sources)


def _summaries(protocol: Protocol, here: Mapping[str, Dataset]) -> Iterator[SummariesPart]:
    """Yield fingerprints, one for each system whose summaries came from files."""
    slugs = [slug for slug, part in protocol.systems.items() if part.adapter == NOT_RUN]
    stored = System.objects.filter(slug__in=slugs).order_by("slug").values_list("slug", flat=True)
    dataset = here.get(protocol.study.dataset)
    if protocol.summaries and dataset is not None:
        yield from (imported_summaries(dataset, slug, protocol.study.instruction) for slug in stored)


def _system(part: SystemPart) -> SystemPart:
    engine = {name: value for name, value in part.engine.items() if name in ENGINE_KEPT}
    model_id = released_model_id(System(model_id=part.model_id))
    return part.model_copy(update={"engine": engine, "price": {}, "model_id": model_id})
