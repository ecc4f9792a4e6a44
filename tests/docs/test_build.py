"""The docs build without a fault, and what would break them is told."""

import shutil

import pytest

from tools.docs import ROOT, DocsError, sources
from tools.docs.__main__ import build
from tools.docs.pages import finish


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    place = tmp_path_factory.mktemp("docs") / "built"
    build("stamp", place)
    return place


def page(built):
    return (built / "boards" / "index.html").read_text(encoding="utf-8")


def test_the_docs_build_without_a_fault(built):
    assert (built / "index.html").is_file()
    assert (built / "CONTRIBUTING" / "index.html").is_file()
    assert (built / "search.json").is_file()
    assert (built / "built.txt").read_text() == "stamp"


def test_no_script_is_left_inside_a_page(built):
    assert "<script>" not in page(built)
    assert '<script src="../assets/javascripts/' in page(built)


def test_comments_about_blocks_are_not_in_the_built_pages(built):
    assert "not run:" not in (built / "big-models" / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def copy(tmp_path):
    """The sources, to break something in them."""
    for name in sources.INPUTS:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, target)
    (tmp_path / "LICENSE").write_text("Apache")
    shutil.copytree(ROOT / "protocols", tmp_path / "protocols")
    return tmp_path


@pytest.mark.parametrize(
    ("where", "link", "said"),
    [
        ("docs/boards.md", "[x](gone.md)", "there is no file docs/gone.md"),
        ("docs/boards.md", "[x](trust.md#gone)", "no heading of docs/trust.md has that anchor"),
        ("docs/boards.md", "![x](images/gone.png)", "there is no file docs/images/gone.png"),
        ("docs/guides/annotator.md", "[x](rating.md)", "there is no file docs/guides/rating.md"),
        ("README.md", "[x](docs/gone.md)", "there is no file docs/gone.md"),
    ],
)
def test_a_broken_link_is_told_with_its_line(copy, where, link, said):
    lines = (copy / where).read_text().splitlines()
    (copy / where).write_text("\n".join([*lines, "", f"See {link}."]))
    with pytest.raises(DocsError) as told:
        sources.lay_out(copy / "laid", copy)
    assert told.value.faults == [f"{where}:{len(lines) + 2}: links to {link.split('(')[1][:-1]}, and {said}"]


def test_links_fit_the_built_site(copy):
    text = "[c](../CONTRIBUTING.md#texts-and-languages) [r](../README.md) [l](../LICENSE) `[no](link.md)`\n"
    (copy / "docs" / "boards.md").write_text(text)
    shutil.rmtree(copy / "docs" / "guides")
    (copy / "docs" / "index.md").write_text("# Home\n")
    (copy / "README.md").write_text("# Readme\n")
    for path in (copy / "docs").glob("*.md"):
        if path.name not in ("boards.md", "index.md"):
            path.write_text("# Page\n")
    for path in (copy / "CHANGELOG.md", copy / "SECURITY.md", *(copy / "docs" / "decisions").glob("*.md")):
        path.write_text("# Page\n")
    (copy / "CONTRIBUTING.md").write_text("# C\n\n## Texts and languages\n")
    sources.lay_out(copy / "laid", copy)
    laid = (copy / "laid" / "boards.md").read_text()
    assert laid == "[c](CONTRIBUTING.md#texts-and-languages) [r](index.md) l `[no](link.md)`\n"


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="../gone/">x</a>', "../gone/ leads to no file"),
        ('<a href="#gone">x</a>', "#gone leads to no anchor of its page"),
        ('<a href="/studies/">x</a>', "/studies/ is not in the docs, and nothing is fetched from elsewhere"),
        ('<img src="https://example.org/badge.svg">', "https://example.org/badge.svg is not in the docs, and nothing is fetched from elsewhere"),
        ('<p style="color: red">x</p>', "<p style=…> is refused by the security policy"),
        ('<p onclick="x()">x</p>', "<p onclick=…> is refused by the security policy"),
    ],
)  # fmt: skip
def test_what_the_site_would_refuse_is_told(tmp_path, html, said):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text(html)
    assert finish(tmp_path) == [f"page/index.html: {said}"]


def test_links_that_lead_somewhere_are_fine(tmp_path):
    (tmp_path / "index.html").write_text(
        '<h1 id="a">x</h1><a href="#a"></a><a href="/"></a><a href="https://example.org/"></a>'
    )
    assert finish(tmp_path) == []


def test_the_fingerprint_changes_with_a_page(copy):
    before = sources.fingerprint(copy)
    (copy / "docs" / "boards.md").write_text("# Other\n")
    assert sources.fingerprint(copy) != before
