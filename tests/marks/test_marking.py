"""What annotators send of marks: their own pair alone, once, at words that stand there, blind and while the study is open."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Study
from annotations.people.links import invitation_path
from lib.markup.plain import with_origin
from marks.kinds.storing import offer_only
from marks.marking.shown import shown_text
from marks.models import Mark, Reading, Withdrawal
from tests.annotations.helpers import vote_on
from tests.marks.files import TEXT, study_with_texts

pytestmark = pytest.mark.django_db

INKED = "".join(TEXT.split())


@pytest.fixture
def study():
    return study_with_texts(systems=2, documents=2, ask_marks="optional")


@pytest.fixture
def annotator(client, study):
    client.post(invitation_path(study))
    return study.annotators.get()


def url(study, name):
    return reverse(name, args=[study.public_id])


def token(client, study):
    return client.get(url(study, "rate")).context["page"].token


def words(phrase, text=TEXT):
    """Where a phrase stands among the characters that count, and these."""
    inked = "".join(phrase.split())
    start = "".join(text.split()).index(inked)
    return {"start": start, "end": start + len(inked), "text": inked}


def a_mark(token, phrase="Monday", **changes):
    sent = {"token": token, "side": "left", "error_kind": "wrong number or date", "severity": "major"}
    place = words(phrase) if phrase else {}
    return sent | {"client_key": uuid.uuid4()} | place | changes


def post(client, study, name, sent):
    """As the scripts of the page do."""
    return client.post(url(study, name), sent, headers={"Accept": "application/json"})


def add(client, study, sent):
    return post(client, study, "add-mark", sent)


def code(answer):
    return answer.json()["error"]["code"]


def test_a_mark_is_stored_at_its_words_in_the_summary_shown_there(client, study, annotator):
    shown = token(client, study)
    for side in ("left", "right"):
        assert add(client, study, a_mark(shown, "by Wednesday", side=side)).json() == {
            "saved": True, "complete": False, "repeated": False,
        }  # fmt: skip
    left, right = Mark.objects.order_by("pk")
    assert TEXT[left.start : left.end] == left.text == "by Wednesday"
    assert (left.severity, left.kind.key, left.annotator) == ("major", "wrong number or date", annotator)
    pair = left.assignment.comparison
    shown_left = pair.summary_a if left.assignment.shown_left == "a" else pair.summary_b
    assert left.summary == shown_left
    assert {left.summary, right.summary} == {pair.summary_a, pair.summary_b}


def test_the_page_shows_again_what_stands(client, study, annotator):
    shown = token(client, study)
    add(client, study, a_mark(shown, "by Wednesday", side="right"))
    add(client, study, a_mark(shown, None, error_kind="missing decision", severity="minor"))
    first, second = json.loads(client.get(url(study, "rate")).context["marking"].marks)
    place = words("by Wednesday")
    assert (first["side"], first["text"]) == ("right", "by Wednesday")
    assert (first["start"], first["end"]) == (place["start"], place["end"])
    assert (second["side"], second["kind"], "start" in second) == ("left", "missing decision", False)


def test_a_mark_sent_again_is_the_same_mark(client, study, annotator):
    sent = a_mark(token(client, study))
    assert add(client, study, sent).json()["repeated"] is False
    assert add(client, study, sent).json()["repeated"] is True
    assert code(add(client, study, sent | {"severity": "minor"})) == "key_used"
    assert Mark.objects.count() == 1


def test_a_mark_is_taken_back_once_and_stays_on_record(client, study, annotator):
    shown = token(client, study)
    sent = a_mark(shown)
    add(client, study, sent)
    back = {"token": shown, "mark": sent["client_key"], "client_key": uuid.uuid4()}
    for repeated in (False, True):
        assert post(client, study, "take-back-mark", back).json()["repeated"] is repeated
    assert Withdrawal.objects.count() == Mark.objects.count() == 1
    assert not Mark.objects.standing().exists()
    assert json.loads(client.get(url(study, "rate")).context["marking"].marks) == []
    unknown = post(client, study, "take-back-mark", back | {"mark": uuid.uuid4()})
    assert (unknown.status_code, code(unknown)) == (404, "unknown_mark")


def test_who_found_nothing_has_read_both(client, study, annotator):
    sent = {"token": token(client, study)}
    for _ in range(2):
        answer = post(client, study, "read-for-errors", sent)
        assert answer.json() == {"saved": True, "complete": False, "repeated": False}
    assert Reading.objects.filter(annotator=annotator).count() == 2


def test_a_pair_that_comes_again_looks_new(client):
    """The same two summaries, marked and read before: nothing on the page or in the answers tells so."""
    study = study_with_texts(documents=12, ask_marks="optional", repeat_every=2)
    client.post(invitation_path(study))
    shown = []
    while page := client.get(url(study, "rate")).context.get("page"):
        before = client.get(url(study, "rate"))
        read = post(client, study, "read-for-errors", {"token": page.token})
        after = client.get(url(study, "rate"))
        marked = add(client, study, a_mark(page.token))
        shown.append((before.context["marking"], after.context["marking"], read.json(), marked.json()))
        vote_on(study.annotators.get().assignments.get(token=page.token), "left")
    pairs = study.annotators.get().assignments.values_list("comparison__purpose", flat=True)
    assert len(set(pairs)) > 1 and len(shown) == len(pairs) > 12
    assert all(one == shown[0] for one in shown)


@pytest.mark.parametrize(
    "change",
    [
        {"start": len(INKED) - 2, "end": len(INKED) + 4},
        {"start": 10**6, "end": 10**6 + 6},
        {"start": 0, "end": 6},
        {"text": "Friday"},
    ],
)
def test_words_must_stand_where_the_mark_says(client, study, annotator, change):
    answer = add(client, study, a_mark(token(client, study), **change))
    assert (answer.status_code, code(answer)) == (400, "text_differs")
    assert not Mark.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": -1}, "start"),
        ({"start": ""}, "start"),
        ({"text": ""}, "start"),
        ({"text": "x" * 100_001}, "text"),
        ({"side": "a"}, "side"),
        ({"severity": "fatal"}, "severity"),
        ({"client_key": "!"}, "client_key"),
        ({"token": ""}, "token"),
        ({"error_kind": "x" * 101}, "error_kind"),
    ],
)
def test_what_makes_no_mark_is_named(client, study, annotator, change, field):
    answer = add(client, study, a_mark(token(client, study)) | change)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert not Mark.objects.exists()


@pytest.mark.parametrize(
    "text", ["🚀 Maya 👩‍👩‍👧 ships 𠮷 on Monday.", "会议决定周五发布。\n李雷 周三前修复测试。", "a\r\nb\tc\u3000 d"]
)
@pytest.mark.parametrize("summary_format", ["rendered", "plain", "written"])
def test_characters_beyond_sixteen_bits_are_one_each(client, text, summary_format):
    study = study_with_texts(text=text, ask_marks="optional", summary_format=summary_format)
    client.post(invitation_path(study))
    last = text.split()[-1]
    shown = shown_text(text, summary_format).text
    place = {"start": len(shown) - len(last), "end": len(shown), "text": last}
    answer = add(client, study, a_mark(token(client, study), None) | place)
    assert answer.status_code == 200, answer.content
    mark = Mark.objects.get()
    assert mark.text == last == text[mark.start : mark.end]


MARKDOWN = "# Decisions\n\n1. **Maya** ships *on\nMonday* & [Leo](http://x)\n   - [x] tests `a < b`\n\n| who | what |\n|--|--|\n| Leo | fix |\n\n> quoted\n\n```\ncode here\n```\n"


def test_markdown_maps_to_its_source(client):
    shown = shown_text(MARKDOWN, "rendered")
    for phrase in ("shipsonMonday", "Leo", "a<b", "fix", "quoted", "codehere"):
        start = shown.text.index(phrase)
        first, behind = shown.stored(start, start + len(phrase))
        assert MARKDOWN[first] == phrase[0]
        assert MARKDOWN[behind - 1] == phrase[-1]
        assert shown.shown(first, behind) == (start, start + len(phrase))
    plain = shown_text(MARKDOWN, "plain")
    assert plain.text == "".join(with_origin(MARKDOWN).text.split())
    assert plain.stored(*(plain.text.index("1.") + n for n in (0, 2))) is None  # a sign that the page sets


def test_only_ones_own_pair(client, study, annotator):
    shown = token(client, study)
    other = Client()
    other.post(invitation_path(study))
    theirs = other.get(url(study, "rate")).context["page"].token
    for sent in (a_mark(theirs), a_mark(uuid.uuid4())):
        answer = add(client, study, sent)
        assert (answer.status_code, code(answer)) == (404, "unknown_assignment")
        assert post(client, study, "read-for-errors", {"token": sent["token"]}).status_code == 404
    mine = a_mark(shown)
    add(client, study, mine)
    stolen = {"token": theirs, "mark": mine["client_key"], "client_key": uuid.uuid4()}
    assert code(post(other, study, "take-back-mark", stolen)) == "unknown_mark"
    assert Mark.objects.standing().count() == 1


@pytest.mark.parametrize("name", ["add-mark", "take-back-mark", "read-for-errors"])
def test_strangers_and_forged_requests_are_refused(client, study, annotator, name):
    sent = a_mark(token(client, study)) | {"mark": uuid.uuid4()}
    assert post(Client(), study, name, sent).status_code == 403
    assert client.get(url(study, name)).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert post(strict, study, name, sent).status_code == 403
    assert not Mark.objects.exists()


CLOSED = {"status": "closed"}


def test_a_closed_study_takes_no_marks_and_none_back(client, study, annotator):
    shown = token(client, study)
    sent = a_mark(shown)
    add(client, study, sent)
    Study.objects.update(**CLOSED)
    assert code(add(client, study, a_mark(shown))) == "study_not_open"
    assert add(client, study, sent).json()["repeated"]  # it is stored, and the browser may forget it
    back = {"token": shown, "mark": sent["client_key"], "client_key": uuid.uuid4()}
    assert code(post(client, study, "take-back-mark", back)) == "study_not_open"
    assert code(post(client, study, "read-for-errors", {"token": shown})) == "study_not_open"


def test_a_pair_rated_meanwhile_still_takes_a_mark_and_a_skipped_one_none(client, study, annotator):
    shown = token(client, study)
    vote_on(annotator.assignments.get(token=shown), "left")
    assert add(client, study, a_mark(shown)).status_code == 200
    following = token(client, study)
    skip = {"token": following, "kind": "skip", "reason": "other", "client_key": uuid.uuid4()}
    client.post(url(study, "remark"), skip)
    assert code(add(client, study, a_mark(following))) == "unknown_assignment"


def test_kinds_are_those_offered(client, study, annotator):
    shown = token(client, study)
    offer_only(study, ["invented", "missing reason"])
    assert code(add(client, study, a_mark(shown))) == "unknown_kind"
    assert code(add(client, study, a_mark(shown, error_kind="missing reason"))) == "unknown_kind"
    assert code(add(client, study, a_mark(shown, None, error_kind="invented"))) == "unknown_kind"
    assert add(client, study, a_mark(shown, error_kind="invented")).status_code == 200


def test_without_the_setting_nothing_is_shown_or_taken(client):
    study = study_with_texts()
    client.post(invitation_path(study))
    answer = client.get(url(study, "rate"))
    assert "marking" not in answer.context
    assert b"data-marking" not in answer.content and b"marks/" not in answer.content
    assert code(add(client, study, a_mark(answer.context["page"].token))) == "marks_not_asked"
    assert not Mark.objects.exists() and not study.mark_kinds.exists()


def test_a_pair_takes_no_end_of_marks(client, study, annotator, monkeypatch):
    monkeypatch.setattr("marks.marking.recording.MOST_MARKS", 2)
    shown = token(client, study)
    answers = [add(client, study, a_mark(shown)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert code(answers[-1]) == "too_many_marks"
