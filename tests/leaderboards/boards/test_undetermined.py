"""What votes leave open gets no narrow interval and no rank from the prior, through a whole board and its page."""

import pytest

from annotations.models import Comparison
from leaderboards.snapshots.boards import get_board
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import system_slugs, vote_all
from tests.people import researcher

# Arithmetic on votes, and a page; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def board_of_votes(answer, *, systems, documents, people, slug="open"):
    """A board of a study in which each person answers each pair: answer(i, j, document, person) says who won.

    Systems are numbers in the order of their names, i < j; the answer is one of both, "tie", or None for no vote.
    """
    study = make_study(slug=slug, systems=systems, documents=documents, quota=max(1, people))
    slugs = system_slugs(study)
    annotators = [AnnotatorFactory(study=study) for _ in range(people)]
    places = {
        pk: number for number, pk in enumerate(study.dataset.documents.order_by("pk").values_list("pk", flat=True))
    }
    votes = []
    for comparison in Comparison.objects.filter(study=study).select_related(
        "summary_a__run__system", "summary_b__run__system"
    ):
        pair = [slugs.index(side.run.system.slug) for side in (comparison.summary_a, comparison.summary_b)]
        for slot, annotator in enumerate(annotators):
            won = answer(*sorted(pair), places[comparison.document_id], slot)
            if won is not None:
                outcome = "tie" if won == "tie" else "ab"[pair.index(won)]
                votes.append((comparison, annotator, slot, "a", outcome))
    vote_all(study.criteria.get(), votes)
    board = get_board(study, study.criteria.get())
    lines = {line["system"]: line for line in board["systems"]}
    return board, [lines[slug] for slug in slugs]


def width(line):
    return line["rating_upper"] - line["rating_lower"]


def open_ranks(line):
    return line["rank_best"], line["rank_worst"]


def test_two_votes_leave_nearly_everything_open():
    # A tie and a win: the board of before said 1208 to 1216.
    _, lines = board_of_votes(
        lambda i, j, d, k: ("tie" if d == 0 else i) if d == k else None, systems=2, documents=2, people=2
    )
    assert [line["votes"] for line in lines] == [2, 2]
    assert min(map(width, lines)) > 1000
    assert [line["rank"] for line in lines] == [1, 1]
    assert [open_ranks(line) for line in lines] == [(1, 2), (1, 2)]


@pytest.mark.parametrize(("documents", "people"), [(1, 2), (3, 3), (10, 4)])
def test_a_circle_of_ties_has_no_interval_and_no_rank(documents, people):
    _, lines = board_of_votes(lambda i, j, d, k: "tie", systems=3, documents=documents, people=people)
    for line in lines:
        assert line["rating"] == pytest.approx(1000)
        for field in ("rating_lower", "rating_upper", "rank", "rank_best", "rank_worst", "all_lower", "all_upper"):
            assert line[field] is None
            assert "too few votes" in line["reasons"][field]


def test_a_circle_of_wins_tells_nobody_apart():
    def around(i, j, d, k):
        return j if (i, j) == (0, 2) else i

    _, lines = board_of_votes(around, systems=3, documents=4, people=3)
    assert {line["rank"] for line in lines} == {None}
    assert all(line["rating_lower"] is None for line in lines)


@pytest.mark.parametrize(("documents", "people"), [(3, 1), (5, 5)])
def test_ties_of_two_and_a_third_that_lost_make_no_order_of_the_two(documents, people):
    # A = B by ties, A over C: the prior alone would put A before B.
    def answer(i, j, d, k):
        return {(0, 1): "tie", (0, 2): 0}.get((i, j))

    _, (a, b, c) = board_of_votes(answer, systems=3, documents=documents, people=people)
    assert a["rank"] == b["rank"]
    assert a["rank"] is None or (width(a) > 100 and width(b) > 100)
    assert open_ranks(a) == open_ranks(b)
    assert a["rank_best"] is None or (a["rank_best"] <= 1 and a["rank_worst"] >= 2)
    # C lost all it played: it is no first among systems without a rank.
    assert c["rank"] is None or a["rank"] is not None
    assert c["rating_lower"] is None


def test_a_clean_sweep_of_few_votes_is_no_lead_and_of_many_has_no_interval():
    def answer(i, j, d, k):
        return i if i == 0 else (i, j)[(d + k) % 2]

    _, few = board_of_votes(answer, systems=3, documents=2, people=1)
    assert all(open_ranks(line) in {(1, 3), (None, None)} for line in few)
    assert few[0]["rating_lower"] is None
    board, many = board_of_votes(answer, systems=3, documents=12, people=4, slug="many")
    assert many[0]["rating_lower"] is None
    assert "cannot say" in many[0]["reasons"]["rating_lower"]
    assert open_ranks(many[0]) == (1, 1)
    assert [line["rank"] for line in many] == [1, 2, 2]
    assert any("cannot say" in warning for warning in board["warnings"])


def test_the_page_shows_a_dash_for_what_is_open():
    board, lines = board_of_votes(lambda i, j, d, k: "tie", systems=3, documents=4, people=4)
    page = researcher().get(f"/boards/{board['study']}/").content.decode()
    assert page.count("—") >= len(lines)
    assert "too few votes" in page
