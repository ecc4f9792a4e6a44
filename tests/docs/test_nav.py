"""Pages that nobody would find, and entries that lead nowhere."""

import pytest

from tools.docs.__main__ import _not_in_nav


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "zensical.toml").write_text(
        '[project]\nnav = [{ "Home" = "index.md" }, { "More" = ["guides/a.md", { "B" = ["b.md"] }] }, { "Site" = "/" }]\n'
    )
    for name in ("index.md", "guides/a.md", "b.md"):
        (tmp_path / "docs" / name).write_text("# Page\n")
    return tmp_path


def test_all_pages_listed_is_fine(folder):
    assert list(_not_in_nav(folder)) == []


def test_an_unlisted_page_is_told(folder):
    (folder / "docs" / "c.md").write_text("# C\n")
    assert list(_not_in_nav(folder)) == ["c.md is not listed; expected a line for it under nav in zensical.toml"]


def test_an_entry_without_a_page_is_told(folder):
    (folder / "docs" / "b.md").unlink()
    assert list(_not_in_nav(folder)) == ["b.md is listed under nav in zensical.toml, and there is no such page"]
