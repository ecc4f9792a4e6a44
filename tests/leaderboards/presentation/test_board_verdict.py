"""The answer of a board in words, in a picture, and on its page."""

import re

import pytest
from django.test import Client
from django.utils import translation

from annotations.models import Study
from leaderboards.data.filters import Filters
from leaderboards.presentation.board_verdict import MEASURES, say_pair, say_verdict
from leaderboards.presentation.study_verdict import study_verdict
from leaderboards.presentation.verdict_picture import draw_verdict
from leaderboards.snapshots.boards import get_board
from lib.text.translated import translated
from tests.factories import SystemFactory, UserFactory, make_study
from tests.leaderboards.compared import make_compared_study

SPACE = "\N{NO-BREAK SPACE}"


def gain(small, large, times, reason=""):
    costs = {"small": {"value": small, "reason": ""}, "large": {"value": large, "reason": ""}}
    return costs | {"times": times, "reason": reason}


def verdict(**values):
    named = {"by": "named", "among": "", "candidates": [], "left_out": ""}
    found = {
        "small": "tiny", "large": "big", "chosen": {"small": named, "large": named}, "named_before_votes": True,
        "margin": 0.05, "difference": -0.03, "lower": -0.13, "upper": 0.05, "error": 0.04, "p": 0.3, "reason": "",
        "share": 0.47, "share_lower": 0.37, "share_upper": 0.55, "verdict": "undecided", "votes_needed": 900,
        "annotators_needed": 14, "documents_needed": 45, "votes_lower": 610, "votes_upper": None, "ask_again": 610,
        "told": "not told apart", "equivalent": False, "p_equivalence": 0.3,
        "pairs": 1, "too_few": "",
        "gains": {
            "parameters": gain(780e6, 13e9, 13e9 / 780e6), "seconds": gain(4.2, 15, 15 / 4.2),
            "price": gain(None, None, None, "both: no price on the system's record"), "memory": gain(6e9, 3e9, 0.5),
        },
    }  # fmt: skip
    return found | values


def said(**values):
    return say_verdict({"verdict": verdict(**values), "votes": 400})


def test_the_sentence_is_for_everyone():
    answer = said()
    assert (answer.kind, answer.heading) == ("open", "Not decided yet")
    assert answer.sentence.replace(SPACE, " ").startswith(
        "tiny is preferred in 47 % of comparisons with big (95 %: 37 to 55 %); good enough means surely at least 45 %. "
        "It takes more votes to decide it with 4 chances in 5. About 900 votes in all, spread evenly over 14 annotators and 45 documents; at "
        "least 610 votes, and perhaps any number more. Ask again after 610 votes."
    )
    assert said(lower=-0.04, verdict="not inferior").heading == "Good enough"
    assert said(upper=-0.06, verdict="inferior").heading == "Not good enough"


@pytest.mark.parametrize("most", [None, 1200])
def test_an_open_verdict_is_in_chinese_to_its_end(most):
    with translation.override("zh-hans"):
        sentence = translated(said(votes_upper=most).sentence)
    assert set(re.findall("[A-Za-z]+", sentence)) == {"tiny", "big"}
    assert sentence.endswith("累计 610 票后再来查看。")


def test_gains_are_times_with_both_costs_and_a_dash_with_a_reason():
    assert [(row.label, row.text, row.detail) for row in said().gains] == [
        ("Size", "17 × smaller", "780M instead of 13B"),
        ("Time a summary", "3.6 × faster", "4.2 s instead of 15 s"),
        ("Price a summary", "—", "both: no price on the system's record"),
        ("Peak memory", "2 × more memory", "6.0 GB instead of 3.0 GB"),
    ]


def test_wins_ties_and_losses_are_said_apart():
    notes = said(outcomes={"won": 168, "tied": 1172, "lost": 60}).notes
    assert "Votes on the two: 168 for tiny, 1,172 for neither, 60 for big." in notes
    assert notes[-1] == "A tie, or both bad, is half for each side."
    indirect = "The share rests on these and, each counting for less, on the 250 votes on other pairs."
    assert indirect in said(outcomes={"won": 90, "tied": 20, "lost": 40}).notes
    assert not any("other pairs" in note for note in said(outcomes={"won": 300, "tied": 60, "lost": 40}).notes)
    for nothing in (None, {"won": 0, "tied": 0, "lost": 0}):
        assert not any("Votes on the two" in note for note in said(outcomes=nothing).notes)


def test_who_chose_the_two_systems_is_said():
    leads = {"by": "leads", "among": "compact", "candidates": ["tiny", "mini"], "left_out": ""}
    only = {"by": "only", "among": "large", "candidates": ["big"], "left_out": ""}
    assert said().notes[0] == "The study named tiny and big before the first vote."
    at_once = "The interval holds for all 2 pairs at once, so it allows for the choice."
    assert at_once not in said().notes
    assert said(named_before_votes=False, pairs=2).notes[:2] == [
        "The study named tiny and big after the first vote.",
        at_once,
    ]
    assert said(chosen={"small": leads, "large": only}, pairs=2, named_before_votes=None).notes[:2] == [
        "Chosen by the votes: tiny leads the compact systems.",
        at_once,
    ]


