"""What the analyses say about a study, held against its rows."""

import json
from itertools import pairwise

import evalica
import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from annotations.models import Assignment, Judgement
from leaderboards.boards.analysis import inputs, metrics
from leaderboards.boards.analysis.analyse import analyse, compute_combined, compute_trust
from leaderboards.boards.analysis.inputs import read_analysis_data
from leaderboards.data.inputs import gather_inputs
from models_runner.models import Score, Summary, System
from tests.factories import AnnotatorFactory, SystemFactory, make_study
from tests.leaderboards.analysed import make_scored_study
from tests.leaderboards.helpers import build_board, make_rated_study, system_slugs, vote

# Arithmetic on votes, and its pages; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """Nothing here is about how many are drawn."""
    monkeypatch.setattr(inputs, "RESAMPLES", 100)
    monkeypatch.setattr(metrics, "LEAST_RESAMPLES", 50)
    monkeypatch.setattr(metrics, "RESAMPLES", 50)


def analysed(study, **kwargs):
    return analyse(gather_inputs(study, study.criteria.first()), 0, **kwargs)


def figures(values):
    """Every value with its interval, wherever it stands."""
    if isinstance(values, dict):
        if {"value", "lower", "upper", "reason", "interval_reason"} <= set(values):
            yield values
        values = list(values.values())
    if isinstance(values, list):
        for value in values:
            yield from figures(value)


def test_it_is_json_and_every_undefined_value_has_its_reason():
    for study in (
        make_scored_study(unvoted=6),
        make_study(systems=2),
        make_rated_study(systems=2, documents=1, annotators=1),
        make_study(systems=0),
    ):
        found = analysed(study)
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        every = list(figures(found))
        assert every
        for figure in every:
            assert (figure["value"] is None) == bool(figure["reason"])
            assert (figure["lower"] is None) == (figure["upper"] is None) == bool(figure["interval_reason"])


def test_the_same_votes_and_seed_give_the_same_answer():
    study = make_scored_study(documents=4, unvoted=3)
    assert analysed(study) == analysed(study)


def test_alpha_is_evalicas():
    study = make_scored_study()
    rows = Judgement.objects.values_list("assignment__comparison_id", "assignment__annotator_id", "outcome")
    table = pd.DataFrame(rows, columns=["item", "annotator", "outcome"]).replace({"a": 0, "b": 1, "tie": 2})
    votes = table.pivot(index="annotator", columns="item", values="outcome")
    # Which summary is a means nothing: each item once more with a and b exchanged. D_e is then over 2 n votes, not n.
    both = pd.concat([votes, votes.replace({0: 1, 1: 0}).add_prefix("mirrored ")], axis=1)
    theirs, n = evalica.alpha(both, distance="nominal"), len(table)
    alpha = analysed(study)["agreement"]["alpha"]
    assert 1 - alpha["value"] == pytest.approx((1 - theirs.alpha) * 2 * (n - 1) / (2 * n - 1))
    assert alpha["lower"] < alpha["value"] < alpha["upper"]


def test_the_left_share_is_counted_on_votes_whose_side_is_known():
    study = make_scored_study(documents=4)
    Assignment.objects.filter(pk__in=Assignment.objects.values("pk")[:10]).update(shown_left="")
    sides = analysed(study)["side_bias"]
    rows = Judgement.objects.exclude(assignment__shown_left="").values_list("outcome", "assignment__shown_left")
    decisive = [outcome == left for outcome, left in rows if outcome in "ab"]
    assert sides["left_wins"]["value"] == pytest.approx(np.mean(decisive))
    assert (sides["decisive_votes"], sides["side_unknown"]) == (len(decisive), 10)
    assert sum(row["votes"] for row in sides["annotators"]) == len(decisive)


def test_correlations_of_the_points_are_scipys():
    study = make_scored_study()
    rouge = next(found for found in analysed(study)["metrics"] if found["metric"] == "rouge1")
    x, y = ([point[key] for point in rouge["points"]] for key in ("metric", "rating"))
    for name, theirs in (("kendall", kendalltau), ("spearman", spearmanr), ("pearson", pearsonr)):
        assert rouge["system"][name]["value"] == pytest.approx(theirs(x, y).statistic)
    assert 0.5 < rouge["pairwise_accuracy"]["value"] <= 1
    board = {line["system"]: line for line in build_board(study, study.criteria.get())["systems"]}
    assert {p["system"]: p["rating"] for p in rouge["points"]} == pytest.approx(
        {slug: line["rating"] for slug, line in board.items()}
    )


