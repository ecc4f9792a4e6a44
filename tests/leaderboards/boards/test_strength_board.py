"""A board on which it counts how much better a summary is: read from the rows, on the page, by command and API."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from annotations.models import Judgement
from leaderboards.data.filters import Filters, UnknownFilterError
from leaderboards.data.inputs import gather_inputs
from leaderboards.presentation.methods import as_text, judging_of
from leaderboards.snapshots.boards import get_board
from leaderboards.web.filter_form import filter_choices
from stats.ratings.estimates import Ties
from stats.ratings.ratings import rate
from tests.leaderboards.helpers import make_rated_study
from tests.people import researcher

pytestmark = pytest.mark.django_db
ORDINAL = Filters(strength="ordinal")


@pytest.fixture
def study():
    """Every third decided vote says much, every third slightly, every third nothing."""
    study = make_rated_study(slug="meetings", systems=4, documents=8, annotators=3, prefer=1, strength="optional")
    for n, vote in enumerate(Judgement.objects.filter(outcome__in="ab").order_by("pk")):
        Judgement.objects.filter(pk=vote.pk).update(strength=(None, 1, 2)[n % 3])
    return study


def test_the_strengths_of_the_rows_reach_the_ratings(study):
    criterion = study.criteria.get()
    inputs = gather_inputs(study, criterion, filters=ORDINAL)
    stored = {vote.public_id: vote.strength or 0 for vote in Judgement.objects.all()}
    assert inputs.arrays.strength.tolist() == [stored[row.id] for row in inputs.counted_votes]
    board = get_board(study, criterion, filters=ORDINAL)
    ratings = rate(inputs.arrays, seed=0, ties=Ties.ORDINAL, names=inputs.slugs, apart=True)
    by_system = {line["system"]: line["rating"] for line in board["systems"]}
    assert [by_system[slug] for slug in inputs.slugs] == pytest.approx(ratings.rating.tolist())
    assert "parameters for ties and for “much better”" in board["method"]
    assert any("decided votes do not say how much better" in warning for warning in board["warnings"])


def test_a_board_that_does_not_ask_knows_no_strengths(study):
    criterion = study.criteria.get()
    plain, ordinal = (gather_inputs(study, criterion, filters=filters) for filters in (Filters(), ORDINAL))
    assert plain.arrays.strength is None
    before = plain.fingerprint, ordinal.fingerprint
    assert len(set(before)) == 2
    Judgement.objects.filter(strength=2).update(strength=1)
    plain, ordinal = (gather_inputs(study, criterion, filters=filters) for filters in (Filters(), ORDINAL))
    assert plain.fingerprint == before[0]
    assert ordinal.fingerprint != before[1]


def test_kept_votes_do_not_hide_the_strengths(study, settings, tmp_path):
    settings.VOTE_CACHE_FROM, settings.VOTE_CACHE_DIR = 0, tmp_path
    inputs = gather_inputs(study, study.criteria.get(), filters=ORDINAL)
    assert np.bincount(inputs.arrays.strength).min() > 0


@pytest.mark.parametrize(
    "asked",
    [
        {"strength": "much"},
        {"strength": "ordinal", "ties": "dropped"},
        {"strength": "ordinal", "source": "judge:x"},
        {"strength": "ordinal", "source": "helped:x"},
    ],
)
def test_what_goes_with_nothing_is_refused(asked):
    with pytest.raises(UnknownFilterError):
        Filters(**asked)


def test_only_studies_that_ask_for_it_offer_it(study):
    offered = {choice.name: choice for choice in filter_choices(study, Filters(), flagged_votes=0)}
    assert [option.value for option in offered["strength"].options] == ["", "ordinal"]
    study.strength = "off"
    assert "strength" not in {choice.name for choice in filter_choices(study, Filters(), flagged_votes=0)}
    assert "strength" in {choice.name for choice in filter_choices(study, ORDINAL, flagged_votes=0)}


def test_the_page_the_command_and_the_api_show_it(study):
    client = researcher()
    page = client.get("/boards/meetings/", {"strength": "ordinal"}).content.decode()
    assert '<option value="ordinal" selected>' in page
    assert "slightly better to slightly worse" in page
    assert "Tie and both bad count half" not in page
    refused = client.get("/boards/meetings/", {"strength": "ordinal", "ties": "dropped"})
    assert refused.status_code == 400
    out = StringIO()
    call_command("leaderboard", "meetings", filters="strength=ordinal", format="json", stdout=out)
    assert json.loads(out.getvalue())["filters"] == {"strength": "ordinal"}
    with pytest.raises(CommandError, match="strength"):
        call_command("leaderboard", "meetings", filters="strength=much")


def test_the_methods_paragraph_names_the_model(study):
    board = get_board(study, study.criteria.get(), filters=ORDINAL)
    text = as_text(board, judging_of(study))
    assert "adjacent-categories model (Agresti, 1992)" in text
    assert "Analysis of ordinal paired comparison data" in text
