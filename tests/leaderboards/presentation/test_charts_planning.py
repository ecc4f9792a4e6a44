"""Planning: widths against votes, neighbours, and the rule that may be looked at after every vote."""

import json
from itertools import pairwise

import numpy as np
import pytest
from django.test import Client

from annotations.models import Judgement
from leaderboards.boards.neighbours import NO_GAP
from leaderboards.boards.planning import compute_planning
from leaderboards.boards.stopping.anytime import stopping_bounds
from leaderboards.data.filters import DEFAULT
from leaderboards.data.inputs import gather_inputs
from leaderboards.presentation.charts.drawing.rendering import as_svg
from leaderboards.presentation.charts.look import Look
from leaderboards.presentation.charts.widths import AHEAD, widths_chart
from leaderboards.presentation.needed import say_number
from stats.ratings.ratings import rate
from stats.uncertainty.sequences import confidence_sequence
from tests.factories import UserFactory, make_study
from tests.leaderboards.compared import make_compared_study
from tests.leaderboards.helpers import make_rated_study, system_slugs

# How a board is drawn and written; what it holds comes from both engines in test_boards.py.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def study():
    return make_compared_study(slug="meetings", documents=4, annotators=3)


def planned(study):
    return compute_planning(gather_inputs(study, study.criteria.get()), seed=0)


def page(**query):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    response = client.get("/boards/meetings/planning/", query)
    assert response.status_code == 200
    return response.content.decode()


def test_widths_after_an_eighth_a_quarter_half_and_all(study):
    data = planned(study)
    assert json.loads(json.dumps(data, allow_nan=False)) == data == planned(study)
    assert [row["votes"] for row in data["widths"]] == [42, 84, 168, 336]
    ratings = rate(gather_inputs(study, study.criteria.get()).arrays, seed=0, resamples=300)
    # All votes, in another order: the same documents and annotators are drawn.
    assert data["widths"][-1]["median"] == pytest.approx(np.median(ratings.upper - ratings.lower))


def test_neighbours_in_the_order_of_the_ratings(study):
    names = [(row["better"], row["worse"]) for row in planned(study)["neighbours"]]
    ratings = rate(gather_inputs(study, study.criteria.get()).arrays, seed=0, resamples=20)
    slugs = system_slugs(study)
    order = [slugs[i] for i in np.argsort(-ratings.rating)]
    assert names == list(pairwise(order))


def test_the_table_names_the_number_of_the_sentence(study):
    assert (say_number(130_267_601), say_number(None)) == ("140,000,000", "—")
    needed = [row["votes_needed"] for row in planned(study)["neighbours"] if row["votes_needed"]]
    assert needed
    shown = page()
    for votes in needed:
        assert f'data-label="Votes needed in all">{say_number(votes)}</td>' in shown
        assert f"About {say_number(votes)} votes in all" in shown


def test_the_forecast_halves_the_width_at_four_times_the_votes(study):
    chart = widths_chart(planned(study))
    last = next(row for row in chart.rows if row[0] == 336)
    assert chart.rows[-1][0] == 336 * AHEAD
    assert chart.rows[-1][1] == pytest.approx(last[1] / 2)
    assert chart.rows[-1][4] == "forecast"
    assert as_svg(chart, Look(True, True)).startswith(b"<svg")


def test_no_votes_and_one_vote():
    study = make_study(slug="meetings", systems=2, documents=1)
    assert widths_chart(planned(study)).empty == "No votes yet."
    assert "No votes yet." in page(stopping=1)
    few = make_rated_study(systems=2, documents=1, annotators=1)
    data = planned(few)
    assert widths_chart(data).empty == "Too few votes for intervals."
    assert (
        data["neighbours"][0]["reason"]
        == "one document rated by one annotator: nothing shows how far documents or people differ"
    )


def test_equals_have_no_gap_to_see():
    study = make_rated_study(systems=2, documents=3, annotators=2)
    Judgement.objects.update(outcome="tie")
    (neighbour,) = planned(study)["neighbours"]
    assert (neighbour["votes_needed"], neighbour["reason"]) == (None, NO_GAP)


def test_the_rule_takes_all_votes_and_who_gave_them():
    study = make_rated_study(systems=2, documents=12, annotators=5, quota=5)
    better, worse = system_slugs(study)
    criterion = study.criteria.get()
    found = stopping_bounds(criterion, DEFAULT, better, worse)
    rows = Judgement.objects.order_by("created_at", "pk")
    document, annotator = np.array(
        rows.values_list("assignment__comparison__document_id", "assignment__annotator_id"), dtype=np.int64
    ).T
    expected = confidence_sequence(np.ones(60), document, annotator)
    assert (found.votes, found.lacking, found.documents, found.annotators) == (60, None, 12, 5)
    assert found.decided_after == expected.decided_after == 30
    assert (found.lower, found.upper) == pytest.approx((expected.lower[-1], expected.upper[-1]))
    turned = stopping_bounds(criterion, DEFAULT, worse, better)
    assert (turned.lower, turned.upper) == pytest.approx((1 - found.upper, 1 - found.lower))


@pytest.mark.parametrize(
    ("annotators", "documents", "said"),
    [
        (3, 30, "cannot say: the votes weigh like those of 3.0 annotators, and it takes more than four"),
        (12, 3, "cannot say: the votes weigh like those on 3.0 documents, and it takes more than four"),
        (5, 5, "cannot say: fewer than 30 votes"),
        (5, 12, "yes, since vote 30"),
    ],
)
def test_with_few_people_documents_or_votes_the_page_does_not_say_that_one_may_stop(annotators, documents, said):
    make_rated_study(slug="meetings", systems=2, documents=documents, annotators=annotators, quota=annotators)
    shown = page(stopping="1")
    assert said in shown
    assert ("yes, since vote" in shown) == said.startswith("yes")


def test_two_that_never_met_are_not_decided():
    study = make_study(systems=2, documents=1)
    found = stopping_bounds(study.criteria.get(), DEFAULT, *system_slugs(study))
    assert (found.votes, found.lower, found.decided_after) == (0, None, None)


def test_the_rule_is_off_until_asked_for(study):
    assert "Show the rule" in page()
    assert "May you stop?" not in page()
    shown = page(stopping="1")
    assert "Show the rule" not in shown
    assert "May you stop?" in shown


def test_equals_are_not_decided():
    make_rated_study(slug="meetings", systems=2, documents=12, annotators=5, quota=5)
    Judgement.objects.update(outcome="tie")
    assert "not yet" in page(stopping="1")
