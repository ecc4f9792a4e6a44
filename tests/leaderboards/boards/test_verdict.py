"""The answer on top of a board: which two systems it is about, who chose them, and what the change gains."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Judgement, JudgementRevision, Study
from annotations.studies.settings import change_settings
from leaderboards.boards.noninferiority import compare_pairs
from leaderboards.boards.rated import rate_board
from leaderboards.data.filters import Filters
from leaderboards.data.inputs import gather_inputs
from leaderboards.snapshots.boards import get_board
from models_runner.models import System
from stats.decisions.noninferiority import Scale
from stats.decisions.selection import compare_chosen
from tests.factories import make_study
from tests.leaderboards.compared import make_compared_study
from tests.leaderboards.helpers import build_board, make_rated_study
from tests.stats.decisions.one_pair import noninferiority

pytestmark = pytest.mark.django_db
SMALL, LARGE = ["flan-t5-large-ft", "flan-t5-base-ft", "tinyllama-1-1b-ft"], ["mixtral-8x7b", "llama-2-13b-chat"]


@pytest.fixture
def study():
    return make_compared_study(slug="meetings", documents=5, annotators=3, noninferiority_margin=0.05)


def verdict_of(study, **filters):
    criterion = study.criteria.first()
    return get_board(study, criterion, filters=Filters(**filters))["verdict"]


def name_pair(study, small, large):
    systems = [study.systems.filter(slug=slug).first() for slug in (small, large)]
    change_settings(study, dict(zip(("small_system", "large_system"), systems, strict=True)), None)
    study.refresh_from_db()


def test_without_a_named_pair_it_is_the_best_of_each_size_class(study):
    board = build_board(study, study.criteria.get())
    order = [line["system"] for line in board["systems"]]
    verdict = board["verdict"]
    assert verdict["small"] == min(SMALL, key=order.index)
    assert verdict["large"] == min([*LARGE, "llama-2-7b-chat"], key=order.index)
    assert {side: about["by"] for side, about in verdict["chosen"].items()} == {"small": "leads", "large": "leads"}
    assert sorted(verdict["chosen"]["small"]["candidates"]) == sorted(SMALL)
    assert (verdict["pairs"], verdict["named_before_votes"], verdict["p"]) == (9, None, None)
    assert json.loads(json.dumps(verdict, allow_nan=False)) == verdict


def test_the_interval_allows_for_the_choice_and_a_named_pair_has_its_own(study):
    inputs = gather_inputs(study, study.criteria.get())
    chosen = verdict_of(study)
    pair = (chosen["small"], chosen["large"])
    i, j = (inputs.slugs.index(slug) for slug in pair)
    result = noninferiority(inputs.arrays, i, j, margin=0.05, seed=0, scale=Scale.WIN_PROBABILITY)
    own = {name: getattr(result, name) for name in ("difference", "lower", "upper", "p", "error")}
    assert chosen["difference"] == pytest.approx(own["difference"])
    assert chosen["lower"] < own["lower"] < own["upper"] < chosen["upper"]
    # Among all pairs, of which a reader picks, it is wider still.
    picked = next(
        row for row in compare_pairs(inputs, rate_board(inputs, 0), 0.05, 0) if (row["small"], row["large"]) == pair
    )
    assert picked["lower"] < chosen["lower"] < chosen["upper"] < picked["upper"]
    name_pair(study, *pair)
    named = verdict_of(study)
    assert {name: named[name] for name in own} == pytest.approx(own)
    inputs = gather_inputs(Study.objects.get(), study.criteria.get())
    (row,) = (row for row in compare_pairs(inputs, rate_board(inputs, 0), 0.05, 0) if row["pairs"] == 1)
    assert {name: named[name] for name in row} == row
    assert (named["share"], named["share_lower"]) == (0.5 + own["difference"], 0.5 + own["lower"])
    assert (named["pairs"], named["named_before_votes"]) == (1, True)


def test_the_resamples_of_the_board_give_what_drawing_again_gives(study):
    inputs = gather_inputs(study, study.criteria.get())
    verdict = verdict_of(study)
    number = inputs.slugs.index
    pairs = [(number(s), number(la)) for s in SMALL for la in [*LARGE, "llama-2-7b-chat"]]
    again = compare_chosen(
        inputs.arrays,
        (number(verdict["small"]), number(verdict["large"])),
        pairs,
        margin=0.05,
        seed=0,
        scale=Scale.WIN_PROBABILITY,
    )
    assert (verdict["lower"], verdict["upper"]) == pytest.approx((again.result.lower, again.result.upper))
    # Ties dropped or with a parameter: the margin is about ties as halves, so the answer stays.
    for ties in ("dropped", "davidson"):
        assert verdict_of(study, ties=ties)["share"] == pytest.approx(verdict["share"])


def test_a_pair_named_after_the_first_vote_is_said_to_be(study):
    answer = study.comparisons.first().assignments.first().judgements.get()
    JudgementRevision.objects.create(
        assignment=answer.assignment, criterion=answer.criterion, outcome="a", client_key=answer.public_id
    )
    name_pair(study, "lead-3", "phi-2")
    verdict = verdict_of(study)
    assert (verdict["small"], verdict["large"], verdict["named_before_votes"]) == ("lead-3", "phi-2", False)
    assert verdict["pairs"] == 16
    Study.objects.update(pair_named_at=timezone.now() - timedelta(days=1))
    assert verdict_of(Study.objects.get())["named_before_votes"] is True


@pytest.mark.parametrize(("imported", "dated", "before"), [(True, -1, False), (True, 1, True), (False, -1, True)])
def test_an_imported_vote_is_as_old_as_it_says(study, imported, dated, before):
    name_pair(study, "lead-3", "phi-2")
    answer = study.comparisons.first().assignments.first().judgements.get()
    JudgementRevision.objects.create(
        assignment=answer.assignment, criterion=answer.criterion, outcome="a", client_key=answer.public_id
    )
    study.annotators.filter(pk=answer.assignment.annotator_id).update(imported=imported)
    Judgement.objects.filter(pk=answer.pk).update(created_at=timezone.now() + timedelta(days=dated))
    others = Judgement.objects.exclude(pk=answer.pk)
    others.update(created_at=timezone.now() + timedelta(days=2))
    verdict = verdict_of(study)
    assert (verdict["named_before_votes"], verdict["pairs"]) == (before, 1 if before else 16)


def test_naming_one_side_leaves_the_other_to_the_votes(study):
    name_pair(study, "lead-3", None)
    verdict = verdict_of(study)
    assert [about["by"] for about in verdict["chosen"].values()] == ["named", "leads"]
    assert (verdict["small"], verdict["pairs"]) == ("lead-3", 3)


def test_what_it_gains_is_by_hand(study):
    name_pair(study, "flan-t5-large-ft", "mixtral-8x7b")
    System.objects.filter(slug="mixtral-8x7b").update(price={"hour": 3.6})
    gains = verdict_of(study)["gains"]
    # 46.7B of 780M parameters, 61 s of 4.2 s, 94 GB of 3.4 GB; the small one has no price.
    assert gains["parameters"]["times"] == pytest.approx(46_700 / 780)
    assert gains["seconds"]["times"] == pytest.approx(61 / 4.2)
    assert gains["memory"]["times"] == pytest.approx(94 / 3.4)
    assert gains["price"]["times"] is None
    assert gains["price"]["reason"] == "flan-t5-large-ft: no price on the system's record"


def test_a_new_price_makes_the_board_anew(study):
    name_pair(study, "flan-t5-large-ft", "mixtral-8x7b")
    before = get_board(study, study.criteria.get())
    for slug, hour in (("flan-t5-large-ft", 0.36), ("mixtral-8x7b", 3.6)):
        System.objects.filter(slug=slug).update(price={"hour": hour})
    after = get_board(study, study.criteria.get())
    assert before["fingerprint"] != after["fingerprint"]
    # 10 times the price an hour, and 61 s for 4.2 s.
    assert after["verdict"]["gains"]["price"]["times"] == pytest.approx(10 * 61 / 4.2)


def test_a_baseline_costs_nothing_that_could_be_compared(study):
    name_pair(study, "lead-3", "phi-2")
    gains = verdict_of(study)["gains"]
    assert gains["parameters"]["reason"] == "lead-3: a baseline has no parameters"
    assert gains["memory"]["reason"] == "lead-3: peak memory not measured"


def test_a_study_of_baselines_alone_has_nothing_large(study):
    study.systems.set(System.objects.filter(regime="baseline"))
    verdict = verdict_of(study)
    assert (verdict["small"], verdict["large"], verdict["share"]) == ("lead-3", None, None)
    assert verdict["chosen"]["small"] == {"by": "only", "among": "baselines", "candidates": ["lead-3"], "left_out": ""}
    assert verdict["chosen"]["large"]["by"] == ""


def test_systems_of_unknown_size_count_as_large_ones_and_none_as_small():
    verdict = verdict_of(make_rated_study(systems=3))
    assert (verdict["small"], verdict["chosen"]["small"]["candidates"]) == (None, [])
    assert verdict["chosen"]["large"]["among"] == "others"


def test_a_view_without_the_named_system_says_which_one_it_leaves_out(study):
    name_pair(study, "flan-t5-large-ft", "mixtral-8x7b")
    verdict = verdict_of(study, size="compact")
    assert (verdict["small"], verdict["large"]) == ("flan-t5-large-ft", None)
    assert verdict["chosen"]["large"]["left_out"] == "mixtral-8x7b"


def test_without_votes_nothing_leads():
    study = make_compared_study(slug="empty", documents=2, annotators=0, noninferiority_margin=0.05)
    verdict = verdict_of(study)
    assert (verdict["small"], verdict["large"], verdict["verdict"]) == (None, None, None)
    name_pair(study, "flan-t5-large-ft", "mixtral-8x7b")
    verdict = verdict_of(study)
    assert (verdict["verdict"], verdict["reason"]) == (
        "undefined",
        "no votes link the two systems, directly or through others",
    )
    assert verdict["too_few"] == "too few to say: no votes yet"
    assert verdict["gains"]["seconds"]["times"] == pytest.approx(61 / 4.2)


def test_two_systems_and_two_votes_are_too_few():
    study = make_study(systems=2, documents=1, noninferiority_margin=0.05)
    name_pair(study, *study.systems.values_list("slug", flat=True))
    verdict = verdict_of(study)
    assert verdict["too_few"]


def test_naming_a_pair_makes_the_stored_board_anew(study):
    before = verdict_of(study)
    other = next(slug for slug in SMALL if slug != before["small"])
    name_pair(study, other, "mixtral-8x7b")
    assert verdict_of(study)["small"] == other
