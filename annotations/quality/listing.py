"""Filter and sort the annotators on the quality page; undefined figures come last."""

from collections.abc import Callable, Iterable

from annotations.quality.report import AnnotatorQuality
from lib.names import normal_form

Rule = Callable[[AnnotatorQuality], bool]
Figure = Callable[[AnnotatorQuality], float | None]

SHOWN: dict[str, Rule] = {
    "": lambda row: True,
    "look": lambda row: bool(row.warnings),
    "out": lambda row: not row.annotator.is_included,
    "in": lambda row: row.annotator.is_included,
}
ORDERS: dict[str, Figure] = {
    "rated": lambda row: -row.rated,
    "skipped": lambda row: -row.skipped,
    "fast": lambda row: None if row.speed is None else row.speed.median_seconds,
    "agreement": lambda row: None if row.agreement is None else row.agreement.value,
    "reliability": lambda row: None if row.reliability is None else row.reliability.value,
    "gold": lambda row: row.gold.accuracy.value,
}


def listed_annotators(
    rows: Iterable[AnnotatorQuality], *, show: str = "", order: str = "", find: str = ""
) -> list[AnnotatorQuality]:
    """Filter and sort rows.

    Args:
        show: A key of SHOWN.
        order: A key of ORDERS; "" for the order of joining.
        find: Part of the pseudonym.
    """
    rule, wanted = SHOWN[show], normal_form(find).casefold()
    listed = [row for row in rows if rule(row) and wanted in normal_form(row.annotator.pseudonym).casefold()]
    if figure := ORDERS.get(order):
        keyed = [(figure(row), row) for row in listed]
        listed = [row for _, row in sorted(keyed, key=lambda pair: (pair[0] is None, pair[0] or 0.0))]
    return listed
