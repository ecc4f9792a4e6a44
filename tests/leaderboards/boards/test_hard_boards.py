"""Boards of votes that leave things open: every number is finite or missing with its reason, and the page stands."""

import json
import math
import random
import re

import pytest
from django.urls import reverse

from annotations.models import Assignment, Judgement
from leaderboards.boards.build import make_board
from leaderboards.data.filters import Filters
from leaderboards.data.inputs import gather_inputs
from leaderboards.presentation.board_details import neighbour_rows, other_intervals, win_rows
from leaderboards.presentation.methods import judging_of, paragraph
from leaderboards.snapshots.boards import get_board
from models_runner.models import Score, Summary
from stats.ratings.length_control import NOT_TOLD_APART
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import make_rated_study, score, system_slugs, vote
from tests.people import researcher

# Arithmetic on votes, and its pages; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

OF_VOTES = (
    *("rating", "rating_lower", "rating_upper", "rank", "rank_best", "rank_worst", "all_lower", "all_upper"),
    *("iid_lower", "iid_upper", "win_rate", "both_bad_rate"),
)


def separable():
    return make_rated_study(slug="meetings", systems=3, documents=4, annotators=3)


def two_systems():
    return make_rated_study(slug="meetings", systems=2, documents=3, annotators=2)


def one_vote():
    study = make_study(slug="meetings", systems=3, documents=2)
    vote(study.comparisons.first(), AnnotatorFactory(study=study), "a")
    return study


def no_votes():
    return make_study(slug="meetings", systems=3, documents=2)


def all_ties():
    study = make_rated_study(slug="meetings", systems=3, documents=3, annotators=2)
    Judgement.objects.update(outcome="tie")
    return study


def disconnected():
    study = make_rated_study(slug="meetings", systems=4, documents=2, annotators=2)
    first, second, *_ = system_slugs(study)
    for comparison in study.comparisons.select_related("summary_a__run__system", "summary_b__run__system"):
        pair = {comparison.summary_a.run.system.slug, comparison.summary_b.run.system.slug}
        if len(pair & {first, second}) == 1:
            Assignment.objects.filter(comparison=comparison).delete()
    return study


def one_annotator():
    return make_rated_study(slug="meetings", systems=3, documents=4, annotators=1)


def one_document():
    return make_rated_study(slug="meetings", systems=3, documents=1, annotators=3)


CASES = [separable, two_systems, one_vote, no_votes, all_ties, disconnected, one_annotator, one_document]


def board_of(study, **asked):
    return get_board(study, study.criteria.get(), filters=Filters(**asked))


@pytest.mark.parametrize("make", CASES)
@pytest.mark.parametrize("asked", [{}, {"ties": "dropped"}, {"ties": "davidson", "control": "length"}])
def test_numbers_are_finite_or_missing_with_a_reason(make, asked):
    study = make()
    board = board_of(study, **asked)
    assert json.loads(json.dumps(board, allow_nan=False)) == board
    for line in board["systems"]:
        for field in OF_VOTES:
            assert math.isfinite(line[field]) if line[field] is not None else line["reasons"][field]
    for one in board["neighbours"]:
        assert one["votes_needed"] is None or one["votes_needed"] > 0
        assert bool(one["reason"]) == (one["votes_needed"] is None)
    page = researcher().get("/boards/meetings/", asked)
    assert page.status_code == 200
    assert not re.search(r"\bnan\b", page.content.decode(), re.IGNORECASE)


def test_parts_are_rated_by_themselves():
    study = disconnected()
    board = board_of(study)
    assert sorted(map(sorted, board["parts"])) == [system_slugs(study)[:2], system_slugs(study)[2:]]
    for part in board["parts"]:
        lines = [line for line in board["systems"] if line["system"] in part]
        assert sum(line["rating"] for line in lines) / len(lines) == pytest.approx(1000)
        # None where one system won every vote: drawing again changes nothing, and there is no interval.
        assert {line["rank"] for line in lines} <= {1, 2, None}
    assert {frozenset((one["better"], one["worse"])) for one in board["neighbours"]} == set(
        map(frozenset, board["parts"])
    )
    assert "say nothing across parts" in board["warnings"][0]


