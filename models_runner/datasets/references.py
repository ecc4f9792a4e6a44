"""Choose the references that a summary is compared with."""

from collections.abc import Iterable

from models_runner.models import InstructionKind, Reference

Unit = tuple[int, int | None]  # (document id, query id)


def fitting_references(document_ids: Iterable[int], instruction: str, *, exact: bool = False) -> dict[Unit, list[str]]:
    """Return the references by (document, query) for summaries under this instruction, in one SQL query.

    A query has its own references. A summary of the whole meeting uses the references written for its length; if a
    document has none, it uses those written for no particular length, unless exact is true.
    """
    rows = Reference.objects.filter(document_id__in=set(document_ids)).order_by("position", "pk")
    if instruction == InstructionKind.QUERY:
        rows = rows.filter(instruction=InstructionKind.QUERY)
    else:
        rows = rows.filter(instruction__in=[instruction] if exact else [instruction, ""])
    for_this_length: dict[Unit, list[str]] = {}
    for_any_length: dict[Unit, list[str]] = {}
    for document_id, query_id, kind, text in rows.values_list("document_id", "query_id", "instruction", "text"):
        (for_this_length if kind else for_any_length).setdefault((document_id, query_id), []).append(text)
    return for_any_length | for_this_length
