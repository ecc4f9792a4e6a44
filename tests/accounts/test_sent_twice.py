"""A login that is sent twice, by a double click, leads on as one does."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from evalsite.accounts import logging_in
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PASSWORD = "right-and-long-enough"


@pytest.fixture
def sent():
    user = UserFactory(username="maya")
    user.set_password(PASSWORD)
    user.save()
    client = Client(enforce_csrf_checks=True)
    client.get("/login/")
    fields = {"username": "maya", "password": PASSWORD, "next": "/account/"}
    fields["csrfmiddlewaretoken"] = next(cookie.value for name, cookie in client.cookies.items() if "csrf" in name)
    return client, fields


def test_the_second_has_a_form_that_the_first_made_out_of_date(sent):
    client, fields = sent
    assert client.post("/login/", fields)["Location"] == "/account/"
    again = client.post("/login/", fields)
    assert (again.status_code, again["Location"]) == (302, "/account/")
    elsewhere = client.post("/login/", fields | {"next": "https://elsewhere.example/"})
    assert elsewhere["Location"] == "/"


def test_the_second_has_a_session_that_the_first_ended(sent, monkeypatch):
    client, fields = sent
    session = client.session
    session["kept"] = True
    session.save()

    def post(view, request):
        request.session["of"] = "the second"
        Session.objects.all().delete()  # by the first, meanwhile
        return view.get(request)

    monkeypatch.setattr(logging_in.Login, "post", post)
    answer = client.post("/login/", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/account/")


def test_another_form_that_is_out_of_date_is_refused(sent):
    client, fields = sent
    client.post("/login/", fields)
    assert client.post("/account/", {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert Client(enforce_csrf_checks=True).post("/login/", fields).status_code == 403
