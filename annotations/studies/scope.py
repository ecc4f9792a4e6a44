"""Which documents and which pairs of systems a study compares."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from annotations.models import WhichDocuments, WhichPairs
from annotations.studies.checks import StudySetupError, check_sizes
from lib.names import AmbiguousNameError, ByName
from models_runner.models import Dataset, Document, System


@dataclass(frozen=True)
class StudyScope:
    """Which documents and which pairs of systems a study compares.

    Attributes:
        split: Split of the dataset; "" for all.
        sample: How many documents to draw by the seed; None for all. Not together with chosen.
        chosen: External ids of documents; empty for all.
        seed: Draws documents and pairs.
        anchor: Compare this system with each other one only. Not together with pairs_per_document.
        pairs_per_document: How many pairs of each document to draw; None for all.
    """

    split: str = ""
    sample: int | None = None
    chosen: Sequence[str] = ()
    seed: int = 0
    anchor: System | None = None
    pairs_per_document: int | None = None

    @property
    def which_pairs(self) -> WhichPairs:
        if self.anchor is not None:
            return WhichPairs.ANCHOR
        return WhichPairs.SAMPLE if self.pairs_per_document is not None else WhichPairs.ALL

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields of Study that say which pairs are compared."""
        return {
            "seed": self.seed,
            "which_pairs": self.which_pairs,
            "anchor": self.anchor,
            "pairs_per_document": self.pairs_per_document,
        }


def check_scope(scope: StudyScope, systems: Sequence[System]) -> None:
    check_sizes(
        ("seed", "seed", scope.seed),
        ("pairs_per_document", "number of pairs of each document", scope.pairs_per_document),
    )
    if scope.chosen and scope.sample is not None:
        raise StudySetupError("Choose documents or draw a sample of them, not both.", "chosen")
    if scope.anchor is not None and scope.pairs_per_document is not None:
        raise StudySetupError("Compare with an anchor or draw pairs of each document, not both.", "anchor")
    if scope.anchor is not None and scope.anchor not in systems:
        raise StudySetupError(
            f"The anchor {scope.anchor.slug} is not one of the study's systems. Add it to them.", "anchor"
        )
    if scope.pairs_per_document is not None and scope.pairs_per_document < 1:
        raise StudySetupError(
            f"{scope.pairs_per_document:,} pairs of each document make no study; expected 1 or more.",
            "pairs_per_document",
        )


def scope_documents(dataset: Dataset, scope: StudyScope) -> tuple[WhichDocuments, QuerySet[Document] | list[Document]]:
    """Return the documents of a study, and whether they are fixed: those imported later join only a study of all.

    Raises:
        StudySetupError: There are no such documents.
    """
    documents = dataset.documents.order_by("position", "pk")
    if scope.split:
        documents = documents.filter(split=scope.split)
        if not documents.exists():
            raise StudySetupError(f"Dataset {dataset.name} has no documents in split {scope.split!r}.", "split")
    if scope.chosen:
        return WhichDocuments.CHOSEN, _named(dataset, documents, scope)
    if scope.sample is not None:
        return WhichDocuments.SAMPLE, _drawn(list(documents), scope)
    return (WhichDocuments.CHOSEN if scope.split else WhichDocuments.ALL), documents


def drawn_from(dataset: Dataset, scope: StudyScope) -> dict[str, Any]:
    """Return the fields of Study that say from which documents its sample is drawn; none if it draws none."""
    if scope.sample is None:
        return {}
    documents = dataset.documents.filter(split=scope.split) if scope.split else dataset.documents
    return {"drawn_from": documents.count(), "drawn_from_split": scope.split}


def _named(dataset: Dataset, documents: QuerySet[Document], scope: StudyScope) -> list[Document]:
    by_id = ByName((document.external_id, document) for document in documents)
    within = f" in split {scope.split!r}" if scope.split else ""
    named: dict[int, Document] = {}
    for name in scope.chosen:
        try:
            document = by_id.find(name)
        except AmbiguousNameError as error:
            raise StudySetupError(f"Dataset {dataset.name}: {error}", "chosen") from error
        if document is None:
            raise StudySetupError(f"Dataset {dataset.name} has no document {name!r}{within}.", "chosen")
        named[document.pk] = document
    return list(named.values())


def _drawn(documents: Sequence[Document], scope: StudyScope) -> list[Document]:
    size = scope.sample or 0
    if not 1 <= size <= len(documents):
        raise StudySetupError(f"A sample of {size:,} documents cannot be drawn from {len(documents):,}.", "sample")
    return random.Random(f"documents:{scope.seed}").sample(documents, size)  # noqa: S311  (reproducible, no secret)
