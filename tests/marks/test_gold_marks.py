"""Gold marks: what a careful reader marks, told after practice and of no gold pair, and how far annotators mark it."""

import uuid

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, ControlItem, Membership
from annotations.people.joining import join
from marks.gold.expected import ExpectedMarkError, expect_mark, expect_no_more
from marks.gold.results import gold_marks_by_annotator, marks_feedback
from marks.kinds.storing import ensure_library
from marks.marking.recording import NewMark, record_mark
from marks.models import ExpectedMark
from stats.raters.gold_marks import MarkedItem, gold_marks
from stats.votes.arrays import InvalidVotesError
from tests.annotations.helpers import make_gold, vote_on
from tests.factories import UserFactory
from tests.marks.files import TEXT, study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = study_with_texts(systems=2, documents=4, ask_marks="optional", gold_every=2)
    ensure_library(study)
    return study


def control_item(study, purpose="gold"):
    make_gold(study.comparisons.for_rating().last(), purpose=purpose)
    return ControlItem.objects.get()


def kind(study, key="invented"):
    return study.mark_kinds.get(key=key)


def given(study, item):
    """The item's pair, given to somebody who joins."""
    lease = {"slot": 0, "state": "leased", "lease_until": timezone.now()}
    return Assignment.objects.create(comparison=item.comparison, annotator=join(study), shown_left="b", **lease)


def marked(pair, side, words=None, key="invented"):
    """Mark words on the summary a or b of a pair."""
    shown = "left" if pair.shown_left == side else "right"
    place = {}
    if words:
        inked, text = "".join(words.split()), "".join(TEXT.split())
        place = {"start": text.index(inked), "end": text.index(inked) + len(inked), "text": inked}
    record_mark(pair.annotator, NewMark(pair.token, shown, key, "minor", uuid.uuid4(), **place))


def test_figures_pool_items():
    # Of three expected marks two were found; 6 characters are shared of 10 and 8 that were marked: 2 x 6 / 18.
    result = gold_marks([MarkedItem(2, 1, 6, 18), MarkedItem(1, 1, 0, 0)])
    assert (result.found.hits, result.found.n, result.overlap, result.reason) == (2, 3, 2 / 3, "")
    assert gold_marks([]).overlap is None and gold_marks([]).found.value is None
    assert gold_marks([MarkedItem(1, 1, 0, 0)]).reason == "neither of the two marked words"
    for wrong in (MarkedItem(1, 2, 0, 0), MarkedItem(1, 1, 2, 3)):
        with pytest.raises(InvalidVotesError):
            gold_marks([wrong])


def test_an_annotator_is_held_against_what_is_expected(study):
    item = control_item(study)
    expect_mark(item, "a", kind(study), "ships the checkout on Monday", None)
    expect_mark(item, "a", kind(study), "Wednesday", None)
    expect_mark(item, "b", kind(study, "missing decision"), "", None)
    pair = given(study, item)
    marked(pair, "a", "on Monday", "wrong number or date")  # another kind, and part of the words: found
    marked(pair, "b", key="missing action")  # something else is missing: not found
    marked(pair, "b", "Leo")  # without need
    vote_on(pair, "left")
    [row] = gold_marks_by_annotator(study)
    assert (row.annotator, row.items) == (pair.annotator, 1)
    assert (row.marks.found.hits, row.marks.found.n) == (1, 3)
    expected, own = len("ships the checkout on Monday") + len("Wednesday"), len("on Monday") + len("Leo")
    assert row.marks.overlap == pytest.approx(2 * len("on Monday") / (expected + own))


def test_items_that_are_off_and_pairs_that_are_not_rated_do_not_count(study):
    item = control_item(study)
    expect_mark(item, "a", kind(study), "Monday", None)
    pair = given(study, item)
    assert gold_marks_by_annotator(study) == []
    vote_on(pair, "left")
    assert len(gold_marks_by_annotator(study)) == 1
    ControlItem.objects.update(switched_off_at=item.created_at)
    assert gold_marks_by_annotator(study) == []


