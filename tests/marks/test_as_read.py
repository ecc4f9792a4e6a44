"""Annotators read their marks in the words of the page: nothing that the page hides tells one text from another."""

import html
import json
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment, ControlItem
from annotations.people.joining import join
from annotations.people.links import invitation_path
from annotations.people.privacy import own_data
from marks.gold.expected import expect_mark
from marks.gold.results import marks_feedback
from marks.kinds.storing import ensure_library
from marks.models import Mark
from tests.annotations.helpers import make_gold
from tests.marks.files import study_with_texts

pytestmark = pytest.mark.django_db

TEXT = "## Decisions\n\n**Maya** [ships](http://gpt.example) on *Monday*."
HIDDEN = ("**Maya", "gpt.example", "*Monday*")


def marked(client, summary_format):
    """The mark of somebody who took in words on both sides of what the page hides."""
    study = study_with_texts(text=TEXT, ask_marks="optional", summary_format=summary_format)
    client.post(invitation_path(study))
    token = client.get(reverse("rate", args=[study.public_id])).context["page"].token
    sent = {"token": token, "side": "left", "error_kind": "invented", "severity": "minor", "client_key": uuid.uuid4()}
    answer = client.post(reverse("add-mark", args=[study.public_id]), sent | {"words": "Maya ships on Monday"})
    assert answer.status_code == 302
    return study


@pytest.mark.parametrize("summary_format", ["rendered", "plain"])
def test_the_page_and_the_download_show_the_words_without_markup(client, summary_format):
    study = marked(client, summary_format)
    assert "](http" in Mark.objects.get().text
    page = client.get(reverse("rate", args=[study.public_id]))
    [shown] = json.loads(page.context["marking"].marks)
    assert shown["text"] == "Maya ships on Monday"
    assert not any(sign in html.unescape(page.content.decode()) for sign in HIDDEN)
    [own] = own_data(study.annotators.get())["marks"]
    assert own["text"] == "Maya ships on Monday"
    assert own["end"] - own["start"] == len(own["text"])


def test_as_written_they_are_as_they_stand(client):
    study = study_with_texts(text=TEXT, ask_marks="optional", summary_format="written")
    client.post(invitation_path(study))
    token = client.get(reverse("rate", args=[study.public_id])).context["page"].token
    sent = {"token": token, "side": "left", "error_kind": "invented", "severity": "minor", "client_key": uuid.uuid4()}
    client.post(reverse("add-mark", args=[study.public_id]), sent | {"words": "**Maya**"})
    [own] = own_data(study.annotators.get())["marks"]
    assert (own["start"], own["end"], own["text"]) == (14, 22, "**Maya**")


@pytest.mark.parametrize("summary_format", ["rendered", "plain"])
def test_feedback_after_practice_shows_them_so_too(summary_format):
    study = study_with_texts(text=TEXT, ask_marks="optional", summary_format=summary_format)
    ensure_library(study)
    make_gold(study.comparisons.for_rating().last(), purpose="training")
    item = ControlItem.objects.get()
    expect_mark(item, "a", study.mark_kinds.get(key="invented"), "Maya ships on", None)
    lease = {"slot": 0, "state": "leased", "lease_until": timezone.now()}
    pair = Assignment.objects.create(comparison=item.comparison, annotator=join(study), shown_left="b", **lease)
    assert [mark.text for mark in marks_feedback(pair)] == ["Maya ships on"]
