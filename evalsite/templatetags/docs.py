"""Addresses in the docs: what explains the page that is open, and the guide for those who rate."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import get_language

register = template.Library()

HOME = ""
STUDY, QUALITY = "studies.md#setting-it-up", "studies.md#whether-raters-can-be-trusted"
# By name of the page: the place in docs/ that explains it. tests/docs/test_links.py holds that each is there.
EXPLAINS = {
    "home": "guides/researcher.md",
    "datasets": "importing.md",
    "dataset": "importing.md",
    "import_meetings": "importing.md#formats",
    "import_draft": "importing.md#how-a-transcript-becomes-turns",
    "document": "importing.md#how-a-transcript-becomes-turns",
    "systems": "adapters.md",
    "system": "adapters.md",
    "new_system": "adapters.md",
    "trial": "adapters.md",
    "runs": "faults.md",
    "run": "faults.md",
    "summary": "faults.md",
    "finetunings": "finetuning.md",
    "finetuning": "finetuning.md",
    "studies": "studies.md",
    "new-study": STUDY,
    "study": "studies.md",
    "study-settings": "studies.md#what-may-change-when",
    "study-people": "studies.md#inviting-people",
    "study-asking": "studies.md#inviting-people",
    "study-pairs": QUALITY,
    "pair": QUALITY,
    "study-quality": QUALITY,
    "annotator": "rater-statistics.md",
    "disagreements": QUALITY,
    "study-gold": "studies.md#gold-and-training",
    "choose-gold": "studies.md#gold-and-training",
    "make-gold": "studies.md#gold-and-training",
    "study-remarks": "studies.md#what-annotators-say",
    "board": "boards.md#the-answer",
    "board-differences": "boards.md#which-systems-differ",
    "board-wins": "boards.md#what-it-shows",
    "small-versus-large": "small-versus-large.md",
    "errors": "marks.md#what-marks-say",
    "trust": "trust.md#trust",
    "trust-votes": "trust.md#trust",
    "combined": "trust.md#human-automatic",
    "planning": "small-versus-large.md#how-many-votes-it-takes",
    "figures": "figures.md",
    "exports": "data-formats.md#votes",
    "study-releases": "releases.md",
    "releases": "releases.md",
    "release": "releases.md#contents",
    "api-docs": "api.md",
    "api-tokens": "api.md#tokens",
}
ANNOTATOR_GUIDES = {"en": "guides/annotator.md", "zh-hans": "guides/annotator.zh.md"}


def address(place: str) -> str:
    """The address of a place in docs/, such as "boards.md#the-answer"."""
    page, _, anchor = place.partition("#")
    if not page:
        return reverse("docs")
    return reverse("docs", args=[page.removesuffix(".md") + "/"]) + (f"#{anchor}" if anchor else "")


@register.simple_tag
def docs_address(place: str = HOME) -> str:
    return address(place)


@register.simple_tag(takes_context=True)
def help_address(context: dict[str, Any]) -> str:
    """What explains the page that is open, or the first page of the docs."""
    match = getattr(context.get("request"), "resolver_match", None)
    return address(EXPLAINS.get(match.url_name if match else "", HOME))


@register.simple_tag
def annotator_guide() -> str:
    """The guide for those who rate, in their language where there is one."""
    return address(ANNOTATOR_GUIDES.get(get_language() or "en", ANNOTATOR_GUIDES["en"]))
