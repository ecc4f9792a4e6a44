import pytest

from lib.plugins import BrokenPluginError, PluginTable
from tests.packages import add_package

GROUP = "punchweight.metrics"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def table():
    return PluginTable(GROUP, {"own": "lib.plugins.PluginTable"})


def test_the_sites_own_come_first_and_load_by_path():
    assert table().load("own") is PluginTable
    assert table().is_own("own")


def test_an_entry_of_a_package_is_found_and_loaded(folder):
    add_package(folder, "good-one", "class Thing: pass", metrics=[("thing", "Thing")])
    found = table()
    assert list(found) == ["own", "thing"] and len(found) == 2 and "thing" in found and not found.is_own("thing")
    assert found.load("thing").__name__ == "Thing"
    assert found.problems() == []


@pytest.mark.parametrize(
    "code", ["raise RuntimeError('no GPU')", "import no_such_library_at_all", "raise SystemExit(3)", "x ="]
)
def test_a_package_that_cannot_be_imported_gives_a_reason(folder, code):
    add_package(folder, "broken-one", code, metrics=[("thing", "Thing")])
    found = table()
    with pytest.raises(BrokenPluginError, match=r'"thing" of package broken-one 1.0 cannot be used: \w+:'):
        found.load("thing")
    assert len(found.problems()) == 1
    assert found.load("own") is PluginTable


def test_a_name_that_is_missing_in_the_package_gives_a_reason(folder):
    add_package(folder, "empty-one", "", metrics=[("thing", "Thing")])
    with pytest.raises(BrokenPluginError, match="AttributeError"):
        table().load("thing")


def test_the_sites_own_name_stays_the_sites(folder):
    add_package(folder, "greedy-one", "class Thing: pass", metrics=[("own", "Thing")])
    found = table()
    assert found.load("own") is PluginTable
    assert found.problems() == ['"own" of package greedy-one 1.0 is left out: the site has its own of that name.']


def test_of_two_packages_with_one_name_the_first_has_it(folder):
    for name in ("a-one", "b-one"):
        add_package(folder, name, "class Thing: pass", metrics=[("thing", "Thing")])
    found = table()
    assert found["thing"] == "a_one:Thing"
    assert found.problems() == ['"thing" of package b-one 1.0 is left out: package a-one 1.0 has one of that name.']


@pytest.mark.parametrize("key", ["Big", "with space", "x" * 51, "1st"])
def test_a_key_that_fits_no_command_line_is_left_out(folder, key):
    add_package(folder, "odd-one", "class Thing: pass", metrics=[(key, "Thing")])
    found = table()
    assert list(found) == ["own"]
    assert "expected small letters" in found.problems()[0]