def test_all_ties_leave_everything_open():
    study = all_ties()
    board = board_of(study)
    assert {line["rating"] for line in board["systems"]} == {1000.0}
    assert {one["reason"] for one in board["neighbours"]} == {
        "no gap: no number of votes tells two equal systems apart"
    }
    dropped = board_of(study, ties="dropped")
    assert (dropped["votes"], dropped["ties_dropped"], dropped["votes_left_out"]) == (0, 18, 0)
    assert {line["reasons"]["rating"] for line in dropped["systems"]} == {"no decided votes: all are ties or both bad"}


def test_wins_add_up_to_the_votes_of_each_pair():
    study = separable()
    board = board_of(study)
    wins, votes = board["wins"]["wins"], board["wins"]["votes"]
    for i in range(3):
        for j in range(3):
            assert wins[i][j] + wins[j][i] == votes[i][j] == (0 if i == j else 12)
    rows = win_rows(board)
    assert [row.system for row in rows] == [line["system"] for line in board["systems"]]
    assert (rows[0].cells[0], rows[0].cells[1].text, rows[1].cells[0].text) == (None, "100%", "0%")
    html = researcher().get("/boards/meetings/wins/").content.decode()
    assert "12 votes" in html


def test_the_details_are_those_of_the_board():
    board = board_of(separable())
    (winner, row, _), second = other_intervals(board), board["systems"][1]
    assert row.system == second["system"]
    assert row.together == f"{second['all_lower']:.0f}–{second['all_upper']:.0f}"
    assert (winner.together, winner.controlled) == ("—", "—")
    assert (
        "this system, or a group with it, only won or only lost against the others: votes cannot say how far it leads or trails"
        in winner.reasons
    )
    assert [(one.better, one.worse) for one in neighbour_rows(board)] == [
        (a["system"], b["system"]) for a, b in zip(board["systems"], board["systems"][1:], strict=False)
    ]


def with_words(words):
    """A study whose summaries have these many words, in order and over again, and whose best system ties now and then."""
    study = make_rated_study(slug="meetings", systems=3, documents=6, annotators=3, prefer=1)
    Judgement.objects.filter(assignment__slot=0).update(outcome="tie")
    summaries = list(Summary.objects.order_by("run__system__slug", "pk"))
    score(summaries, "words", [words[n % len(words)] for n in range(len(summaries))], metric="length")
    return study


def test_at_equal_length_ratings_stand_beside():
    study = with_words([50 + 7 * n for n in range(5)])
    board = board_of(study, control="length")
    assert board["equal_length"]["votes"] == board["votes"] == 54
    assert all(math.isfinite(line["equal_length_rating"]) for line in board["systems"])
    assert sum(line["equal_length_rating"] for line in board["systems"]) == pytest.approx(3000)
    assert (
        "Ratings at equal length are below"
        in researcher().get("/boards/meetings/", {"control": "length"}).content.decode()
    )


def test_systems_that_length_cannot_be_told_from_have_no_rating_at_equal_length():
    # Each system's summaries have a length of their own. What length may be worth moves the shortest one up as far as
    # the longest one down, so that only the middle one stays where it is.
    board = board_of(with_words([50] * 6 + [100] * 6 + [200] * 6), control="length")
    middle, *others = board["systems"]
    assert middle["equal_length_lower"] < middle["equal_length_rating"] < middle["equal_length_upper"]
    for line in others:
        assert line["equal_length_rating"] is line["equal_length_lower"] is None
        assert line["reasons"]["equal_length_rating"] == NOT_TOLD_APART
    assert board["equal_length"]["effect"] is None
    assert board["equal_length"]["effect_reason"] == NOT_TOLD_APART
    page = researcher().get("/boards/meetings/", {"control": "length"}).content.decode()
    assert f"What length is worth is not known: {NOT_TOLD_APART}." in page


def styled(**counts):
    """A study whose summaries have their words counted, and of markup what is given."""
    study = make_rated_study(slug="meetings", systems=3, documents=6, annotators=3, prefer=1)
    summaries = list(Summary.objects.order_by("pk"))
    score(summaries, "words", [50 + 7 * (n % 5) for n in range(len(summaries))], metric="length")
    for name, values in counts.items():
        score(summaries, name, [values[n % len(values)] for n in range(len(summaries))], metric="markup")
    return study