def test_a_metric_without_scores_says_so():
    found = {metric["metric"]: metric for metric in analysed(make_scored_study(documents=3))["metrics"]}
    assert found["bertscore_f1"] == {"metric": "bertscore_f1", "reason": "not scored yet"}
    assert found["words"]["reason"] == ""


def test_metrics_are_tested_against_the_top_the_anchor_or_the_system_named():
    study = make_scored_study(documents=8)
    slugs = system_slugs(study)
    assert analysed(study)["significance"]["against"] == slugs[0]
    study.anchor = System.objects.get(slug=slugs[2])
    assert analysed(study)["significance"]["against"] == slugs[2]
    named = analysed(study, against=slugs[3])["significance"]
    assert named["against"] == slugs[3]
    first = named["metrics"][0]["systems"][0]
    assert (first["system"], first["documents"]) == (slugs[0], 8)
    assert first["difference"] > 0.05
    assert first["p"] <= first["p_holm"] <= 0.05


def test_the_fewest_votes_are_named_and_change_the_top_when_they_are_deleted():
    study = make_scored_study(documents=6, systems=3)
    first, *_ = analysed(study)["robustness"]["tops"]
    votes = first["votes"]
    assert votes["verified"]
    assert len(votes["ids"]) == votes["count"] == len(votes["comparisons"])
    leader = build_board(study, study.criteria.get())["systems"][0]["system"]
    assert first["systems"] == [leader] == [votes["out"]]
    gone = Judgement.objects.filter(public_id__in=votes["ids"])
    assert sorted(gone.values_list("assignment__comparison_id", flat=True)) == sorted(votes["comparisons"])
    gone.delete()
    assert build_board(study, study.criteria.get())["systems"][0]["system"] == votes["in"] != leader


def test_one_annotator_who_decides_is_named():
    study = make_study(systems=2, documents=6)
    a_wins = system_slugs(study)[0]
    people = [AnnotatorFactory(study=study) for _ in range(3)]
    for i, comparison in enumerate(study.comparisons.order_by("pk")):
        good = "a" if comparison.summary_a.run.system.slug == a_wins else "b"
        bad = "ab".replace(good, "")
        # The third is always for the first system; the others are four to two against it.
        for slot, (person, outcome) in enumerate(zip(people, [good if i < 2 else bad] * 2 + [good], strict=True)):
            vote(comparison, person, outcome, slot=slot)
    found = analysed(study)["robustness"]
    assert found["tops"][0]["annotators"]["change"] == [people[2].pseudonym]
    row = next(row for row in found["ranges"] if row["system"] == a_wins)
    assert row["without_an_annotator"]["lower"] < 1000 < row["rating"]


def test_a_compact_system_is_judged_at_the_margin():
    study = make_scored_study(documents=12)
    slugs = system_slugs(study)
    for slug, parameters in zip(slugs, (1e9, 8e9, 70e9, 3e9), strict=True):
        System.objects.filter(slug=slug).update(parameters=int(parameters))
    found = analysed(study, margin=0.04)["noninferiority"]
    assert found["margin"] == 0.04
    assert [(pair["small"], pair["large"]) for pair in found["pairs"]] == [(slugs[0], slug) for slug in slugs[1:]]
    for pair in found["pairs"]:
        assert pair["verdict"] in ("superior", "not inferior", "undecided")
        assert (pair["difference"]["lower"] > -0.04) == (pair["verdict"] in ("superior", "not inferior"))
    assert analysed(make_study(systems=2))["noninferiority"]["reason"]