def test_after_practice_the_annotator_reads_what_they_missed(client, study):
    item = control_item(study, "training")
    expect_mark(item, "a", kind(study), "Monday", None)
    expect_mark(item, "b", kind(study, "missing decision"), "", None)
    pair = given(study, item)
    marked(pair, "a", "Monday")
    vote_on(pair, "left")
    side = {"left": "a", "right": "b"} if pair.shown_left == "a" else {"left": "b", "right": "a"}
    told = {side[mark.side]: (mark.kind, mark.text, mark.found) for mark in marks_feedback(pair)}
    assert told == {"a": ("Invented", "Monday", True), "b": ("Missing decision", "", False)}


def test_researchers_say_what_is_expected_on_a_page(client, study):
    owner = UserFactory()
    Membership.objects.create(study=study, user=owner, role="owner")
    client.force_login(owner)
    item = control_item(study)
    address = reverse("gold-marks", args=[study.slug, item.pk])
    assert address in client.get(reverse("study-gold", args=[study.slug])).content.decode()
    sent = {"side": "a", "kind": "invented", "words": "by  Wednesday"}
    assert client.post(address, sent).status_code == 302
    mark = ExpectedMark.objects.get()
    assert (mark.text, TEXT[mark.start : mark.end], mark.summary) == (
        "by Wednesday", "by Wednesday", item.comparison.summary_a,
    )  # fmt: skip
    for wrong in (
        sent,
        sent | {"words": "Friday"},
        sent | {"words": ""},
        sent | {"kind": "!"},
        sent | {"side": "left"},
    ):
        assert client.post(address, wrong).status_code == 400
    assert client.post(address, {"remove": mark.pk}).status_code == 302
    assert client.post(address, {"remove": "x"}).status_code == 404
    assert not ExpectedMark.objects.exists()
    client.post(address, sent)
    vote_on(given(study, item), "left")
    quality = client.get(reverse("study-quality", args=[study.slug])).content.decode()
    assert "Marks on gold items" in quality and "0 of 1" in quality


def test_what_is_expected_stays_once_somebody_answered(study):
    item = control_item(study)
    mark = expect_mark(item, "a", kind(study), "Monday", None)
    vote_on(given(study, item), "left")
    with pytest.raises(ExpectedMarkError, match="Somebody has answered"):
        expect_mark(item, "a", kind(study), "Wednesday", None)
    with pytest.raises(ExpectedMarkError, match="Somebody has answered"):
        expect_no_more(mark, None)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"text": "Friday"}, "expected_mark_text_stands_there"),
        ({"start": 1, "end": 5}, "expected_mark_text_stands_there"),
        ({"start": None}, "expected_mark_on_words_or_whole"),
        ({"summary": "elsewhere"}, "expected_mark_is_of_its_item"),
        ({"kind": "elsewhere"}, "expected_mark_is_of_its_item"),
    ],
)
def test_the_database_refuses_expected_marks_that_do_not_fit(study, change, match):
    item, other = control_item(study), study_with_texts()
    ensure_library(other)
    elsewhere = {"summary": other.comparisons.first().summary_a, "kind": kind(other)}
    change = {name: elsewhere[name] if value == "elsewhere" else value for name, value in change.items()}
    fits = {
        "item": item,
        "summary": item.comparison.summary_a,
        "kind": kind(study),
        "start": 0,
        "end": 4,
        "text": "Maya",
    }
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        ExpectedMark.objects.create(**fits | change)
    ExpectedMark.objects.create(**fits)
    with pytest.raises(DatabaseError, match="expected_mark_never_changes"), transaction.atomic():
        ExpectedMark.objects.update(text="Leo!")
    with pytest.raises(DatabaseError, match=r"(?i)unique"), transaction.atomic():
        ExpectedMark.objects.create(**fits)
