"""Read annotations as factgenie writes them: one summary a line, with a list of spans.

Both its older fields (annotator_id, setup.id) and its newer ones (metadata, setup_id) are read. A file does not name
documents: example_idx is the place in the dataset, counted from 0, unless document_id is there, as in our own export.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models_runner.importing.records import Fields, RecordError

# Begins the name of a document that only its place in the dataset names; no id begins with it.
PLACE = "\ue000"


def is_factgenie(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("annotations"), list)


def factgenie_rows(value: Mapping[str, Any], where: str) -> Iterator[dict[str, Any]]:
    """Yield a row without a kind, which says who read what, and one for each span and each flag."""
    fields = Fields(value, where)
    metadata = fields.inside("metadata", value.get("metadata") or {})
    about = _about(fields, metadata)
    names = _names(metadata, "annotation_span_categories")
    found = [_span(fields, names, n, span) for n, span in enumerate(value["annotations"])]
    found += list(_flags(fields))
    yield about
    yield from (about | columns for columns in found)


def _about(fields: Fields, metadata: Fields) -> dict[str, Any]:
    value = fields.values
    setup = value.get("setup_id") or fields.inside("setup", value.get("setup") or {}).values.get("id")
    given = {name: metadata.values.get(name) or value.get(name) for name in ("document_id", "query", "query_number")}
    annotator = value.get("annotator_id") or metadata.values.get("annotator_id") or metadata.values.get("campaign_id")
    if not given["document_id"]:
        given["document_id"] = PLACE + str(_index(fields, "example_idx", value.get("example_idx")))
    about = {**given, "system": setup, "annotator": None if annotator is None else str(annotator)}
    return {name: cell for name, cell in about.items() if cell is not None}


def _span(fields: Fields, names: Sequence[str], number: int, span: Any) -> dict[str, Any]:
    within = fields.inside(f"annotations[{number + 1}]", span)
    text = within.text("text", required=True)
    start = _index(within, "start", span.get("start"))
    optional = {"severity": span.get("severity"), "comment": span.get("reason")}
    return {
        "start": start,
        "end": start + len(text),
        "text": text,
        "kind": _kind(within, names, span.get("type")),
        **{name: cell for name, cell in optional.items() if cell},
    }


def _kind(span: Fields, names: Sequence[str], kind: Any) -> str:
    if isinstance(kind, str) and kind.strip():
        return kind
    number = _index(span, "type", kind)
    if not names:
        return f"type {number}"
    if number >= len(names):
        raise span.fail("type", f"is {number}, but annotation_span_categories has {len(names)}.")
    return names[number]


def _names(metadata: Fields, name: str) -> list[str]:
    items = [item.get("name") if isinstance(item, dict) else item for item in metadata.items(name)]
    return [metadata.check_text(f"{name}[{n}]", item, required=True) for n, item in enumerate(items, 1)]


def _flags(fields: Fields) -> Iterator[dict[str, Any]]:
    """Yield what our own export writes of marks on the whole; flags of factgenie's own questions are passed over."""
    flags = fields.values.get("flags")
    for flag in flags if isinstance(flags, list) else []:
        if isinstance(flag, dict) and flag.get("value") is True and flag.get("severity"):
            columns = {"kind": flag.get("label"), "severity": flag["severity"], "comment": flag.get("reason")}
            yield {name: cell for name, cell in columns.items() if cell}


def _index(fields: Fields, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RecordError(f"{fields.where}, field {name!r}", f"is {value!r}; expected a whole number, 0 or more.")
    return value