def test_too_few_votes_are_no_numbers():
    answer = said(too_few="too few to say: 2 votes of at least 20")
    assert (answer.heading, answer.picture) == ("Not decided yet", None)
    assert answer.sentence == (
        "Too few to say: 2 votes of at least 20. It takes 20 votes by 3 annotators on 3 documents on each of tiny and big."
    )
    assert answer.gains[0].text == "17 × smaller"


def test_without_a_margin_there_is_no_verdict_but_an_interval():
    answer = said(margin=None, verdict=None, p=None, votes_needed=None)
    assert (answer.kind, answer.heading) == ("none", "No verdict")
    assert (answer.picture.least, answer.picture.least_x) == ("", "")


@pytest.mark.parametrize(
    ("side", "about", "sentence"),
    [
        ("large", {"among": ""}, "There are only compact systems and baselines here"),
        ("small", {"among": ""}, "No system here is known to be small"),
        ("large", {"among": "", "left_out": "big"}, "The study asks about big, which this view leaves out."),
        ("large", {"among": "large"}, "No votes yet: they choose the two systems"),
    ],
)
def test_without_two_systems_it_says_why(side, about, sentence):
    chosen = verdict()["chosen"] | {side: {"by": "", "candidates": [], "left_out": ""} | about}
    answer = said(**{side: None}, chosen=chosen)
    assert answer.sentence.startswith(sentence)
    assert (answer.gains, answer.picture) == ([], None)
    assert answer.heading == ("Not decided yet" if about["among"] else "No verdict")


def test_the_picture_by_hand():
    # From 37 to 55 % and 8 % of that on either side: 35.56 to 56.44 %, drawn between 3 and 97 % of the width.
    picture = draw_verdict(verdict())
    place = {share: f"{3 + 94 * (share - 35.56) / 20.88:.2f}%" for share in (37, 45, 47, 50, 55)}
    assert (picture.x1, picture.x, picture.x2) == (place[37], place[47], place[55])
    assert (picture.least_x, picture.half_x, picture.least_anchor) == (place[45], place[50], "start")
    assert float(picture.least_width[:-1]) == pytest.approx(100 - float(picture.least_x[:-1]))
    assert [tick.label.replace(SPACE, " ") for tick in picture.ticks] == ["40 %", "45 %", "50 %", "55 %"]
    assert picture.description.replace(SPACE, " ") == (
        "tiny preferred to big: 47 %, 95 % interval 37 to 55 %; good enough from 45 % on"
    )


def test_the_picture_stays_within_what_a_share_can_be():
    picture = draw_verdict(verdict(share=0.99, share_lower=0.97, share_upper=0.999))
    assert float(picture.x2[:-1]) < 97
    assert [tick.label.replace(SPACE, " ") for tick in picture.ticks][-1] == "100 %"


# ---- of a study


@pytest.fixture
def study(db):
    return make_compared_study(slug="meetings", documents=5, annotators=3, noninferiority_margin=0.05)


def page(address="", **query):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    response = client.get(f"/boards/meetings/{address}", query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode()).replace(SPACE, " ")


def test_a_picked_pair_holds_with_all_others_and_the_board_s_pair_is_that_of_the_board(study):
    board = get_board(study, study.criteria.get())
    from leaderboards.boards.small_large import compute_small_large
    from leaderboards.data.inputs import gather_inputs

    data = compute_small_large(gather_inputs(study, study.criteria.get()), 0)
    chosen, _ = say_pair(board, data, board["verdict"]["small"], board["verdict"]["large"])
    assert chosen == say_verdict(board)
    picked, result = say_pair(board, data, "lead-3", "phi-2")
    assert (result["small"], result["share"]) == ("lead-3", 0.5 + result["difference"])
    assert picked.notes[0].startswith("The interval holds for all 16 pairs at once")
    assert [row.label for row in picked.gains] == [measure.label for measure in MEASURES]


def test_the_board_s_page_begins_with_the_answer(study):
    html, answer = page(), study_verdict(study)
    assert answer.sentence.replace(SPACE, " ") in html
    assert html.index(answer.heading) < html.index("Votes</dt>") < html.index('id="systems"')
    assert 'role="img" aria-labelledby="verdict-title verdict-text"' in html
    assert f"Is {answer.small} good enough in place of {answer.large}?" in html
    assert answer.sentence.replace(SPACE, " ") in page("small-versus-large/")


def test_the_answer_is_that_of_the_view(study):
    assert "There are only compact systems and baselines here" in page(size="compact")
    filtered = study_verdict(study, filters=Filters(ties="dropped"))
    assert filtered.sentence.replace(SPACE, " ") in page(ties="dropped")


def test_lists_of_studies_read_what_is_stored_and_compute_nothing(study, django_assert_num_queries):
    assert study_verdict(study, compute=False) is None
    stored = study_verdict(study)
    study = Study.objects.get()
    criterion = study.criteria.get()
    with django_assert_num_queries(1):
        assert study_verdict(study, criterion, compute=False) == stored


@pytest.mark.django_db
def test_systems_without_a_size_and_studies_without_votes_have_a_page():
    study = make_study(slug="meetings", systems=2, documents=2)
    assert "No system here is known to be small" in page()
    study.systems.add(SystemFactory(slug="lead", regime="baseline"))
    assert "No votes yet: they choose the two systems" in page()
    assert "A system is rated from 20 votes by 3 annotators on 3 documents on." in page()
