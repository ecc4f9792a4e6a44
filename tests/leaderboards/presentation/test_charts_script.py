"""The script that runs charts in a page: made once, found like any static file."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from leaderboards.presentation.charts import script


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_static_files_have_the_script(folder):
    path = Path(finders.find(script.NAME))
    assert path.is_relative_to(folder)
    text = path.read_text()
    assert "window.vegaEmbed=" in text.replace(" ", "")
    # The expression interpreter is what makes it run where the security policy forbids eval.
    assert "expressionInterpreter" in text


def test_it_is_made_once(folder):
    made = script.make_script()
    made.write_text("kept")
    assert script.make_script().read_text() == "kept"


def test_it_can_be_collected_with_a_name_by_its_content(folder, tmp_path):
    finder = script.ScriptFinder()
    ((name, storage),) = finder.list([])
    assert name == script.NAME
    assert list(finder.list(["*.js"])) == []
    target = ManifestStaticFilesStorage(location=str(tmp_path / "collected"))
    with storage.open(name) as source:
        target.save(name, source)
    ((_, hashed, processed),) = list(target.post_process({name: (storage, name)}))
    assert processed is True
    assert hashed.startswith("leaderboards/vega.") and hashed != name


def test_other_files_are_none_of_its_business(folder):
    assert script.ScriptFinder().find("leaderboards/board.css") == []
    assert list(folder.iterdir()) == []
