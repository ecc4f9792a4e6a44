"""Find what the lines of a file are about: a pair of the study, or a summary in one."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotations.models import Criterion, Study
from judges.imports.lines import OTHER, GivenLine
from judges.models import Answer
from lib.names import AmbiguousNameError, ByName
from models_runner.datasets.queries import QueryFinder, UnknownQueryError

AT_ONCE = 2_000
SWAPPED = {Answer.A: Answer.B, Answer.B: Answer.A}
Unit = tuple[int, int | None]


class NoSuchUnitError(LookupError):
    """The study has nothing of what a line is about; the message names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"field {field!r}: {message}")


@dataclass(frozen=True)
class PlacedLine:
    """A line with the keys of what it is about, and its columns seen from the pair's own a and b."""

    line: GivenLine
    criterion: int
    document: int
    comparison: int | None
    summary: int | None
    values: dict[str, object]

    @property
    def key(self) -> tuple[str, int, int | None, str, int | None, int]:
        """What there is one verdict of: judge, criterion, pair and order, or summary, and sample."""
        first = str(self.values.get("shown_first", ""))
        return self.line.judge, self.criterion, self.comparison, first, self.summary, self.line.sample


class StudyPlaces:
    """The pairs and summaries of a study, by document, query and systems."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._criteria = {criterion.key: criterion for criterion in study.criteria.all()}
        self._documents = ByName(study.dataset.documents.values_list("external_id", "pk"))
        self._queries = QueryFinder(study.dataset)
        self._systems = set(study.systems.values_list("slug", flat=True))
        self._pairs: dict[tuple[Unit, frozenset[str]], tuple[int, str]] = {}
        self._summaries: dict[tuple[Unit, str], int] = {}
        rows = study.comparisons.for_rating().values_list(
            "pk", "document_id", "query_id", "summary_a_id", "summary_b_id",
            "summary_a__run__system__slug", "summary_b__run__system__slug",
        )  # fmt: skip
        for pk, document, query, summary_a, summary_b, a, b in rows.iterator(AT_ONCE):
            unit = (document, query)
            self._pairs[unit, frozenset((a, b))] = (pk, a)
            self._summaries[unit, a], self._summaries[unit, b] = summary_a, summary_b

    def place(self, line: GivenLine) -> PlacedLine:
        """Return a line with what it is about. Raises NoSuchUnitError."""
        criterion, unit = self._criterion(line), self._unit(line)
        for name, slug in zip(_names(line.models), line.models, strict=True):
            if slug not in self._systems:
                known = ", ".join(sorted(self._systems))
                raise NoSuchUnitError(name, f"{slug!r} is no system of study {self._study.slug}. It has {known}.")
        if len(line.models) == 1:
            summary = self._summaries.get((unit, line.models[0]))
            if summary is None:
                raise NoSuchUnitError("document_id", self._not_compared(line))
            return PlacedLine(line, criterion.pk, unit[0], None, summary, line.values)
        found = self._pairs.get((unit, frozenset(line.models)))
        if found is None:
            raise NoSuchUnitError("document_id", self._not_compared(line))
        comparison, a = found
        values = line.values if a == line.models[0] else _swapped(line.values)
        return PlacedLine(line, criterion.pk, unit[0], comparison, None, values)

    def _criterion(self, line: GivenLine) -> Criterion:
        if not line.criterion and self._criteria:
            return next(iter(self._criteria.values()))
        if line.criterion not in self._criteria:
            asked = ", ".join(self._criteria) or "no question"
            raise NoSuchUnitError("criterion", f"is {line.criterion!r}; the study asks {asked}.")
        return self._criteria[line.criterion]

    def _unit(self, line: GivenLine) -> Unit:
        try:
            document = self._documents.find(line.document)
        except AmbiguousNameError as error:
            raise NoSuchUnitError("document_id", str(error)) from error
        if document is None:
            message = f"dataset {self._study.dataset.name} has no document {line.document!r}."
            raise NoSuchUnitError("document_id", message)
        try:
            query = self._queries.find(document, line.document, line.query, line.query_number)
        except UnknownQueryError as error:
            raise NoSuchUnitError(error.field, str(error)) from error
        return document, query.pk if query else None

    def _not_compared(self, line: GivenLine) -> str:
        return f"study {self._study.slug} compares no {' with '.join(line.models)} on document {line.document!r}."


def _names(models: Iterable[str]) -> tuple[str, ...]:
    return ("model_a", "model_b") if len(tuple(models)) == 2 else ("system",)


def _swapped(values: dict[str, object]) -> dict[str, object]:
    """Return the columns of a verdict whose a is the pair's b."""
    answer = values["answer"]
    return values | {
        "answer": SWAPPED.get(answer, answer),  # type: ignore[call-overload]
        "shown_first": OTHER[str(values["shown_first"])],
        "p_a": values["p_b"],
        "p_b": values["p_a"],
    }
