"""Whose session has ended is led back to their page after the login, and told that nothing was saved."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from models_runner.models import System
from tests.factories import SystemFactory, make_study
from tests.people import administrator

pytestmark = pytest.mark.django_db
TOLD = "You were logged out meanwhile, so nothing was saved."


def sent_by_a_visitor(page, address, **fields):
    """The answer to a form of a page that was open while its session ended, and the visitor's browser."""
    visitor = Client()
    return visitor, visitor.post(address, fields, headers={"Referer": f"http://testserver{page}"})


def test_a_form_leads_back_to_its_page():
    system = SystemFactory(slug="far")
    page = "/systems/far/change/?from=list"
    visitor, answer = sent_by_a_visitor(page, "/systems/far/change/", name="Other")
    assert answer["Location"] == f"{reverse('login')}?next=/systems/far/change/%3Ffrom%3Dlist"
    assert TOLD in visitor.get(answer["Location"]).content.decode()
    assert System.objects.get(pk=system.pk).name == system.name


def test_it_is_told_in_the_visitors_language():
    visitor, answer = sent_by_a_visitor("/systems/", "/systems/far/delete/")
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "没有保存任何内容" in visitor.get(answer["Location"]).content.decode()


def test_a_button_leads_back_to_the_page_that_shows_it():
    """Its own address answers no GET: who logged in came to an error."""
    study = make_study()
    address = reverse("change-study-status", args=[study.slug])
    _, answer = sent_by_a_visitor(f"/studies/{study.slug}/", address, status="closed")
    assert answer["Location"] == f"{reverse('login')}?next=/studies/{study.slug}/"
    assert administrator().get(f"/studies/{study.slug}/").status_code == 200


@pytest.mark.parametrize("page", ["http://evil.example/systems/", "http://testserver.evil.example/", "", "nonsense"])
def test_nobody_is_led_elsewhere(page):
    answer = Client().post("/systems/far/delete/", headers={"Referer": page})
    assert answer["Location"] == f"{reverse('login')}?next=/"


def test_an_address_that_begins_with_two_slashes_is_not_followed():
    answer = Client().post("/systems/far/delete/", headers={"Referer": "http://testserver//evil.example/"})
    assert Client().get(answer["Location"]).context["next"] == ""


def test_a_part_of_a_page_reloads_the_whole_page():
    make_study(slug="ours")
    for address in ("/studies/new/live", "/runs/1/"):
        answer = Client().get(address, headers={"HX-Request": "true"})
        assert answer["HX-Refresh"] == "true"
