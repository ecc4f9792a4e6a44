"""How a study's documents were chosen: a row has the documents, and a file says a split, a sample or ids."""

import random
from collections.abc import Iterator, Sequence

from annotations.models import Study, WhichDocuments
from models_runner.models import Document
from protocol.file.schema import DocumentsPart


def documents_part(study: Study, planned: DocumentsPart | None) -> DocumentsPart:
    """Return the shortest words that choose exactly the study's documents; those on record, where they do."""
    if study.which_documents == WhichDocuments.ALL:
        return DocumentsPart()
    chosen = set(study.documents.values_list("external_id", flat=True))
    of_dataset = list(study.dataset.documents.order_by("position", "pk"))
    for part in _candidates(study, planned, of_dataset, len(chosen)):
        if _documents(part, study.seed, of_dataset) == chosen:
            return part
    return DocumentsPart(chosen=sorted(chosen))


def _candidates(
    study: Study, planned: DocumentsPart | None, documents: list[Document], size: int
) -> Iterator[DocumentsPart]:
    if planned is not None and planned != DocumentsPart():
        yield planned
    splits = sorted({document.split for document in documents} - {""})
    if study.which_documents == WhichDocuments.SAMPLE:
        yield from (DocumentsPart(split=split, sample=size) for split in ("", *splits))
    else:
        yield from (DocumentsPart(split=split) for split in splits)


def _documents(part: DocumentsPart, seed: int, documents: list[Document]) -> set[str]:
    within = [document for document in documents if part.split in ("", document.split)]
    if part.chosen:
        return {document.external_id for document in within} & set(part.chosen)
    if part.sample is not None:
        if part.sample > len(within):
            return set()
        within = drawn(within, part.sample, seed)
    return {document.external_id for document in within}


def drawn(documents: Sequence[Document], size: int, seed: int) -> list[Document]:
    """Draw as making a study does; a test holds the two together."""
    return random.Random(f"documents:{seed}").sample(documents, size)  # noqa: S311  (reproducible, no secret)
