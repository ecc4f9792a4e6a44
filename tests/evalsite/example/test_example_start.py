"""Whether the example study is there once the site has started."""

import pytest

from annotations.models import Study
from evalsite.example import start
from evalsite.example.study import SLUG
from tests.factories import make_study

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _small_example(monkeypatch):
    """A study in the place of the example, which takes seconds to load; test_example.py loads it."""
    monkeypatch.setattr(start, "load_example", lambda owner: make_study(slug=SLUG, systems=2, documents=1))


@pytest.mark.parametrize(
    ("environment", "first_start", "there"),
    [("", True, True), ("", False, False), ("1", False, True), ("0", True, False)],
)
def test_when_the_site_starts_with_it(environment, first_start, there, monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("EXAMPLE", environment)
    if not first_start:
        make_study(slug="demo", systems=2, documents=1)
    start.ask_for_example()
    start.serve_example(None)
    assert Study.objects.filter(slug=SLUG).exists() == there
    assert list(tmp_path.iterdir()) == []


def test_a_first_start_that_was_broken_off_goes_on(monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("EXAMPLE", raising=False)
    start.ask_for_example()
    make_study(slug="demo", systems=2, documents=1)  # then the process was killed
    start.ask_for_example()
    start.serve_example(None)
    assert Study.objects.filter(slug=SLUG).exists()
