import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator, Assignment, Judgement, JudgementRevision, Outcome, Remark, Study
from annotations.people.links import invitation_path, personal_path
from annotations.studies import progress
from models_runner.models import Transcript
from tests.factories import AnnotatorFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(systems=3, documents=2)


@pytest.fixture
def annotator(client, study):
    """Joined through the invitation with `client`."""
    client.post(invitation_path(study))
    return study.annotators.get()


def rate_url(study):
    return reverse("rate", args=[study.public_id])


def held(annotator):
    return annotator.assignments.get(state="leased")


def fields(annotator, **changes):
    answer = {
        "token": held(annotator).token,
        "criterion": "overall",
        "choice": "left",
        "client_key": uuid.uuid4(),
        "lead_time_ms": 4200,
    }
    return {name: value for name, value in (answer | changes).items() if value is not None}


def vote(client, study, data, *, as_json=True):
    headers = {"Accept": "application/json"} if as_json else {}
    return client.post(reverse("vote", args=[study.public_id]), data, headers=headers)


@pytest.fixture
def page(client, study, annotator):
    """The rating page with the first pair open."""
    return client.get(rate_url(study))


# ---- joining


def test_looking_at_the_invitation_makes_no_annotator(client, study):
    assert client.get(invitation_path(study)).status_code == 200
    assert not Annotator.objects.exists()


def test_joining_twice_in_one_browser_is_one_annotator(client, study):
    for _ in range(2):
        assert client.post(invitation_path(study)).headers["Location"] == rate_url(study)
    assert study.annotators.count() == 1


def test_two_browsers_are_two_annotators(client, study, annotator):
    Client().post(invitation_path(study))
    assert [a.pseudonym for a in study.annotators.all()] == ["annotator-001", "annotator-002"]


def test_a_user_is_one_annotator_on_all_devices(study):
    user = UserFactory()
    for _ in range(2):
        device = Client()
        device.force_login(user)
        device.post(invitation_path(study))
    assert study.annotators.get().user == user


def test_a_broken_invitation_is_not_found(client, study):
    path = invitation_path(study)
    assert client.get(path[:-3] + "xx/").status_code == 404
    assert client.get(reverse("join", args=["nonsense"])).status_code == 404


def test_coming_back_after_stopping_is_the_same_annotator(client, study, annotator, page):
    seen = held(annotator).comparison_id
    client.post(reverse("leave-study", args=[study.public_id]))
    assert client.get(rate_url(study)).context["state"] == "left"
    client.post(invitation_path(study))
    assert client.get(rate_url(study)).status_code == 200
    assert study.annotators.count() == 1
    assert held(annotator).comparison_id == seen


def test_stopping_returns_the_pair_to_the_pool(client, study, annotator, page):
    client.post(reverse("leave-study", args=[study.public_id]))
    assert not Assignment.objects.filter(state="leased").exists()
    assert not study.comparisons.exclude(taken=0).exists()


# ---- another device


def test_the_personal_link_goes_on_elsewhere(client, study, annotator, page):
    other = Client()
    assert other.get(personal_path(annotator)).status_code == 200
    assert rate_url(study) not in other.session.get("annotators", {})
    other.post(personal_path(annotator))
    assert other.get(rate_url(study)).context["page"].token == page.context["page"].token
    assert study.annotators.count() == 1


def test_looking_at_a_personal_link_changes_nothing(study):
    other = Client()
    other.get(personal_path(AnnotatorFactory(study=study)))
    assert other.get(rate_url(study)).status_code == 403


def test_an_invitation_is_no_personal_link(client, study):
    token = invitation_path(study).split("/")[-2]
    assert client.get(reverse("resume", args=[token])).status_code == 404


# ---- the page


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


# ---- votes


@pytest.mark.parametrize("choice", ["left", "right", "tie", "both_bad"])
def test_a_vote_is_stored_for_the_shown_sides(client, study, annotator, page, choice):
    assignment = held(annotator)
    answer = vote(client, study, fields(annotator, choice=choice))
    assert answer.json() == {"saved": True, "complete": True, "repeated": False}
    expected = {"left": assignment.shown_left, "right": assignment.shown_right}.get(choice, choice)
    assert Judgement.objects.get(assignment=assignment).outcome == expected


def test_a_vote_by_form_goes_on_to_the_next_pair(client, study, annotator, page):
    first = held(annotator).token
    answer = vote(client, study, fields(annotator), as_json=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, rate_url(study))
    following = client.get(rate_url(study)).context["page"]
    assert following.token != first
    assert following.done == 1


