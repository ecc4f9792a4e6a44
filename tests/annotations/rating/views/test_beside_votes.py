"""What stands beside votes: undo, remarks, the next pair ahead, strength."""

import uuid

import pytest
from django.urls import reverse

from annotations.models import Judgement, Remark, Study
from tests.annotations.rating.views.helpers import fields, held, post, rate_url, remark, vote

pytestmark = pytest.mark.django_db


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
        ("after", "1"),
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
