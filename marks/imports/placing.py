"""Find the summaries that marks of a file are about, and hold each mark against what stands there."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from annotations.models import Study
from lib.names import AmbiguousNameError, ByName
from marks.imports.factgenie import PLACE
from marks.imports.reading import GivenMark
from marks.models import text_hash
from models_runner.datasets.queries import QueryFinder, UnknownQueryError
from models_runner.models import Summary

AT_ONCE = 2_000
KEPT_UNITS = 100
Unit = tuple[int, int | None]


class NoSuchPlaceError(LookupError):
    """The study has nothing of what a line is about; the message names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"field {field!r}: {message}")


class StoredText(NamedTuple):
    text: str
    sha256: str


class PlacedMark(NamedTuple):
    """A mark with the summary it is about; text is what stands there."""

    given: GivenMark
    unit: Unit
    summary: int
    text: str
    text_sha256: str


class StudySummaries:
    """The summaries that a study compares, and the newest of its other systems' and documents', by what they are of."""

    def __init__(self, study: Study) -> None:
        self._study = study
        documents = study.dataset.documents.order_by("position", "pk")
        self._in_order = list(documents.values_list("pk", flat=True))
        self._documents = ByName(documents.values_list("external_id", "pk"))
        self._queries = QueryFinder(study.dataset)
        self._systems = set(study.systems.values_list("slug", flat=True))
        self._by_unit: defaultdict[Unit, dict[str, int]] = defaultdict(dict)
        for pk, document, query, slug in _newest(study):
            self._by_unit[document, query][slug] = pk
        for pk, document, query, slug in _compared(study):
            self._by_unit[document, query][slug] = pk
        self._texts: OrderedDict[Unit, dict[int, StoredText]] = OrderedDict()
        self._named: dict[str, dict[str, list[Unit]]] = {}

    def of(self, unit: Unit) -> Mapping[str, int]:
        """Return the summaries of a document, or of a query on it, by system."""
        return self._by_unit[unit]

    def place(self, mark: GivenMark) -> PlacedMark:
        """Return a mark with its summary. Raises NoSuchPlaceError."""
        if mark.system not in self._systems:
            known = ", ".join(sorted(self._systems))
            raise NoSuchPlaceError(
                "system", f"{mark.system!r} is no system of study {self._study.slug}. It has {known}."
            )
        unit = self._unit(mark) if mark.document else self._with_text(mark)
        summary = self._by_unit[unit].get(mark.system) if unit in self._by_unit else None
        if summary is None:
            raise NoSuchPlaceError("document_id", self._no_summary(mark))
        stored = self._stored(unit)[summary]
        text = _text_at(mark, stored)
        return PlacedMark(mark, unit, summary, text, stored.sha256)

    def _unit(self, mark: GivenMark) -> Unit:
        document = self._document(mark.document)
        try:
            query = self._queries.find(document, mark.document, mark.query, mark.query_number)
        except UnknownQueryError as error:
            raise NoSuchPlaceError(error.field, str(error)) from error
        return document, query.pk if query else None

    def _document(self, name: str) -> int:
        if name.startswith(PLACE):
            place = int(name.removeprefix(PLACE))
            if place >= len(self._in_order):
                raise NoSuchPlaceError(
                    "example_idx", f"is {place}, but the dataset has {len(self._in_order):,} documents."
                )
            return self._in_order[place]
        try:
            document = self._documents.find(name)
        except AmbiguousNameError as error:
            raise NoSuchPlaceError("document_id", str(error)) from error
        if document is None:
            raise NoSuchPlaceError("document_id", f"dataset {self._study.dataset.name} has no document {name!r}.")
        return document

    def _with_text(self, mark: GivenMark) -> Unit:
        """Return the document, or query, of which the system wrote the line's summary."""
        if mark.system not in self._named:
            by_text: defaultdict[str, list[Unit]] = defaultdict(list)
            for unit, summaries in self._by_unit.items():
                if mark.system in summaries:
                    by_text[self._stored(unit)[summaries[mark.system]].text.strip()].append(unit)
            self._named[mark.system] = by_text
        units = self._named[mark.system].get((mark.summary or "").strip(), [])
        if len(units) != 1:
            found = "wrote no such summary here" if not units else f"wrote this summary of {len(units):,} documents"
            raise NoSuchPlaceError("summary", f"{mark.system} {found}. Give the document_id.")
        return units[0]

    def _stored(self, unit: Unit) -> dict[int, StoredText]:
        if unit not in self._texts:
            rows = Summary.objects.filter(pk__in=self._by_unit[unit].values()).values_list("pk", "text")
            self._texts[unit] = {pk: StoredText(text, text_hash(text)) for pk, text in rows}
            if len(self._texts) > KEPT_UNITS:
                self._texts.popitem(last=False)
        self._texts.move_to_end(unit)
        return self._texts[unit]

    def _no_summary(self, mark: GivenMark) -> str:
        about = "" if mark.query or mark.query_number else ", and the line names no query of it"
        name = mark.document.replace(PLACE, "number ")
        return f"study {self._study.slug} has no finished summary of {name!r} by {mark.system}{about}."


def _newest(study: Study) -> Iterator[tuple[int, int, int | None, str]]:
    """Yield summaries that are done, empty ones too, the newest run's last."""
    rows = Summary.objects.done().filter(
        run__system__in=study.systems.all(), run__dataset=study.dataset_id, run__instruction=study.instruction
    )
    ordered = rows.order_by("run__created_at", "run_id", "pk")
    yield from ordered.values_list("pk", "document_id", "query_id", "run__system__slug").iterator(AT_ONCE)


def _compared(study: Study) -> Iterator[tuple[int, int, int | None, str]]:
    for side in ("summary_a", "summary_b"):
        columns = (f"{side}_id", "document_id", "query_id", f"{side}__run__system__slug")
        yield from study.comparisons.for_rating().values_list(*columns).iterator(AT_ONCE)


def _text_at(mark: GivenMark, stored: StoredText) -> str:
    """Return what stands at the mark. Raises NoSuchPlaceError where that is not what the line says."""
    if mark.summary is not None and mark.summary.strip() != stored.text.strip():
        raise NoSuchPlaceError("summary", f"is not what {mark.system} wrote here: {_cut(stored.text)!r}.")
    if mark.text_sha256 and mark.text_sha256 != stored.sha256:
        raise NoSuchPlaceError("text_sha256", "is of another text than the stored summary.")
    if mark.start is None or mark.end is None:
        return ""
    if mark.end > len(stored.text):
        raise NoSuchPlaceError("end", f"is {mark.end}, but the summary has {len(stored.text)} characters.")
    there = stored.text[mark.start : mark.end]
    if mark.text and mark.text != there:
        raise NoSuchPlaceError(
            "text", f"is {_cut(mark.text)!r}, but there stands {_cut(there)!r}{_elsewhere(mark, stored)}."
        )
    return there


def _elsewhere(mark: GivenMark, stored: StoredText) -> str:
    at = stored.text.find(mark.text)
    return f"; it stands at {at} to {at + len(mark.text)}" if at >= 0 else ""


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
