"""What the rating page shows of marks: the kinds of the study, and what stands already; sides only, no systems."""

import json
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse

from annotations.models import Assignment, Comparison, Study
from marks.kinds.library import WHOLE, WORDS, kind_help, kind_label
from marks.kinds.storing import ensure_library
from marks.marking.shown import ShownText, shown_text
from marks.models import Mark, MarkKind

# Keys that choose a kind.
DIGITS = 9


@dataclass(frozen=True)
class OfferedKind:
    key: str  # as marks.web.forms takes it
    label: str
    help_text: str
    digit: str  # on the keyboard; "" beyond the first nine


@dataclass(frozen=True)
class Panel:
    """Everything that the templates may show.

    Whether the summaries were read for errors is not there: it would tell a pair that comes again from others.

    Attributes:
        marks: A JSON list of what stands: key, side, kind, severity, and of words start, end (characters shown,
            without blanks) and text.
    """

    on_words: list[OfferedKind]
    on_the_whole: list[OfferedKind]
    marks: str
    add_url: str
    take_back_url: str
    read_url: str
    head: str = "marks/_head.html"
    panel: str = "marks/_panel.html"
    keys: str = "marks/_keys.html"


def marking_panel(assignment: Assignment) -> Panel:
    study = assignment.annotator.study
    pair = Comparison.objects.select_related("summary_a", "summary_b").get(pk=assignment.comparison_id)
    kinds = offered_kinds(study)
    return Panel(
        on_words=_offered(kinds, WORDS),
        on_the_whole=_offered(kinds, WHOLE),
        marks=json.dumps(_standing(assignment, pair, study.summary_format), ensure_ascii=False),
        **{
            f"{name}_url": reverse(address, args=[study.public_id])
            for name, address in (("add", "add-mark"), ("take_back", "take-back-mark"), ("read", "read-for-errors"))
        },
    )


def offered_kinds(study: Study) -> list[MarkKind]:
    """Return the kinds that annotators are offered; a study that has none yet gets the project's."""
    offered = study.mark_kinds.filter(asked=True)
    if kinds := list(offered):
        return kinds
    with transaction.atomic():
        ensure_library(Study.objects.select_for_update().get(pk=study.pk))
    return list(offered.all())


def _offered(kinds: list[MarkKind], about: str) -> list[OfferedKind]:
    there = [kind for kind in kinds if kind.about == about]
    return [
        OfferedKind(
            kind.key, kind_label(kind.name), kind_help(kind.name, kind.help_text), str(n) if n <= DIGITS else ""
        )
        for n, kind in enumerate(there, start=1)
    ]


def _standing(assignment: Assignment, pair: Comparison, summary_format: str) -> list[dict[str, object]]:
    texts = {summary.pk: shown_text(summary.text, summary_format) for summary in (pair.summary_a, pair.summary_b)}
    left = pair.summary_a_id if assignment.shown_left == "a" else pair.summary_b_id
    standing = Mark.objects.standing().filter(assignment=assignment).select_related("kind").order_by("pk")
    return [
        {
            "key": str(mark.client_key),
            "side": "left" if mark.summary_id == left else "right",
            "kind": mark.kind.key,
            "label": kind_label(mark.kind.name),
            "severity": mark.severity,
        }
        | _place(mark, texts[mark.summary_id])
        for mark in standing
    ]


def _place(mark: Mark, text: ShownText) -> dict[str, object]:
    shown = None if mark.start is None or mark.end is None else text.shown(mark.start, mark.end)
    return {} if shown is None else {"start": shown[0], "end": shown[1], "text": mark.text}
