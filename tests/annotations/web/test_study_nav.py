"""From every page about a study to the others, for staff and members alike."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Membership
from annotations.templatetags.study_pages import PAGES
from tests.annotations.helpers import make_gold
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.people import researcher

# What a page says, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

NAV = re.compile(r'<nav class="switch page-nav" aria-label="Study">(.*?)</nav>', re.S)
LINK = re.compile(r'<a href="([^"]+)"(?: aria-current="(\w+)")?>([^<]+)</a>')


@pytest.fixture
def study():
    study = make_study(systems=2, documents=2, slug="s")
    make_gold(study.comparisons.first())
    AnnotatorFactory(study=study, number=1)
    return study


def member(study, role):
    user = UserFactory()
    Membership.objects.create(study=study, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def links(client, address):
    found = NAV.search(client.get(address).content.decode())
    return LINK.findall(found[1])


def below(study):
    pair = study.comparisons.for_rating().get()
    return {
        reverse("pair", args=["s", pair.pk]): "Pairs",
        reverse("annotator", args=["s", 1]): "Quality",
        reverse("choose-gold", args=["s"]): "Gold and training",
        reverse("make-gold", args=["s", pair.pk]): "Gold and training",
    }


def test_each_page_leads_to_all_others_and_is_marked(study):
    client = researcher()
    own = [(reverse(name, args=["s"]), label) for name, label, _ in PAGES]
    for address, label in own[:-1]:
        found = links(client, address)
        assert [(link, name) for link, _, name in found] == own
        assert [name for _, current, name in found if current == "page"] == [label]


def test_a_page_below_marks_the_one_above(study):
    for address, label in below(study).items():
        assert [(current, name) for _, current, name in links(researcher(), address) if current] == [("true", label)]


@pytest.mark.parametrize(("role", "people"), [("owner", True), ("researcher", False)])
def test_people_is_for_owners(study, role, people):
    client = member(study, role)
    found = links(client, study.get_absolute_url())
    assert ("People" in [name for _, _, name in found]) == people
    for link, _, _ in found:
        assert client.get(link).status_code == 200


def test_a_form_with_a_mistake_marks_its_page(study):
    answer = researcher().post(reverse("add-member", args=["s"]), {"username": "nobody", "role": "owner"})
    assert answer.status_code == 400
    assert '<a href="/studies/s/people/" aria-current="page">People</a>' in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["board", "trust", "trust-votes", "board-wins", "board-differences", "exports", "study-releases"]
)
def test_results_lead_members_back_to_their_study(study, name):
    html = member(study, "researcher").get(reverse(name, args=["s"])).content.decode()
    assert f'<a href="{study.get_absolute_url()}">s</a>' in html
