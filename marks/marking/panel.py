"""What the rating page shows of marks: the kinds of the study, and what stands already; sides only, no systems."""

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.urls import reverse

from annotations.models import AskMarks, Assignment, Comparison, Study
from marks.kinds.library import WHOLE, WORDS, kind_help, kind_label
from marks.kinds.storing import ensure_library
from marks.marking.places import as_read
from marks.marking.required import lacking_summaries
from marks.marking.shown import shown_text
from marks.models import Mark, MarkKind, NoErrorFound

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
        standing: The same, for the forms without JavaScript.
        required: A summary that loses needs a mark, or the word that there is none to make.
        none_found: The sides, with a space between, of which that was said.
        lacking: The sides that lose by the stored answers and have neither.
    """

    on_words: list[OfferedKind]
    on_the_whole: list[OfferedKind]
    marks: str
    standing: list[dict[str, object]]
    required: bool
    none_found: str
    lacking: list[str]
    add_url: str
    take_back_url: str
    read_url: str
    no_error_url: str
    head: str = "marks/_head.html"
    panel: str = "marks/_panel.html"
    keys: str = "marks/_keys.html"
    # For the forms without JavaScript.
    fresh_key: UUID = field(default_factory=uuid4, compare=False)


def marking_panel(assignment: Assignment) -> Panel:
    study = assignment.annotator.study
    pair = Comparison.objects.select_related("summary_a", "summary_b").get(pk=assignment.comparison_id)
    kinds, standing = offered_kinds(study), _standing(assignment, pair, study.summary_format)
    required = study.ask_marks == AskMarks.REQUIRED
    none_found = NoErrorFound.objects.filter(assignment=assignment) if required else NoErrorFound.objects.none()
    return Panel(
        on_words=_offered(kinds, WORDS),
        on_the_whole=_offered(kinds, WHOLE),
        marks=json.dumps(standing, ensure_ascii=False),
        standing=[mark | {"back_key": uuid5(UUID(str(mark["key"])), "take back")} for mark in standing],
        required=required,
        none_found=" ".join(sides_of(assignment, pair, set(none_found.values_list("summary_id", flat=True)))),
        lacking=sides_of(assignment, pair, lacking_summaries(assignment)) if required else [],
        add_url=reverse("add-mark", args=[study.public_id]),
        take_back_url=reverse("take-back-mark", args=[study.public_id]),
        read_url=reverse("read-for-errors", args=[study.public_id]),
        no_error_url=reverse("no-error-to-mark", args=[study.public_id]),
    )


def sides_of(assignment: Assignment, pair: Comparison, summaries: set[int]) -> list[str]:
    """Return the sides, left first, on which these summaries are shown."""
    shown = {"a": pair.summary_a_id, "b": pair.summary_b_id}
    sides = {"left": shown[assignment.shown_left], "right": shown[assignment.shown_right]}
    return [side for side, summary in sides.items() if summary in summaries]


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
    texts = {summary.pk: summary.text for summary in (pair.summary_a, pair.summary_b)}
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
        | _place(mark, texts[mark.summary_id], summary_format)
        for mark in standing
    ]


def _place(mark: Mark, text: str, summary_format: str) -> dict[str, object]:
    if mark.start is None or mark.end is None:
        return {}
    shown = shown_text(text, summary_format).shown(mark.start, mark.end)
    words = as_read(text, summary_format, mark.start, mark.end)[2]
    return {} if shown is None else {"start": shown[0], "end": shown[1], "text": words}
