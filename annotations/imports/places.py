"""Find the comparisons of a study that votes of a file are about."""

from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from typing import cast

import numpy as np
from numpy.typing import NDArray

from annotations.imports.problems import Problems
from annotations.imports.ratings_file import GivenVote
from annotations.imports.vote_table import NONE, Numbers, combined, positions
from annotations.models import Study
from lib.names import AmbiguousNameError, ByName
from models_runner.datasets.queries import QueryFinder, UnknownQueryError
from models_runner.models import Summary, System

AT_ONCE = 2_000
COMPARISON = np.dtype([(name, np.int64) for name in ("pk", "document", "query", "summary_a", "summary_b")])


class NoPlaceError(LookupError):
    """The study has no such comparison; the message names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"field {field!r}: {message}")


class Places:
    """The comparisons of a study as columns, found by document, query and systems, or by the two texts.

    Attributes:
        pks: Their keys, in ascending order; the number of a comparison is its place there.
        system_a, system_b: The keys of the systems of their sides.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._systems = {slug: pk for pk, slug in study.systems.values_list("pk", "slug")}
        self._documents = ByName(study.dataset.documents.values_list("external_id", "pk"))
        self._queries = QueryFinder(study.dataset)
        rows = study.comparisons.for_rating().order_by("pk")
        columns = rows.values_list("pk", "document_id", "query_id", "summary_a_id", "summary_b_id")
        given = ((pk, document, query or 0, a, b) for pk, document, query, a, b in columns.iterator(AT_ONCE))
        self._rows = np.fromiter(given, COMPARISON)
        self.pks: Numbers = self._rows["pk"]
        self.system_a, self.system_b = self._systems_of(self._rows["summary_a"], self._rows["summary_b"])

    def _systems_of(self, *summaries: Numbers) -> list[Numbers]:
        pairs = Summary.objects.filter(run__dataset=self._study.dataset_id).order_by("pk")
        systems = np.fromiter(
            pairs.values_list("pk", "run__system_id").iterator(AT_ONCE), np.dtype([("pk", "i8"), ("system", "i8")])
        )
        return [systems["system"][positions(side, systems["pk"])] if len(side) else side for side in summaries]

    def find_all(self, votes: Sequence[GivenVote], problems: Problems) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return the numbers of the votes' comparisons, and whether a line calls a what is b there.

        A vote without a place is added to the problems, and has the number NONE.
        """
        places = np.full(len(votes), NONE, np.int64)
        sought = np.full((len(votes), 4), NONE, np.int64)
        for n, vote in enumerate(votes):
            try:
                if vote.answers is None:
                    sought[n] = self._names(vote)
                else:
                    places[n] = self._with_texts(vote, vote.answers)
            except NoPlaceError as error:
                problems.add(vote.row, lambda vote=vote, error=error: f"{vote.where}, {error}")  # type: ignore[misc]
        named = sought[:, 0] != NONE
        places[named] = self._with_names(sought[named])
        for n in np.flatnonzero(named & (places == NONE)).tolist():
            problems.add(votes[n].row, lambda vote=votes[n]: self._no_comparison(vote))  # type: ignore[misc]
        first = np.array([self._systems.get(vote.model_a, NONE) for vote in votes], np.int64)
        swapped = (places != NONE) & (self.system_a[places] != first) if len(self.pks) else places != NONE
        return places, swapped

    def _names(self, vote: GivenVote) -> tuple[int, int, int, int]:
        """Return document, query (0: none) and both systems, the smaller key first. Raises NoPlaceError."""
        a, b = self._pair(vote)
        document = self._document(vote)
        try:
            query = self._queries.find(document, vote.document, vote.query, vote.query_number)
        except UnknownQueryError as error:
            raise NoPlaceError(error.field, str(error)) from error
        return document, query.pk if query else 0, min(a, b), max(a, b)

    def _pair(self, vote: GivenVote) -> tuple[int, int]:
        for name, slug in (("model_a", vote.model_a), ("model_b", vote.model_b)):
            if slug not in self._systems:
                slugs = ", ".join(sorted(self._systems))
                raise NoPlaceError(name, f"{slug!r} is no system of study {self._study.slug}. It has {slugs}.")
        return self._systems[vote.model_a], self._systems[vote.model_b]

    def _with_names(self, sought: Numbers) -> Numbers:
        keys, order = self._by_names
        key, has_number = self._name_keys(*sought.T)
        at = positions(key, keys)
        return np.where(has_number & (at != NONE), order[at], NONE) if len(order) else at

    @cached_property
    def _by_names(self) -> tuple[Numbers, Numbers]:
        """The keys of all comparisons in ascending order, and which comparison each is of."""
        low, high = np.minimum(self.system_a, self.system_b), np.maximum(self.system_a, self.system_b)
        keys, _ = self._name_keys(self._rows["document"], self._rows["query"], low, high)
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def _name_keys(
        self, document: Numbers, query: Numbers, low: Numbers, high: Numbers
    ) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return one key for each, and whether a comparison has such a document, query and systems at all."""
        documents, queries, systems = self._vocabulary
        numbers = (
            positions(document, documents), positions(query, queries), positions(low, systems), positions(high, systems)
        )  # fmt: skip
        has_number = np.all([number != NONE for number in numbers], axis=0)
        return combined((len(queries), len(systems), len(systems)), *numbers), has_number

    @cached_property
    def _vocabulary(self) -> tuple[Numbers, Numbers, Numbers]:
        """The documents, queries and systems of all comparisons, each in ascending order."""
        return (
            np.unique(self._rows["document"]),
            np.unique(self._rows["query"]),
            np.unique(np.concatenate((self.system_a, self.system_b))),
        )

    def _document(self, vote: GivenVote) -> int:
        try:
            document = self._documents.find(vote.document)
        except AmbiguousNameError as error:
            raise NoPlaceError("document_id", str(error)) from error
        if document is None:
            message = f"dataset {self._study.dataset.name} has no document {vote.document!r}."
            raise NoPlaceError("document_id", message)
        return document

    def _no_comparison(self, vote: GivenVote) -> str:
        message = self._empty(vote, self._document(vote)) or self._not_compared(vote)
        return f"{vote.where}, {NoPlaceError('document_id', message)}"

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

    def _with_texts(self, vote: GivenVote, answers: tuple[str, str]) -> int:
        """Return the comparison of these two texts, for files of arenas that know no documents."""
        numbers, keys, order = self._by_texts
        sides = [numbers.get(_mark(pk, text), NONE) for pk, text in zip(self._pair(vote), answers, strict=True)]
        key = min(sides) * len(numbers) + max(sides)
        n_comparisons = 0 if NONE in sides else int(np.searchsorted(keys, key, "right") - np.searchsorted(keys, key))
        if n_comparisons == 1:
            return int(order[np.searchsorted(keys, key)])
        if n_comparisons:
            raise NoPlaceError(
                "conversation_a", f"{n_comparisons:,} comparisons have these texts. Add the document_id."
            )
        raise NoPlaceError(
            "conversation_a",
            f"study {self._study.slug} compares no such texts of {vote.model_a} and {vote.model_b}. Add the "
            "document_id, or import the summaries first (import_summaries).",
        )

    @cached_property
    def _by_texts(self) -> tuple[dict[bytes, int], Numbers, Numbers]:
        """A number for each text of each system; the keys of all comparisons in order, and whose each is."""
        compared = np.unique(np.concatenate((self._rows["summary_a"], self._rows["summary_b"])))
        numbers: dict[bytes, int] = {}
        of_summary = np.zeros(len(compared), np.int64)
        for begin in range(0, len(compared), AT_ONCE):
            some = compared[begin : begin + AT_ONCE].tolist()
            texts = Summary.objects.filter(pk__in=some).order_by("pk").values_list("run__system_id", "text")
            for n, (system, text) in enumerate(texts, start=begin):
                of_summary[n] = numbers.setdefault(_mark(system, text), len(numbers))
        a, b = (of_summary[positions(self._rows[side], compared)] for side in ("summary_a", "summary_b"))
        keys = np.minimum(a, b) * len(numbers) + np.maximum(a, b)
        order = np.argsort(keys, kind="stable")
        return numbers, keys[order], order

    def slugs(self, comparison: int) -> tuple[str, str]:
        """Return the systems of a comparison, a first."""
        sides = int(self.system_a[comparison]), int(self.system_b[comparison])
        slugs = dict(System.objects.filter(pk__in=sides).values_list("pk", "slug"))
        return cast(tuple[str, str], tuple(slugs[side] for side in sides))


def _mark(system: int, text: str) -> bytes:
    """Return 16 bytes in place of a text of a system, so that texts need not be kept."""
    return blake2b(f"{system} {text.strip()}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