def test_the_lead_time_may_be_missing(client, study, annotator, page):
    assert vote(client, study, fields(annotator, lead_time_ms=None)).status_code == 200
    assert Judgement.objects.get().lead_time_ms is None


def test_a_resent_vote_is_the_same_vote(client, study, annotator, page):
    data = fields(annotator)
    vote(client, study, data)
    assert vote(client, study, data).json() == {"saved": True, "complete": True, "repeated": True}
    assert JudgementRevision.objects.count() == 1


def test_one_key_for_two_answers_is_refused(client, study, annotator, page):
    data = fields(annotator)
    vote(client, study, data)
    answer = vote(client, study, data | {"choice": "right"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_used")
    assert JudgementRevision.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "987"),
        ("token", None),
        ("criterion", "over all"),
        ("criterion", None),
        ("choice", "a"),
        ("choice", None),
        ("client_key", "not-a-uuid"),
        ("client_key", None),
        ("lead_time_ms", -1),
        ("lead_time_ms", "fast"),
        ("lead_time_ms", 10**9),
    ],
)
def test_bad_input_names_the_field(client, study, annotator, page, name, value):
    answer = vote(client, study, fields(annotator, **{name: value}))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == ("invalid", name)
    assert error["message"].startswith(f"{name}: ")
    assert not Judgement.objects.exists()


def test_an_unknown_question_is_refused(client, study, annotator, page):
    answer = vote(client, study, fields(annotator, criterion="beauty"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_criterion")


def test_bad_input_by_form_is_a_page_that_says_why(client, study, annotator, page):
    answer = vote(client, study, fields(annotator, choice="a"), as_json=False)
    assert answer.status_code == 400
    assert "choice: " in answer.content.decode()


def test_nobody_votes_for_somebody_else(client, study, annotator, page):
    other = Client()
    other.post(invitation_path(study))
    answer = vote(other, study, fields(annotator))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_assignment")
    assert not Judgement.objects.exists()


def test_a_closed_study_takes_no_vote(client, study, annotator, page):
    data = fields(annotator)
    Study.objects.update(status=Study.Status.CLOSED)
    answer = vote(client, study, data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "study_not_open")
    assert not Judgement.objects.exists()


def test_a_pair_given_away_meanwhile_is_refused(client, annotator):
    study = make_study(systems=2, documents=1, quota=1)
    client.post(invitation_path(study))
    client.get(rate_url(study))
    data = fields(study.annotators.get())
    Assignment.objects.update(state="expired", slot=None, lease_until=None)
    answer = vote(client, study, data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "lease_lost")


# ---- strangers


def test_a_browser_that_has_not_joined_sees_no_pair(study, annotator, page):
    stranger = Client()
    answer = stranger.get(rate_url(study))
    assert answer.status_code == 403
    assert "has not joined" in answer.content.decode()
    refused = vote(stranger, study, fields(annotator))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_joined")
    assert stranger.post(reverse("leave-study", args=[study.public_id])).status_code == 302
    assert held(annotator)


def test_a_study_that_does_not_exist_is_not_found(client):
    assert client.get(reverse("rate", args=[uuid.uuid4()])).status_code == 404


def test_joining_one_study_opens_no_other(client, annotator):
    assert client.get(rate_url(make_study())).status_code == 403


def test_a_vote_needs_the_security_token(study):
    strict = Client(enforce_csrf_checks=True)
    assert vote(strict, study, {}).status_code == 403


def test_an_answer_that_no_choice_stands_for_cannot_reach_the_database(client, study, annotator, page):
    for choice in ("A", "LEFT", "both bad", json.dumps(Outcome.values)):
        assert vote(client, study, fields(annotator, choice=choice)).status_code == 400
    assert not Judgement.objects.exists()


# ---- beside votes


def post(client, study, name, data, *, as_json=True):
    headers = {"Accept": "application/json"} if as_json else {}
    return client.post(reverse(name, args=[study.public_id]), data, headers=headers)


def remark(annotator, **changes):
    said = {"token": held(annotator).token, "kind": "comment", "text": "Clear.", "client_key": uuid.uuid4()}
    return said | changes


def test_undo_shows_the_pair_again(client, study, annotator, page):
    first = held(annotator).token
    vote(client, study, fields(annotator))
    assert client.get(rate_url(study)).context["page"].token != first
    answer = post(client, study, "undo", {"client_key": uuid.uuid4()})
    said = {"said": "Taken back: Left is better"}
    assert answer.json() == {"saved": True, "complete": False, "repeated": False} | said
    assert client.get(rate_url(study)).context["page"].token == first
    assert not Judgement.objects.exists()


def test_undo_is_offered_once_there_is_an_answer(client, study, annotator, page):
    assert not page.context["page"].can_undo
    vote(client, study, fields(annotator))
    assert client.get(rate_url(study)).context["page"].can_undo


def test_undo_without_an_answer_is_refused(client, study, annotator, page):
    answer = post(client, study, "undo", {"client_key": uuid.uuid4()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_to_undo")


def test_the_last_answer_of_all_can_be_undone_too(client, study, annotator):
    while (page := client.get(rate_url(study))).context.get("page"):
        vote(client, study, fields(annotator))
    assert "Undo" in page.content.decode()
    post(client, study, "undo", {"client_key": uuid.uuid4()}, as_json=False)
    assert client.get(rate_url(study)).context["page"].done == 5


def test_a_comment_is_shown_again_on_its_pair(client, study, annotator, page):
    assert post(client, study, "remark", remark(annotator, text="<b>Bold</b> claim.")).json()["saved"]
    html = client.get(rate_url(study)).content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt; claim.</textarea>" in html


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "praise"),
        ("token", "1"),
        ("reason", "boredom"),
        ("text", "x" * 2001),
        ("text", "a\0b"),
        ("client_key", ""),
    ],
)
def test_a_malformed_remark_names_its_field(client, study, annotator, page, name, value):
    answer = post(client, study, "remark", remark(annotator, **{name: value}))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, name)
    assert not Remark.objects.exists()


