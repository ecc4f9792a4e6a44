"""The researchers' page about gold and training."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import AuditEntry, Comparison, ControlItem, Membership
from annotations.people.links import invitation_path
from annotations.rating.assignment import next_assignment
from tests.annotations.helpers import answer, make_gold
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.people import researcher

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def study():
    return make_study(systems=3, documents=2, slug="s", criteria=("overall", "fluency"))


@pytest.fixture
def comparison(study):
    return study.comparisons.first()


def make_url(comparison):
    return reverse("make-gold", args=["s", comparison.pk])


def test_the_study_links_to_it_and_it_says_what_to_do(study):
    client = researcher()
    assert reverse("study-gold", args=["s"]) in client.get(reverse("study", args=["s"])).content.decode()
    html = client.get(reverse("study-gold", args=["s"])).content.decode()
    assert "No gold items yet" in html
    assert "No training items yet" in html


@pytest.mark.parametrize("few", [0, 100])
def test_pairs_to_choose_have_both_texts_and_leave_out_what_was_given(study, few, monkeypatch):
    monkeypatch.setattr("annotations.web.views.gold.FEW_PAIRS", few)
    given = next_assignment(AnnotatorFactory(study=study)).comparison
    page = researcher().get(reverse("choose-gold", args=["s"]))
    expected = study.comparisons.exclude(pk=given.pk).order_by("document__position", "shuffle", "pk")
    assert page.context["pairs"] == list(expected)
    html = page.content.decode()
    assert html.count("Use this pair") == 5
    assert "1 pair that annotators have already been given cannot be chosen" in html
    assert study.comparisons.exclude(pk=given.pk).first().summary_b.text in html
    # Who gave it back has seen it.
    given.assignments.update(state="expired", slot=None, lease_until=None)
    study.comparisons.update(taken=0)
    page = researcher().get(reverse("choose-gold", args=["s"]))
    assert (page.context["pairs"], page.context["given"]) == (list(expected), 1)


def test_a_chosen_pair_becomes_training(study, comparison):
    client = researcher()
    page = client.get(make_url(comparison)).content.decode()
    assert comparison.summary_a.text in page
    values = {"purpose": "training", "expected-overall": ["a", "tie"], "explanation": "A has the <date>."}
    answer = client.post(make_url(comparison), values, follow=True)
    html = answer.content.decode()
    assert "overall a or tie" in html
    assert "A has the &lt;date&gt;." in html
    assert comparison.__class__.objects.get(pk=comparison.pk).purpose == "training"
    assert AuditEntry.objects.get(action="known").actor == "researcher"


def test_what_is_wrong_is_said_beside_the_form(study, comparison):
    client = researcher()
    page = client.post(make_url(comparison), {"purpose": "gold"})
    assert page.status_code == 400
    assert "Say which answers are right" in page.content.decode()
    next_assignment(AnnotatorFactory(study=study))
    given = study.comparisons.get(assignments__isnull=False)
    page = client.post(make_url(given), {"purpose": "gold", "expected-overall": ["a"]})
    assert "Somebody was given this pair" in page.content.decode()
    assert not ControlItem.objects.exists()


def test_attention_checks_are_made_in_the_browser(study):
    url = reverse("add-attention-checks", args=["s"])
    page = researcher().post(url, {"n": 3, "purpose": "gold", "questions": ["overall"]}, follow=True)
    html = page.content.decode()
    assert "3 attention checks created." in html
    assert html.count(", attention check</span>") == 3
    assert "Annotators get no gold items." in html  # none is given out yet
    page = researcher_again().post(url, {"n": 0, "purpose": "gold", "questions": ["overall"]})
    assert page.status_code == 400


def researcher_again():
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    return client


def test_fewer_checks_than_asked_for_are_explained():
    make_study(systems=1, documents=2, slug="s")
    url = reverse("add-attention-checks", args=["s"])
    page = researcher().post(url, {"n": 9, "purpose": "gold", "questions": ["overall"]}, follow=True)
    assert "1 attention check created. There are not enough texts for 9." in page.content.decode()


def test_an_item_is_removed_or_once_answered_switched_off(study, comparison):
    client, pair = researcher(), make_gold(comparison, purpose="training")
    url = reverse("change-gold", args=["s", pair.pk])
    annotator = AnnotatorFactory(study=study)
    annotator.study.refresh_from_db()
    answer(next_assignment(annotator), "a")
    assert "stays on record" in client.post(url, {"change": "remove"}, follow=True).content.decode()
    assert "Switch on" in client.post(url, {"change": "off"}, follow=True).content.decode()
    assert "Switch off" in client.post(url, {"change": "on"}, follow=True).content.decode()
    other = make_gold(study.comparisons.filter(assignments=None).first())
    client.post(reverse("change-gold", args=["s", other.pk]), {"change": "remove"})
    assert not ControlItem.objects.filter(pk=other.pk).exists()
    assert client.post(url, {"change": "burn"}).status_code == 400


def test_a_pair_of_another_study_is_not_found(study):
    other = make_study(systems=2, documents=1)
    pair = make_gold(other.comparisons.get())
    client = researcher()
    assert client.get(reverse("make-gold", args=["s", pair.comparison_id])).status_code == 404
    assert client.post(reverse("change-gold", args=["s", pair.pk]), {"change": "off"}).status_code == 404


def test_who_rates_in_the_study_does_not_see_what_is_gold(study, comparison):
    pair = make_gold(comparison)
    user = UserFactory()
    Membership.objects.create(study=study, user=user, role="owner")
    client = Client()
    client.force_login(user)
    client.post(invitation_path(study))
    for name, args in (("study-gold", ["s"]), ("choose-gold", ["s"]), ("make-gold", ["s", comparison.pk])):
        page = client.get(reverse(name, args=args))
        assert page.status_code == 403
        assert "Rate them" in page.content.decode() or "still" in page.content.decode()
    assert client.post(reverse("change-gold", args=["s", pair.pk]), {"change": "remove"}).status_code == 403
    assert Comparison.objects.get(pk=comparison.pk).purpose == "gold"


def test_the_list_asks_the_same_queries_for_any_number(study, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = researcher(), reverse("study-gold", args=["s"])
    make_gold(study.comparisons.first())
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    for comparison in study.comparisons.for_rating():
        make_gold(comparison)
    with django_assert_num_queries(len(queries)):
        client.get(url)
