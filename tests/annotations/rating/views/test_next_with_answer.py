"""The next pair in the answer to what completed the pair before: saved first, and saved whatever becomes of the pair."""

import re
import uuid

import pytest
from django.db import DatabaseError
from django.urls import reverse

from annotations.models import Assignment, Judgement, JudgementRevision, Remark, Study
from annotations.people.links import invitation_path
from annotations.web.views import rating as rating_views
from tests.annotations.helpers import make_gold
from tests.annotations.rating.views.helpers import fields, held, post, rate_url, remark, vote
from tests.factories import make_study

pytestmark = pytest.mark.django_db

SAVED = {"saved": True, "complete": True, "repeated": False}


def about(html):
    """Token and count of a pair's HTML."""
    return re.search(r'data-token="([^"]*)" data-done="(\d+)"', html).groups()


def upcoming(client, study, after):
    return client.get(reverse("next", args=[study.public_id]), {"after": after}).content.decode()


def test_a_vote_brings_the_pair_after_it(client, study, annotator, page):
    shown = held(annotator).token
    said = vote(client, study, fields(annotator, after=shown)).json()
    assert said | {"next": ""} == SAVED | {"next": ""}
    assert about(said["next"]) == (str(held(annotator).token), "1")
    assert "<html" not in said["next"]
    assert client.get(rate_url(study)).context["page"].token == held(annotator).token


def test_a_vote_brings_the_pair_after_the_one_fetched_ahead(client, study, annotator, page):
    data = fields(annotator)
    second, _ = about(upcoming(client, study, data["token"]))
    third, done = about(vote(client, study, data | {"after": second}).json()["next"])
    assert (third not in (str(data["token"]), second), done) == (True, "2")
    assert set(annotator.assignments.filter(state="leased").values_list("token", flat=True)) == {
        uuid.UUID(second),
        uuid.UUID(third),
    }
    assert about(upcoming(client, study, second)) == (third, "2")


def test_it_is_what_the_address_of_the_next_pair_answers(client, study, annotator, page):
    shown = held(annotator).token
    said = vote(client, study, fields(annotator, after=shown)).json()
    random = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=csrfmiddlewaretoken\" value=\")\w+")
    assert random.sub("", said["next"]) == random.sub("", upcoming(client, study, shown))


def test_no_pair_is_sent_unasked(client, study, annotator, page):
    assert vote(client, study, fields(annotator)).json() == SAVED
    assert not annotator.assignments.filter(state="leased").exists()


def test_only_the_answer_that_completes_the_pair_brings_one(client):
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    client.post(invitation_path(study))
    client.get(rate_url(study))
    annotator = study.annotators.get()
    shown = held(annotator).token
    assert vote(client, study, fields(annotator, after=shown)).json() == SAVED | {"complete": False}
    assert held(annotator).token == shown
    said = vote(client, study, fields(annotator, criterion="fluency", after=shown)).json()
    assert about(said["next"])[1] == "1"


def test_a_comment_that_completes_the_pair_brings_one(client, study, annotator):
    Study.objects.update(comments="required")
    client.get(rate_url(study))
    shown = held(annotator).token
    assert vote(client, study, fields(annotator, after=shown)).json() == SAVED | {"complete": False}
    said = post(client, study, "remark", remark(annotator, after=shown)).json()
    assert about(said["next"])[0] == str(held(annotator).token)


def test_a_problem_brings_none(client, study, annotator, page):
    said = post(client, study, "remark", remark(annotator, kind="problem", reason="broken", after=uuid.uuid4()))
    assert said.json() == SAVED | {"complete": False}


def test_a_skipped_pair_is_not_counted_as_rated(client, study, annotator, page):
    shown = held(annotator).token
    skip = remark(annotator, kind="skip", reason="broken", after=shown)
    ahead, _ = about(upcoming(client, study, shown))
    assert about(post(client, study, "remark", skip).json()["next"]) == (ahead, "0")


def test_a_resent_vote_brings_it_again(client, study, annotator, page):
    data = fields(annotator, after=held(annotator).token)
    first, again = (vote(client, study, data).json() for _ in range(2))
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert about(first["next"]) == about(again["next"])
    assert JudgementRevision.objects.count() == 1


def test_after_the_last_pair_there_is_none(client):
    study = make_study(systems=2, documents=1)
    client.post(invitation_path(study))
    client.get(rate_url(study))
    annotator = study.annotators.get()
    said = vote(client, study, fields(annotator, after=held(annotator).token)).json()
    assert said == SAVED | {"next": None}


def test_none_is_promised_where_places_are_few(client):
    study = make_study(systems=2, documents=3, quota=1)
    client.post(invitation_path(study))
    client.get(rate_url(study))
    annotator = study.annotators.get()
    data = fields(annotator)
    second, _ = about(upcoming(client, study, data["token"]))
    assert vote(client, study, data | {"after": second}).json() == SAVED | {"next": None}
    assert str(held(annotator).token) == second


def test_a_practice_pair_is_counted_apart(client, study):
    for comparison in study.comparisons.order_by("pk")[:2]:
        make_gold(comparison, purpose="training", explanation="{A} names the date.")
    client.post(invitation_path(study))
    client.get(rate_url(study))
    annotator = study.annotators.get()
    shown = held(annotator).token
    said = vote(client, study, fields(annotator, after=shown)).json()
    assert "data-practice" in said["next"]
    assert about(said["next"])[1] == "1"


@pytest.mark.parametrize("part", ["prefetch", "rating_page", "render_to_string"])
def test_the_vote_stands_where_the_next_pair_fails(client, study, annotator, page, monkeypatch, caplog, part):
    def fail(*args, **kwargs):
        raise DatabaseError("the next pair cannot be read")

    shown = held(annotator)
    with monkeypatch.context() as patched:
        patched.setattr(rating_views, part, fail)
        data = fields(annotator, after=shown.token)
        assert vote(client, study, data).json() == SAVED
    assert "An answer was saved, but the next pair could not be sent with it." in caplog.text
    assert Judgement.objects.get().assignment == shown
    assert Assignment.objects.get(pk=shown.pk).state == "done"
    assert about(upcoming(client, study, shown.token))[1] == "1"
    assert vote(client, study, data).json()["next"]


def test_the_skip_stands_where_the_next_pair_fails(client, study, annotator, page, monkeypatch):
    shown = held(annotator)
    monkeypatch.setattr(rating_views, "prefetch", None)
    skip = remark(annotator, kind="skip", reason="broken", after=shown.token)
    assert post(client, study, "remark", skip).json() == SAVED
    assert Remark.objects.get().assignment == shown


def test_a_refused_vote_brings_none(client, study, annotator, page):
    data = fields(annotator, after=held(annotator).token)
    Study.objects.update(status=Study.Status.CLOSED)
    assert set(vote(client, study, data).json()) == {"error"}


def test_a_study_that_closes_with_the_vote_gives_none(client, study, annotator, page, monkeypatch):
    """It closes between the vote and the next pair: the vote stands."""
    honest = rating_views.record_vote

    def close_after(who, vote):
        receipt = honest(who, vote)
        Study.objects.update(status=Study.Status.CLOSED)
        who.study.refresh_from_db()
        return receipt

    monkeypatch.setattr(rating_views, "record_vote", close_after)
    said = vote(client, study, fields(annotator, after=held(annotator).token)).json()
    assert said == SAVED | {"next": None}


def test_a_form_without_scripts_goes_on_as_before(client, study, annotator, page):
    answer = vote(client, study, fields(annotator, after=held(annotator).token), as_json=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, rate_url(study))
    assert not annotator.assignments.filter(state="leased").exists()