def test_at_equal_style_ratings_stand_beside_with_what_each_feature_is_worth():
    study = styled(headers=[0], list_items=[0, 3, 6, 2], bold=[4])
    board = board_of(study, control="style")
    effects = {effect["feature"]: effect for effect in board["equal_style"]["effects"]}
    assert list(effects) == ["words", "headers", "list_items", "bold"]
    assert [effects[name]["reason"] for name in effects] == [
        "",
        "no headers",
        "",
        "the summaries do not vary in bold text",
    ]
    assert [effects[name]["effect"] is None for name in effects] == [False, True, False, True]
    assert effects["list_items"]["lower"] < effects["list_items"]["effect"] < effects["list_items"]["upper"]
    assert sum(line["equal_style_rating"] for line in board["systems"]) == pytest.approx(3000)
    html = researcher().get("/boards/meetings/", {"control": "style"}).content.decode()
    assert "What style is worth, from 54 votes" in html
    assert "the summaries do not vary in bold text" in html
    assert "At equal style" in html


def test_without_counted_markup_style_is_undefined_with_the_reason():
    board = board_of(styled(headers=[1, 2]), control="style")
    assert {effect["effect"] for effect in board["equal_style"]["effects"]} == {None}
    for line in board["systems"]:
        assert line["equal_style_rating"] is None
        assert "words and markup are counted" in line["reasons"]["equal_style_rating"]


def test_the_fingerprint_has_the_markup_that_a_board_was_computed_from():
    study = styled(headers=[0, 1], list_items=[1], bold=[1])
    before, plain = board_of(study, control="style"), board_of(study)
    Score.objects.filter(name="headers").update(value=3.0)
    assert (
        make_board(gather_inputs(study, study.criteria.get(), filters=Filters()), 0)["fingerprint"]
        == plain["fingerprint"]
    )
    after = make_board(gather_inputs(study, study.criteria.get(), filters=Filters(control="style")), 0)
    assert after["fingerprint"] != before["fingerprint"]


def test_votes_weigh_by_the_chance_of_their_draw():
    study = make_rated_study(systems=2, documents=4, annotators=1, sampling="adaptive")
    first, *_ = assignments = list(Assignment.objects.order_by("pk"))
    Assignment.objects.update(probability=0.5, drawn_from=2)
    Assignment.objects.filter(pk=first.pk).update(probability=0.125, drawn_from=2)
    judgement = first.judgements.get()
    Judgement.objects.filter(pk=judgement.pk).update(outcome="b" if judgement.outcome == "a" else "a")
    equal, weighted = board_of(study), board_of(study, weights="chance")
    # Weights 4, 1, 1, 1: the first vote, which the others contradict, is worth more than all of these.
    assert len(assignments) == 4
    assert equal["systems"][0]["win_rate"] == pytest.approx(3 / 4)
    assert weighted["systems"][0]["win_rate"] == pytest.approx(4 / 7)
    assert weighted["systems"][0]["system"] != equal["systems"][0]["system"]
    assert weighted["weights"] == {"drawn": 4, "effective_votes": pytest.approx(49 / 19)}
    assert {line["votes"] for line in weighted["systems"]} == {4}


def test_votes_weigh_by_reliability_from_other_documents():
    study = make_rated_study(systems=4, documents=20, annotators=5, quota=5)
    rng, clicker = random.Random(1), study.annotators.order_by("pk").first()
    for judgement in Judgement.objects.filter(assignment__annotator=clicker):
        Judgement.objects.filter(pk=judgement.pk).update(outcome=rng.choice("ab"))
    # The others agree in nine of ten.
    for judgement in Judgement.objects.exclude(assignment__annotator=clicker):
        if rng.random() < 0.1:
            Judgement.objects.filter(pk=judgement.pk).update(outcome="b" if judgement.outcome == "a" else "a")
    equal, weighted = board_of(study), board_of(study, weights="reliability")
    weights = weighted["weights"]["annotators"]
    assert min(weights, key=weights.get) == clicker.pseudonym
    assert weights[clicker.pseudonym] < 0.4
    assert len(weights) == 5
    assert weighted["weights"]["effective_votes"] < 600
    assert weighted["votes"] == equal["votes"] == 600

    def lead(board):
        return board["systems"][0]["rating"] - board["systems"][-1]["rating"]

    assert lead(weighted) > 1.1 * lead(equal)
    text, plain = (" ".join(paragraph(board, judging_of(study))[0]) for board in (weighted, equal))
    assert "Each judgement weighs in proportion to its judge's discrimination" in text
    assert "discrimination" not in plain
    page = researcher().get(reverse("board", args=[study.slug]), {"weights": "reliability"}).content.decode()
    assert "choices on other documents follow the differences" in " ".join(page.split())
