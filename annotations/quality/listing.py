"""Which annotators the quality page lists, and in which order: what is undefined comes last."""

from collections.abc import Callable, Iterable

from annotations.quality.report import AnnotatorQuality

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
    "gold": lambda row: row.gold.accuracy.value,
}


def chosen(
    rows: Iterable[AnnotatorQuality], *, show: str = "", order: str = "", find: str = ""
) -> list[AnnotatorQuality]:
    """show, order: of the tables above, "" for everybody as they joined. find: a part of the pseudonym."""
    rule, wanted = SHOWN[show], find.casefold()
    found = [row for row in rows if rule(row) and wanted in row.annotator.pseudonym.casefold()]
    if figure := ORDERS.get(order):
        keyed = [(figure(row), row) for row in found]
        found = [row for _, row in sorted(keyed, key=lambda pair: (pair[0] is None, pair[0] or 0.0))]
    return found