def test_neighbours_come_from_the_top_and_equal_ratings_have_no_number():
    rows = analysed(make_scored_study())["votes_needed"]["neighbours"]
    assert len(rows) == 3
    assert all(one["worse"] == other["better"] for one, other in pairwise(rows))
    equal = analysed(make_rated_study(systems=3, documents=2, annotators=1, prefer=0))["votes_needed"]["neighbours"][1]
    assert (equal["votes_needed"], equal["reason"]) == (
        None,
        "no gap: no number of votes tells two equal systems apart",
    )


def test_length_is_controlled_where_words_are_counted():
    study = make_scored_study()
    found = analysed(study)["length"]
    assert len(found["systems"]) == 4
    assert found["effect"]["lower"] < found["effect"]["value"] < found["effect"]["upper"]
    gone = Score.objects.filter(name="words").first()
    votes = Judgement.objects.filter(assignment__comparison__summary_a=gone.summary_id).count()
    votes += Judgement.objects.filter(assignment__comparison__summary_b=gone.summary_id).count()
    gone.delete()
    assert analysed(study)["length"]["votes_left_out"] == votes > 0
    Score.objects.filter(name="words").delete()
    assert analysed(study)["length"]["reason"] == "the summaries' words are not counted yet"


def test_metrics_help_where_documents_have_no_votes():
    study = make_scored_study(documents=10, unvoted=30)
    found = analysed(study)["helped"]
    assert (found["other_documents"], found["other_comparisons"]) == (30, 30 * 6)
    assert found["metrics"] == ["rouge1", "words"]
    for row in found["systems"]:
        human, helped = row["human"], row["helped"]
        assert helped["upper"] - helped["lower"] <= human["upper"] - human["lower"] + 1e-9
        assert row["extra_votes"] >= 0
    without = analysed(make_scored_study(documents=5))["helped"]
    assert without["reason"] == "there is no document with summaries of two systems that nobody has voted on"


def test_documents_a_system_was_trained_on_do_not_help():
    study = make_scored_study(documents=6, unvoted=4)
    trained_on = Summary.objects.order_by("-document_id").first()
    Summary.objects.filter(pk=trained_on.pk).update(leaked=True)
    assert analysed(study)["helped"]["other_documents"] == 3


def test_disconnected_votes_are_named_and_nothing_is_rated_across():
    study = make_study(systems=4, documents=2)
    slugs, person = system_slugs(study), AnnotatorFactory(study=study)
    pairs = [set(slugs[:2]), set(slugs[2:])]
    for comparison in study.comparisons.all():
        if {comparison.summary_a.run.system.slug, comparison.summary_b.run.system.slug} in pairs:
            vote(comparison, person, "a")
    found = analysed(study)
    reason = f"the votes do not connect all systems: {{{slugs[0]}, {slugs[1]}}} | {{{slugs[2]}, {slugs[3]}}}"
    assert found["robustness"]["reason"] == found["helped"]["reason"] == reason
    assert [{row["better"], row["worse"]} for row in found["votes_needed"]["neighbours"]] == pairs


def test_a_system_without_votes_takes_no_part():
    study = make_scored_study(documents=4)
    study.systems.add(SystemFactory(slug="aaa-newcomer"))
    found = analysed(study)
    assert "aaa-newcomer" in found["systems"]
    assert {row["system"] for row in found["robustness"]["ranges"]} == set(system_slugs(study)) - {"aaa-newcomer"}
    index = {row["system"]: row for row in found["index"]["systems"]}
    assert index["aaa-newcomer"]["index"] is None
    assert index["aaa-newcomer"]["reason"] == "no value in rating"


def test_pages_show_what_the_command_says():
    study = make_scored_study(documents=4, unvoted=3)
    board_inputs = gather_inputs(study, study.criteria.get())
    every, trust, combined = analyse(board_inputs, 0), compute_trust(board_inputs, 0), compute_combined(board_inputs, 0)
    assert {key: every[key] for key in trust} == trust
    assert combined["helped"] == every["helped"]


def test_one_query_beyond_the_inputs(django_assert_num_queries):
    study = make_scored_study(documents=3)
    board_inputs = gather_inputs(study, study.criteria.get())
    assert board_inputs.study.anchor is None
    with django_assert_num_queries(1):
        analyse(board_inputs, 0)
    assert len(read_analysis_data(board_inputs, 0).details.comparison) == len(board_inputs.arrays)