def test_a_comment_of_a_megabyte_is_refused(client, study, annotator, page):
    answer = post(client, study, "remark", remark(annotator, text="x" * 2**20))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "text")


def test_a_skip_by_form_goes_on_to_the_next_pair(client, study, annotator, page):
    first = held(annotator).token
    answer = post(client, study, "remark", remark(annotator, kind="skip", reason="broken"), as_json=False)
    assert answer.status_code == 302
    assert client.get(rate_url(study)).context["page"].token != first


def test_the_next_pair_can_be_fetched_ahead(client, study, annotator, page):
    shown = held(annotator).token
    ahead = client.get(reverse("next", args=[study.public_id]), {"after": shown})
    assert ahead.context["page"].token != shown
    assert ahead.context["page"].done == 1
    assert client.get(rate_url(study)).context["page"].token == shown
    answer = {"token": shown, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
    assert vote(client, study, answer).json()["complete"]
    assert client.get(rate_url(study)).context["page"].token == ahead.context["page"].token


def test_an_open_page_holds_its_places(client, study, annotator, page):
    before = held(annotator).lease_until
    assert post(client, study, "hold", {}).json() == {"held": 1}
    assert held(annotator).lease_until > before


def test_strength_gives_six_answers(client, study, annotator):
    Study.objects.update(strength="required", allow_both_bad=False)
    page = client.get(rate_url(study)).context["page"]
    assert [choice.value for choice in page.choices] == ["left-2", "left-1", "tie", "right-1", "right-2"]
    vote(client, study, fields(annotator, choice="right-2"))
    judgement = Judgement.objects.get()
    assert (judgement.outcome, judgement.strength) == (judgement.assignment.shown_right, 2)


def test_optional_strength_stands_beside_the_plain_answers(client, study, annotator):
    Study.objects.update(strength="optional")
    page = client.get(rate_url(study)).context["page"]
    assert [choice.value for choice in page.choices] == ["left", "tie", "right", "both_bad"]
    assert [choice.value for choice in page.how_much] == ["", "1", "2"]
    vote(client, study, fields(annotator, choice="left", how_much="1"))
    assert Judgement.objects.get().strength == 1


def test_how_much_means_nothing_beside_a_tie(client, study, annotator):
    Study.objects.update(strength="optional")
    client.get(rate_url(study))
    vote(client, study, fields(annotator, choice="tie", how_much="2"))
    assert (Judgement.objects.get().outcome, Judgement.objects.get().strength) == ("tie", None)


def test_an_answer_is_shown_with_how_much_better(client, study, annotator):
    Study.objects.update(strength="optional", comments="required")  # the pair stays open
    client.get(rate_url(study))
    vote(client, study, fields(annotator, choice="right-2"))
    question = client.get(rate_url(study)).context["page"].questions[0]
    assert (question.answer, question.pressed, question.how_much) == ("right-2", "right", "2")
