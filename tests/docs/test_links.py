"""What links into the docs: pages of the site, and the guide for those who rate."""

import re

import pytest

from evalsite.templatetags.docs import ANNOTATOR_GUIDES, EXPLAINS, address
from tools.docs import ROOT, sources

TEMPLATES = sorted(path for app in ("annotations", "api", "evalsite", "leaderboards", "models_runner") for path in (ROOT / app).rglob("*.html"))  # fmt: skip
IN_TEMPLATES = {
    place for path in TEMPLATES for place in re.findall(r"""docs_address ['"]([^'"]+)['"]""", path.read_text())
}


def test_templates_link_into_the_docs():
    assert "boards.md#the-answer" in IN_TEMPLATES


@pytest.mark.parametrize("place", sorted({*EXPLAINS.values(), *ANNOTATOR_GUIDES.values(), *IN_TEMPLATES}))
def test_every_place_that_a_page_links_to_is_there(place):
    page, _, anchor = place.partition("#")
    path = ROOT / "docs" / page
    assert path.is_file()
    assert not anchor or anchor in sources.anchors(path), f"{page} has no heading #{anchor}"


def test_an_address_has_the_page_and_the_anchor():
    assert address("boards.md#the-answer") == "/docs/boards/#the-answer"
    assert address("") == "/docs/"


def test_explained_pages_are_pages_of_the_site():
    from django.urls import get_resolver

    assert set(EXPLAINS) <= {name for name in get_resolver().reverse_dict if isinstance(name, str)}
