"""Every page of the site, on a desk, zoomed and on a phone: no rule is broken, and nothing is out of reach.

Each is loaded once; its theme and its language are those of its place in the list, and the phone has the other theme.
All views of every page: `python -m tools.accessibility`.
"""

import pytest

from annotations.quality.report import AnnotatorQuality
from leaderboards.presentation.charts.script import make_script
from tests.addresses import TABLE
from tools.accessibility.checks import ZOOMED, cut_off, violations
from tools.accessibility.site import NO_PAGES, fill_site
from tools.accessibility.views import VIEWS
from tools.accessibility.visiting import Visitors, look_once

pytestmark = pytest.mark.browser


@pytest.fixture
def visitors(chromium, live_server, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(AnnotatorQuality, "warnings", ["much faster than the others"])
    settings.PUBLIC_BOARDS = True
    settings.DATA_DIR = tmp_path
    make_script()
    contexts = []

    def new_context(**options):
        contexts.append(chromium.new_context(**options))
        return contexts[-1]

    yield Visitors(new_context, live_server.url, fill_site())
    for context in contexts:
        context.close()


@pytest.mark.once
@pytest.mark.timeout(900)  # a hundred and fifty pages
@pytest.mark.django_db(transaction=True)
def test_every_page_is_accessible_zoomed_and_on_a_phone(visitors):
    places = visitors.site.places
    pages = {name for name, (method, _) in TABLE.items() if method == "GET"} - NO_PAGES
    assert pages <= {place.name for place in places}
    found = {}
    for number, place in enumerate(places):
        for fault in look_once(visitors, place, VIEWS[number % len(VIEWS)]):
            found[f"{place.name} {place.address}: {fault.what}"] = fault.where
    assert not found, "\n".join(f"{what} ({where})" for what, where in found.items())


FAULTY = """<!doctype html><html lang="en"><title>Faulty</title><main><h1>Faulty</h1>
<p style="width: 20em; overflow: hidden; white-space: nowrap">A line that goes on far beyond the box that it stands in, and further</p>
<div style="overflow-x: auto; width: 10em"><p style="width: 30em">Nobody scrolls here without a mouse.</p></div>
<button id="below">Below</button><div style="position: absolute; inset: 0; top: 100px; background: #fff"></div>
<button id="outside" style="position: absolute; top: 0; left: 700px">Outside</button>
<select style="width: 6em"><option>Short</option><option selected>A choice that nobody can read to its end</option></select>
<button id="fixed" style="position: fixed; top: 0; left: 700px">Fixed</button></main>"""


def test_what_is_cut_off_is_found(chromium):
    page = chromium.new_page()
    page.set_content(FAULTY)
    found = [fault.split(":")[0] for fault in cut_off(page, ZOOMED)]
    page.close()
    expected = [
        "the page is",
        "text cut off",
        "no key scrolls",
        "covered",
        "outside the window",
        "sticks out",
        "choice cut off",
    ]
    assert all(any(fault.startswith(kind) for fault in found) for kind in expected), found


PALE = """<!doctype html><html lang="en"><title>Pale</title><main style="background: #fff"><h1 style="color: #777">Pale</h1>
<p style="color: #999">Too pale on white.</p><p style="color: #999; background: #000">Bright on black.</p>
<p style="color: #999; opacity: 0.9">Paler still.</p><p style="color: #333">Dark on white.</p>
<div style="background: #000"><p style="color: #333">Dark on black.</p></div></main>"""


def test_words_without_contrast_are_found(chromium):
    """Though each colour is read once: the same one is right on one ground and wrong on another."""
    page = chromium.new_page()
    page.set_content(PALE)
    (light,) = violations(page, ["color-contrast"])
    page.add_style_tag(content="main { background: #000 !important }")
    (dark,) = violations(page, ["color-contrast"])
    page.close()
    assert [words(node) for node in light["nodes"]] == ["Too pale on white.", "Paler still.", "Dark on black."]
    assert [words(node) for node in dark["nodes"]] == ["Dark on white.", "Dark on black."]


def words(node):
    return node["html"].partition(">")[2].partition("<")[0]


CHINESE = """<!doctype html><html lang="zh-hans"><title>语言</title><main><h1>语言</h1>
<p>没有投票。 还没有评分。</p><p>语言 (两份文档)</p><p>阅读这些投票.</p><p>左边, 右边</p>
<p>没有投票。还没有评分（两份文档）。系统：a.b, c</p></main>"""


def test_marks_of_another_language_are_found(chromium):
    page = chromium.new_page()
    page.set_content(CHINESE)
    found = [fault for fault in cut_off(page, ZOOMED) if fault.startswith("marks of another language")]
    page.set_content(CHINESE.replace("zh-hans", "en"))
    none = cut_off(page, ZOOMED)
    page.close()
    assert [fault.partition(": ")[2] for fault in found] == [
        "没有投票。 还没有评分。",
        "语言 (两份文档)",
        "阅读这些投票.",
        "左边, 右边",
    ]
    assert none == []
