"""Marking errors in a front end of one's own: the checks of the page, in the characters that the front end was given."""

import uuid

import pytest

from annotations.people.joining import join
from marks.models import Mark, NoErrorFound, Reading
from tests.api.helpers import error_of, new_key, rater
from tests.marks.files import TEXT, study_with_texts

pytestmark = pytest.mark.django_db

MARKDOWN = "## Decisions\n\n- **Maya** ships on *Monday* 🚀.\n- 李雷修复测试。"


def front_of(**values):
    return rater(join(study_with_texts(**values)))


def pair_of(front):
    return front.post("/rating/next").json()["pair"]


def a_mark(pair, words="Monday", side="left", **changes):
    sent = {"token": pair["token"], "side": side, "kind": "invented", "severity": "major", "client_key": new_key()}
    if words:
        start = pair[side].index(words)
        sent |= {"start": start, "end": start + len(words), "text": words}
    return sent | changes


@pytest.mark.parametrize("summary_format", ["rendered", "plain", "written"])
@pytest.mark.parametrize("words", ["Maya", "Monday", "🚀", "李雷"])
def test_places_are_characters_of_the_text_as_answered(summary_format, words):
    front = front_of(text=MARKDOWN, ask_marks="optional", summary_format=summary_format)
    pair = pair_of(front)
    assert ("**" in pair["left"]) is (summary_format != "plain")
    assert front.post("/rating/marks", a_mark(pair, words)).json() == {"complete": False, "repeated": False}
    stored = Mark.objects.get()
    assert MARKDOWN[stored.start : stored.end] == stored.text == words
    [standing] = pair_of(front)["marks"]["standing"]
    assert pair["left"][standing["start"] : standing["end"]] == words
    assert (standing["side"], standing["kind"], standing["severity"]) == ("left", "invented", "major")


def test_a_comment_says_why():
    front = front_of(ask_marks="optional")
    pair = pair_of(front)
    assert front.post("/rating/marks", a_mark(pair, comment=" It was Friday. ")).status_code == 200
    assert Mark.objects.get().comment == "It was Friday."


def test_a_pair_says_what_may_be_marked():
    marks = pair_of(front_of(ask_marks="required"))["marks"]
    assert (marks["required"], marks["standing"], marks["lacking"]) == (True, [], [])
    assert {kind["about"] for kind in marks["kinds"]} == {"words", "whole"}
    assert marks["kinds"][0]["help_text"] == "Nobody said this in the meeting."
    assert pair_of(front_of())["marks"] is None


def test_a_mark_is_given_once_and_taken_back_once():
    front = front_of(ask_marks="optional")
    pair = pair_of(front)
    sent = a_mark(pair)
    assert [front.post("/rating/marks", sent).json()["repeated"] for _ in range(2)] == [False, True]
    assert error_of(front.post("/rating/marks", sent | {"severity": "minor"}))["code"] == "key_used"
    back = {"token": pair["token"], "mark": sent["client_key"], "client_key": new_key()}
    assert [front.post("/rating/marks/take-back", back).json()["repeated"] for _ in range(2)] == [False, True]
    assert not Mark.objects.standing().exists()


def test_what_loses_needs_a_mark_or_the_word_that_there_is_none():
    front = front_of(documents=2, ask_marks="required")
    for last in ("mark", "none"):
        pair = pair_of(front)
        vote = {"token": pair["token"], "criterion": "overall", "choice": "right", "client_key": new_key()}
        assert front.post("/rating/votes", vote).json()["complete"] is False
        assert pair_of(front)["marks"]["lacking"] == ["left"]
        sent = a_mark(pair) if last == "mark" else {"token": pair["token"]}
        path = "/rating/marks" if last == "mark" else "/rating/marks/none"
        assert front.post(path, sent).json() == {"complete": True, "repeated": False}
    assert pair_of(front) is None
    assert (Mark.objects.count(), NoErrorFound.objects.count()) == (1, 1)


def test_both_are_read_for_errors():
    front = front_of(ask_marks="optional")
    sent = {"token": pair_of(front)["token"]}
    for _ in range(2):
        assert front.post("/rating/marks/read", sent).json() == {"complete": False, "repeated": False}
    assert Reading.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"text": "Friday"}, 400, "text_differs"),
        ({"start": 0, "end": 6}, 400, "text_differs"),
        ({"start": len(TEXT), "end": len(TEXT) + 6}, 400, "text_differs"),
        ({"end": 0}, 400, "text_differs"),
        ({"kind": "missing decision"}, 400, "unknown_kind"),
        ({"start": 34, "end": 35, "text": " "}, 400, "text_differs"),
        ({"token": str(uuid.uuid4())}, 404, "unknown_assignment"),
        ({"start": None}, 422, "invalid"),
        ({"text": ""}, 422, "invalid"),
        ({"start": 2**31}, 422, "invalid"),
        ({"side": "a"}, 422, "invalid"),
        ({"reason": "!"}, 422, "invalid"),
        ({"comment": "x" * 2001}, 422, "invalid"),
    ],
)
def test_what_makes_no_mark_is_refused_and_stores_nothing(change, status, code):
    front = front_of(ask_marks="optional")
    answer = front.post("/rating/marks", a_mark(pair_of(front)) | change)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code), answer.json()
    assert not Mark.objects.exists()


def test_marks_are_taken_only_where_they_are_asked():
    front = front_of()
    pair = pair_of(front)
    assert error_of(front.post("/rating/marks", a_mark(pair)))["code"] == "marks_not_asked"
    assert error_of(front.post("/rating/marks/read", {"token": pair["token"]}))["code"] == "marks_not_asked"
