"""Sentences and turns on the rating page: of both summaries or of none, and nothing but numbers of turns."""

import html
import re

import pytest
from django.urls import reverse

from annotations.models import SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.people.links import invitation_path
from models_runner.models import Summary
from tests.factories import make_study

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

TEXT = "First point.\n\n  Second & <b>bold</b> point. "
# Blanks are shown alike on both sides.
SHOWN = "First point.\n\nSecond & <b>bold</b> point."
SPANS = [
    {"start": 0, "end": 12, "turns": [{"number": 3, "score": 0.987654}, {"number": 1, "score": 0.6}]},
    {"start": 16, "end": 42, "turns": []},
]
TEXT_BOX = re.compile(r'<div class="summary-text" lang="en">(.*?)</div>', re.DOTALL)


@pytest.fixture
def study(client):
    made = make_study(systems=2, documents=1, summary_format="written")
    Summary.objects.update(text=TEXT)
    client.post(invitation_path(made))
    return made


def give_evidence(*, which=slice(None), **changes):
    for summary in Summary.objects.order_by("pk")[which]:
        SummaryEvidence.objects.create(**{"summary": summary, "spans": SPANS, "signature": f"{METHOD}|test"} | changes)


def page(client, study):
    return client.get(reverse("rate", args=[study.public_id])).content.decode()


def test_sentences_of_both_summaries_carry_their_turns(client, study):
    give_evidence()
    for box in TEXT_BOX.findall(page(client, study)):
        assert re.findall(r'<span class="sentence" data-support="([\d ]*)">', box) == ["3 1", ""]


def test_the_whole_text_is_there_character_by_character(client, study):
    give_evidence()
    boxes = TEXT_BOX.findall(page(client, study))
    assert [html.unescape(re.sub(r"</?span[^>]*>", "", box)) for box in boxes] == [SHOWN, SHOWN]


@pytest.mark.parametrize("which", [slice(0, 0), slice(0, 1), slice(1, 2)], ids=["none", "first", "second"])
def test_without_evidence_of_both_the_page_is_the_plain_one(client, study, which):
    plain = page(client, study)
    give_evidence(which=which)
    assert "data-support" not in plain
    assert "data-evidence" not in plain
    assert without_random(page(client, study)) == without_random(plain)


def without_random(page):
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=csrfmiddlewaretoken\" value=\")\w+", "random", page)


def test_evidence_of_another_method_is_not_shown(client, study):
    give_evidence(which=slice(0, 1))
    give_evidence(which=slice(1, 2), signature="evidence 0|test")
    assert "data-support" not in page(client, study)


def test_scores_and_the_method_stay_on_the_server(client, study):
    give_evidence()
    shown = page(client, study)
    assert "data-support" in shown
    assert "0.98" not in shown
    assert METHOD not in shown


def test_html_in_a_sentence_is_shown_as_text(client, study):
    give_evidence()
    shown = page(client, study)
    assert "<b>bold" not in shown
    assert shown.count("&lt;b&gt;bold&lt;/b&gt;") == 2


def test_the_spans_follow_their_summary_to_the_side_it_is_shown_on(client, study):
    _first, second = Summary.objects.order_by("pk")
    Summary.objects.filter(pk=second.pk).update(text="Another text.")
    give_evidence(which=slice(0, 1))
    give_evidence(which=slice(1, 2), spans=[{"start": 0, "end": 13, "turns": [{"number": 2, "score": 0.5}]}])
    boxes = dict(zip(("left", "right"), TEXT_BOX.findall(page(client, study)), strict=True))
    assignment = study.annotators.get().assignments.get()
    side = "left" if assignment.shown_left == "b" else "right"
    assert assignment.comparison.summary_b == second
    assert boxes[side] == '<span class="sentence" data-support="2">Another text.</span>'
