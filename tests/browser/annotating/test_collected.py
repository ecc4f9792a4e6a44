"""The rating page with the static files of production: names by content, and no others, under the security policy."""

import re

import pytest

from annotations.models import Judgement
from tests.browser.rating import join, next_is_fetched_ahead, press_until_next_pair, rated
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def collected_page(new_page, collected):
    """A page, and the names of the static files it has loaded."""
    page, loaded = new_page(), []

    def serve(route):
        """The live server itself knows no file by the name of its content."""
        name = route.request.url.partition("/static/")[2]
        loaded.append(name)
        route.fulfill(path=collected / name)

    page.route("**/static/**", serve)
    return page, loaded


def test_pairs_are_rated_with_collected_modules_each_loaded_once(collected_page):
    page, loaded = collected_page
    join(page, make_study(systems=3, documents=2))
    next_is_fetched_ahead(page)
    press_until_next_pair(page, "1")
    rated(page, 1)
    assert Judgement.objects.count() == 1
    scripts = [name for name in loaded if name.endswith(".js")]
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in scripts)
    assert len(scripts) == len(set(scripts))
    modules = {name.rpartition("/")[2].partition(".")[0] for name in scripts}
    assert {"rate", "state", "sending", "next", "keys", "texts", "evidence", "transcript"} <= modules
