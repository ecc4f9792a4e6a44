"""The rating page: the pair, what waits, and the end."""

import re

import pytest
from django.test import Client

from annotations.models import Study
from annotations.people.links import invitation_path
from annotations.studies import progress
from models_runner.models import Transcript
from tests.annotations.rating.views.helpers import fields, held, rate_url, vote
from tests.factories import make_study

pytestmark = pytest.mark.django_db


def test_the_page_shows_the_pair_and_holds_it(client, study, annotator, page):
    assignment = held(annotator)
    shown = {"a": assignment.comparison.summary_a.text, "b": assignment.comparison.summary_b.text}
    assert page.context["page"].left == shown[assignment.shown_left]
    assert page.context["page"].right == shown[assignment.shown_right]
    assert client.get(rate_url(study)).context["page"].token == assignment.token


def test_a_fragment_is_the_pair_alone(client, study, annotator):
    fragment = client.get(rate_url(study), headers={"X-Fragment": "1"}).content.decode()
    assert "data-pair" in fragment
    assert "<html" not in fragment


def test_no_fragment_where_there_is_no_pair(client, study, annotator):
    Study.objects.update(status=Study.Status.CLOSED)
    assert b"<html" in client.get(rate_url(study), headers={"X-Fragment": "1"}).content


def test_html_in_a_summary_is_shown_as_text(client, study, annotator):
    for comparison in study.comparisons.all():
        for summary in (comparison.summary_a, comparison.summary_b):
            summary.text = "<script>alert(1)</script>"
            summary.save()
    page = client.get(rate_url(study)).content.decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") == 2


def test_the_transcript_shows_when_a_turn_began_if_the_import_knew(client, study, annotator):
    for transcript in Transcript.objects.all():
        transcript.turns = [
            transcript.turns[0] | {"start": 0},
            transcript.turns[1] | {"start": 62.9},
            transcript.turns[2],
        ]
        transcript.save()
    html = client.get(rate_url(study)).content.decode()
    assert re.findall(r'class="turn-start">([^<]*)<', html) == ["0:00", "1:02"]


def test_a_text_in_chinese_carries_its_language(client, study, annotator):
    study.dataset.documents.update(language="zh")
    page = client.get(rate_url(study)).content.decode()
    assert page.count('<div class="summary-text" lang="zh">') == 2


def test_a_fresh_key_comes_with_every_page(client, study, annotator):
    keys = {client.get(rate_url(study)).context["page"].questions[0].fresh_key for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("state", "text"), [("draft", "not started"), ("paused", "paused"), ("closed", "Rating is closed")]
)
def test_a_study_that_is_not_open_says_so(client, study, annotator, state, text):
    Study.objects.update(status=state)
    page = client.get(rate_url(study))
    assert page.context["state"] == state
    assert text in page.content.decode()


def test_the_last_vote_leads_to_thanks(client):
    study = make_study(systems=2, documents=1)
    client.post(invitation_path(study))
    client.get(rate_url(study))
    vote(client, study, fields(study.annotators.get()), as_json=False)
    page = client.get(rate_url(study))
    assert (page.context["state"], page.context["done"]) == ("done", 1)


def test_pairs_that_others_hold_are_waited_for(client):
    study = make_study(systems=2, documents=1, quota=1)
    other = Client()
    other.post(invitation_path(study))
    other.get(rate_url(study))
    client.post(invitation_path(study))
    page = client.get(rate_url(study))
    assert page.context["state"] == "leased"
    assert 'http-equiv="refresh" content="60"' in page.content.decode()


def test_summaries_to_come_are_waited_for(client):
    study = make_study(systems=2, documents=0)
    summary = make_study(systems=1, documents=1, dataset=study.dataset).dataset.documents.get().summaries.get()
    study.systems.add(summary.run.system)
    summary.status, summary.text, summary.stop_reason = "pending", "", ""
    summary.save()
    assert progress.more_is_coming(study)
    client.post(invitation_path(study))
    page = client.get(rate_url(study))
    assert page.context["state"] == "preparing"
    assert 'http-equiv="refresh" content="15"' in page.content.decode()
