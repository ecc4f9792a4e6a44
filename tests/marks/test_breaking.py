"""What breaks places in texts, and moments at which nobody expects a mark."""

import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from annotations.models import Assignment
from annotations.people.joining import join
from annotations.people.links import invitation_path
from annotations.people.privacy import erase
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import return_expired
from annotations.rating.votes import AnswerRefusedError
from marks.exports.rows import mark_rows
from marks.imports.storing import import_marks
from marks.kinds.storing import ensure_library
from marks.marking.recording import NewMark, record_mark, take_back
from marks.marking.shown import shown_text
from marks.models import Mark
from marks.report.figures import mark_figures
from tests.marks.files import file_of, row, study_with_texts
from tests.marks.test_marking import a_mark, add, code, post, token

pytestmark = pytest.mark.django_db

TEXTS = {
    "combining": "Cafe\u0301 re\u0301sume\u0301 ok",
    "right to left": "\u200fשלום ship יום שני\u200e.",
    "leading blanks": "   Maya ships\n      Leo tests",
    "code by indent": "    Maya ships\n\tLeo tests",
    "line ends": "Maya\r\nships\r\r\n\nLeo",
    "blanks that count": "Maya\u00a0ships\u3000on\u200bMonday\u2028Leo\ufeff\u00ad!",
    "emoji": "👩‍👩‍👧🇨🇳 𠮷 ❤️ 1️⃣",
    "entities": "&amp; <b>Maya</b> &#128640; <!-- no -->",
    "separators": "Maya\x1c\x1d\x85ships",
}


def pair_in(study):
    ensure_library(study)
    return next_assignment(join(study))


def whole_of(pair, text, summary_format, **values):
    inked = shown_text(text, summary_format).text
    about = {"side": "left", "kind": "invented", "severity": "minor", "client_key": uuid.uuid4()} | values
    return NewMark(token=pair.token, start=0, end=len(inked), text=inked, **about)


@pytest.mark.parametrize("summary_format", ["rendered", "plain", "written"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_all_that_is_shown_can_be_marked(text, summary_format):
    pair = pair_in(study_with_texts(text=text, documents=1, ask_marks="optional", summary_format=summary_format))
    record_mark(pair.annotator, whole_of(pair, text, summary_format))
    stored = Mark.objects.get()
    assert text[stored.start : stored.end] == stored.text
    assert shown_text(text, summary_format).shown(stored.start, stored.end)[0] == 0


@pytest.mark.parametrize("summary_format", ["rendered", "plain", "written"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_character_has_one_place(text, summary_format):
    """Forth and back: a character shown stands in the stored text at a place that shows this character."""
    shown = shown_text(text, summary_format)
    for n, character in enumerate(shown.text):
        start, end = shown.stored(n, n + 1)
        assert character in (text[start:end], unescape(text[start:end]))
        assert shown.shown(start, end) == (n, n + 1)


def test_marks_may_lie_over_each_other():
    pair = pair_in(study_with_texts(documents=1, ask_marks="optional"))
    for words in ("Mayaships", "shipsthecheckout", "ships", "ships"):
        start = "Mayashipsthecheckout".index(words)
        new = NewMark(pair.token, "left", "invented", "minor", uuid.uuid4(), start, start + len(words), words)
        record_mark(pair.annotator, new)
    assert Mark.objects.standing().count() == 4


def test_a_thousand_marks_on_one_summary(tmp_path):
    study = study_with_texts(documents=1)
    rows = [row(study, comment=f"Reason {n}.") for n in range(1_000)]
    assert import_marks(file_of(tmp_path, *rows), study).added == 1_000
    assert import_marks(file_of(tmp_path, *rows), study).added == 0
    assert sum(1 for _ in mark_rows(study)) == 1_000
    assert mark_figures(study)["marks"] == 1_000


def test_a_lapsed_pair_takes_marks_and_stays_with_the_others(client):
    pair = pair_in(study_with_texts(documents=1, ask_marks="optional"))
    return_expired(pair.comparison.study, now=timezone.now() + timedelta(days=1))
    record_mark(pair.annotator, NewMark(pair.token, "left", "missing decision", "minor", uuid.uuid4()))
    assert Assignment.objects.get().state == "expired"


def test_a_lapsed_pair_that_others_rated_takes_none_where_marks_are_required():
    study = study_with_texts(documents=1, ask_marks="required", quota=1)
    pair = pair_in(study)
    return_expired(study, now=timezone.now() + timedelta(days=1))
    assert pair_in(study).comparison_id == pair.comparison_id
    new = NewMark(pair.token, "left", "missing decision", "minor", uuid.uuid4())
    with pytest.raises(AnswerRefusedError, match="others have rated it"):
        record_mark(pair.annotator, new)
    assert not Mark.objects.exists()


def test_after_erasure_nothing_of_the_person_comes_in_again(client):
    study = study_with_texts(ask_marks="optional")
    client.post(invitation_path(study))
    shown = token(client, study)
    add(client, study, a_mark(shown))
    erase(study.annotators.get())
    refused = add(client, study, a_mark(shown))
    assert refused.status_code in (403, 404, 409), refused.content
    assert post(client, study, "read-for-errors", {"token": shown}).status_code in (403, 404, 409)
    assert not Mark.objects.exists()


def test_two_tabs_take_the_same_mark_back(client):
    study = study_with_texts(ask_marks="required")
    client.post(invitation_path(study))
    shown = token(client, study)
    sent = a_mark(shown)
    add(client, study, sent)
    back = {"token": shown, "mark": sent["client_key"]}
    tabs = [post(client, study, "take-back-mark", back | {"client_key": uuid.uuid4()}) for _ in range(2)]
    assert [tab.json()["repeated"] for tab in tabs] == [False, True]
    assert (
        code(post(client, study, "take-back-mark", back | {"mark": uuid.uuid4(), "client_key": uuid.uuid4()}))
        == "unknown_mark"
    )


def test_one_key_takes_one_mark_back():
    pair = pair_in(study_with_texts(documents=1, ask_marks="optional"))
    keys = [uuid.uuid4(), uuid.uuid4()]
    for key in keys:
        record_mark(pair.annotator, NewMark(pair.token, "left", "missing decision", "minor", key))
    again = uuid.uuid4()
    take_back(pair.annotator, pair.token, keys[0], again)
    with pytest.raises(AnswerRefusedError, match="key was used"):
        take_back(pair.annotator, pair.token, keys[1], again)
    assert Mark.objects.standing().count() == 1
