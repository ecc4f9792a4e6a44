"""Accounts by mail, with a real mail server: an invitation, a new address, and a forgotten password."""

import re

import environ
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from accounts.tasks import send_reset_link
from tests.accounts.helpers import NEW, PASSWORD, account
from tests.servers.mail_server import mail_server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST, SECOND, THIRD = "maya@example.org", "maya@example.com", "third time lucky 3"


@pytest.fixture
def server(settings, live_server):
    with mail_server() as server:
        for name, value in environ.Env.email_url_config(server.url).items():
            setattr(settings, name, value)
        settings.MAIL_CONFIGURED, settings.SITE_URL = True, live_server.url
        yield server


def link_in(mail, to):
    assert mail.to == [to]
    assert mail.message["To"] == to
    return re.search(r"^http://\S+(?=\s*$)", mail.text, re.MULTILINE)[0]


def log_in(page, name, password):
    page.goto("/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def join_by_mail(server, desk, page):
    log_in(desk, "root", PASSWORD)
    desk.get_by_role("link", name="Accounts").click()
    desk.get_by_label("Mail address").fill(FIRST)
    desk.get_by_role("button", name="Invite", exact=True).click()
    expect(desk.get_by_text(f"was sent to {FIRST}")).to_be_visible()
    page.goto(link_in(server.next_mail(), FIRST))
    page.locator("[name=password1]").fill(NEW)
    page.locator("[name=password2]").fill(NEW)
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_text("Welcome, maya.")).to_be_visible()


def move_to_a_new_address(server, page):
    page.goto("/account/")
    page.get_by_label("Mail address").fill(SECOND)
    page.get_by_label("Current password").fill(NEW)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{SECOND} becomes your address")).to_be_visible()
    by_address = {mail.to[0]: mail for mail in (server.next_mail(), server.next_mail())}
    assert "/account/address/" not in by_address[FIRST].text
    page.goto(link_in(by_address[SECOND], SECOND))
    assert User.objects.get(username="maya").email == FIRST
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert User.objects.get(username="maya").email == SECOND
    assert "has another mail address now" in server.next_mail().text


def choose_a_forgotten_password(server, page):
    page.goto("/password/")
    page.get_by_role("textbox").first.fill(SECOND)
    page.get_by_role("button", name="Send the link").click()
    send_reset_link(User.objects.get(username="maya").pk)  # what the worker does with the message
    page.goto(link_in(server.next_mail(), SECOND))
    page.locator("[name=new_password1]").fill(THIRD)
    page.locator("[name=new_password2]").fill(THIRD)
    page.get_by_role("button", name="Set the password").click()
    log_in(page, "maya", THIRD)
    expect(page.get_by_role("link", name="maya")).to_be_visible()


def test_from_an_invitation_to_a_forgotten_password(server, new_page):
    account("administrator", username="root")
    desk, person, elsewhere = new_page(), new_page(), new_page()
    join_by_mail(server, desk, person)
    move_to_a_new_address(server, person)
    choose_a_forgotten_password(server, elsewhere)
    assert server.inbox.empty()


def test_an_address_that_the_server_refuses_is_told_with_the_link(server, new_page):
    server.refused.add(FIRST)
    account("administrator", username="root")
    page = new_page()
    log_in(page, "root", PASSWORD)
    page.get_by_role("link", name="Accounts").click()
    page.get_by_label("Mail address").fill(FIRST)
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("could not be sent")).to_be_visible()
    assert "/invited/" in page.locator("input.one-time").input_value()
    assert server.inbox.empty()
