"""Find the comparison of a study that a vote of a file is about."""

from collections import defaultdict
from functools import cached_property

from annotations.imports.ratings_file import GivenVote
from annotations.models import Comparison, Study
from lib.names import AmbiguousNameError, ByName
from models_runner.datasets.queries import QueryFinder, UnknownQueryError
from models_runner.models import Summary

Texts = frozenset[tuple[str, str]]  # (system, text) of both sides


class NoPlaceError(LookupError):
    """The study has no such comparison; the message names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"field {field!r}: {message}")


class Places:
    """The comparisons of a study, by document, query and systems, or by the two texts."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._systems = set(study.systems.values_list("slug", flat=True))
        self._documents = ByName(study.dataset.documents.values_list("external_id", "pk"))
        self._queries = QueryFinder(study.dataset)
        rows = study.comparisons.for_rating().select_related("summary_a__run__system", "summary_b__run__system")
        self._comparisons = {
            (comparison.document_id, comparison.query_id, _pair(comparison)): comparison
            for comparison in rows.defer("summary_a__text", "summary_b__text")
        }

    def find(self, vote: GivenVote) -> Comparison:
        """Return the comparison of a vote. Raises NoPlaceError."""
        for name, slug in (("model_a", vote.model_a), ("model_b", vote.model_b)):
            if slug not in self._systems:
                known = ", ".join(sorted(self._systems))
                raise NoPlaceError(name, f"{slug!r} is no system of study {self._study.slug}. It has {known}.")
        if vote.answers is not None:
            return self._with_texts(vote, vote.answers)
        document = self._document(vote)
        try:
            query = self._queries.find(document, vote.document, vote.query, vote.query_number)
        except UnknownQueryError as error:
            raise NoPlaceError(error.field, str(error)) from error
        pair = frozenset((vote.model_a, vote.model_b))
        comparison = self._comparisons.get((document, query.pk if query else None, pair))
        if comparison is None:
            raise NoPlaceError("document_id", self._empty(vote, document) or self._not_compared(vote))
        return comparison

    def _document(self, vote: GivenVote) -> int:
        try:
            document = self._documents.find(vote.document)
        except AmbiguousNameError as error:
            raise NoPlaceError("document_id", str(error)) from error
        if document is None:
            message = f"dataset {self._study.dataset.name} has no document {vote.document!r}."
            raise NoPlaceError("document_id", message)
        return document

    def _empty(self, vote: GivenVote, document: int) -> str:
        """Say which of the two summaries is there and has no text, since such a one is compared with nothing."""
        written = Summary.objects.done().filter(document=document, run__instruction=self._study.instruction)
        of_both = written.filter(run__system__slug__in=(vote.model_a, vote.model_b), text="")
        empty = " and ".join(sorted(set(of_both.values_list("run__system__slug", flat=True))))
        if not empty:
            return ""
        return f"the summary of {vote.document!r} by {empty} is empty, and an empty summary is never compared."

    def _not_compared(self, vote: GivenVote) -> str:
        about = "" if vote.query or vote.query_number else ", and the line names no query of it"
        return (
            f"study {self._study.slug} does not compare {vote.model_a} and {vote.model_b} on {vote.document!r}{about}. "
            "Import the summaries of both first (import_summaries)."
        )

    def _with_texts(self, vote: GivenVote, answers: tuple[str, str]) -> Comparison:
        """Return the comparison of these two texts, for files of arenas that know no documents."""
        a, b = answers
        found = self._by_texts.get(frozenset(((vote.model_a, a.strip()), (vote.model_b, b.strip()))), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise NoPlaceError("conversation_a", f"{len(found)} comparisons have these texts. Add the document_id.")
        raise NoPlaceError(
            "conversation_a",
            f"study {self._study.slug} compares no such texts of {vote.model_a} and {vote.model_b}. Add the "
            "document_id, or import the summaries first (import_summaries).",
        )

    @cached_property
    def _by_texts(self) -> dict[Texts, list[Comparison]]:
        comparisons = list(self._comparisons.values())
        wanted = [pk for c in comparisons for pk in (c.summary_a_id, c.summary_b_id)]
        texts: dict[int, str] = {}
        for begin in range(0, len(wanted), 500):
            texts.update(Summary.objects.filter(pk__in=wanted[begin : begin + 500]).values_list("pk", "text"))
        found: dict[Texts, list[Comparison]] = defaultdict(list)
        for comparison in comparisons:
            a, b = comparison.summary_a, comparison.summary_b
            sides = ((a.run.system.slug, texts[a.pk].strip()), (b.run.system.slug, texts[b.pk].strip()))
            found[frozenset(sides)].append(comparison)
        return found


def _pair(comparison: Comparison) -> frozenset[str]:
    return frozenset((comparison.summary_a.run.system.slug, comparison.summary_b.run.system.slug))
