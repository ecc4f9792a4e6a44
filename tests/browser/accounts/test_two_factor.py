"""Somebody sets two-factor login up with an app, keeps the recovery codes, and logs in with the app."""

import base64
import hmac
import os
import struct
import time

import pytest
from playwright.sync_api import expect

from accounts.models import SecondFactor
from tests.accounts.helpers import PASSWORD, account
from tests.browser.accounts.test_accounts import DESK, is_well, log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def app_shows(secret, at):
    """The six digits of an app (RFC 6238, by hand: the site computes them with cryptography)."""
    counted = hmac.digest(base64.b32decode(secret.replace(" ", "")), struct.pack(">Q", int(at) // 30), "sha1")
    start = counted[-1] & 15
    return f"{(int.from_bytes(counted[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def picture(page, name):
    if folder := os.environ.get("PICTURES"):
        for width in (1366, 375):
            page.set_viewport_size({"width": width, "height": 740})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        page.set_viewport_size(DESK["viewport"])


def test_it_is_set_up_and_used(new_page):
    account("researcher", username="maya")
    page = new_page(bypass_csp=True, **DESK)
    log_in(page, "maya", PASSWORD)
    page.goto("/account/")
    picture(page, "account")
    page.get_by_role("link", name="Two-factor login (off)").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("I cannot scan it").click()
    secret = page.locator(".typed-secret").inner_text()
    is_well(page)
    page.get_by_role("textbox", name="Code").fill(app_shows(secret, time.time()))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    is_well(page)
    picture(page, "codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("You have 10 recovery codes left.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    SecondFactor.objects.update(last_step=0)  # as if a minute had passed
    log_in(page, "maya", PASSWORD)
    is_well(page)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    is_well(page)
    page.get_by_role("textbox", name="Code").fill(app_shows(secret, time.time()))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="maya")).to_be_visible()
