"""A board whose scale one system fixes: on the page, through the command and the API."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from leaderboards.data.filters import Filters
from leaderboards.snapshots.boards import get_board
from tests.leaderboards.helpers import make_rated_study, system_slugs
from tests.people import researcher

# Arithmetic on votes, and its pages; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def study():
    # The second system wins wherever it takes part; the others win, lose and tie against each other.
    return make_rated_study(slug="meetings", systems=4, documents=8, annotators=3, prefer=1)


def lines_of(study, **asked):
    board = get_board(study, study.criteria.get(), filters=Filters(**asked))
    return board, {line["system"]: line for line in board["systems"]}


def test_ratings_are_distances_to_the_anchor(study):
    slugs = system_slugs(study)
    (_, plain), (board, fixed) = lines_of(study), lines_of(study, anchor=slugs[2])
    assert fixed[slugs[2]]["rating"] == pytest.approx(1000)
    assert fixed[slugs[2]]["rating_lower"] == fixed[slugs[2]]["rating_upper"] == pytest.approx(1000)
    for slug in slugs:
        gap = plain[slug]["rating"] - plain[slugs[2]]["rating"]
        assert fixed[slug]["rating"] == pytest.approx(1000 + gap)
        for field in ("rank", "rank_best", "rank_worst", "win_rate"):
            assert fixed[slug][field] == plain[slug][field]
    assert board["filters"] == {"anchor": slugs[2]}
    assert f"The rating of {slugs[2]} is fixed at 1000." in board["warnings"][0]
    assert board["votes"] == board["votes_unfiltered"]


def test_the_interval_is_that_of_the_difference(study):
    slugs = system_slugs(study)
    _, fixed = lines_of(study, anchor=slugs[2])
    _, other = lines_of(study, anchor=slugs[3])
    widths = [line["rating_upper"] - line["rating_lower"] for line in (fixed[slugs[3]], other[slugs[2]])]
    assert widths[0] == pytest.approx(widths[1])
    assert widths[0] > 0


def test_an_anchor_that_won_everything_leaves_all_intervals_open(study):
    _, fixed = lines_of(study, anchor=system_slugs(study)[1])
    assert {line["rating_lower"] for line in fixed.values()} == {None}


def test_the_page_offers_the_systems_and_shows_the_one_chosen(study):
    slug = system_slugs(study)[2]
    page = researcher().get("/boards/meetings/", {"anchor": slug}).content.decode()
    assert f'<option value="{slug}" selected>' in page
    assert f"The rating of {slug} is fixed at 1000." in page
    assert "Rating fixed at 1000" in page


def test_an_unknown_anchor_is_refused_by_name(study):
    answer = researcher().get("/boards/meetings/board.json", {"anchor": "nobody"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "anchor")
    with pytest.raises(CommandError, match=system_slugs(study)[0]):
        call_command("leaderboard", "meetings", filters="anchor=nobody")


def test_the_command_takes_it(study):
    slug, out = system_slugs(study)[2], StringIO()
    call_command("leaderboard", "meetings", filters=f"anchor={slug}", format="json", stdout=out)
    board = json.loads(out.getvalue())
    assert next(line["rating"] for line in board["systems"] if line["system"] == slug) == pytest.approx(1000)


def test_an_anchor_of_another_size_is_not_on_the_board(study):
    slug = system_slugs(study)[2]
    study.systems.filter(slug=slug).update(parameters=10_000_000_000, regime="zero-shot")
    board, lines = lines_of(study, anchor=slug, size="compact")
    assert slug not in lines
    assert board["warnings"][0] == f"{slug} is not on this board, so it fixes no rating: the mean is 1000."
