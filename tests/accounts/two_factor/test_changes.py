"""Changes of two-factor login: new recovery codes, off, reset by others."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import SecondFactor
from accounts.two_factor import checking, codes
from tests.accounts.helpers import PASSWORD, account, browser_of
from tests.accounts.two_factor.logins import PAGE, actions, change, is_in, password_given, with_factor

pytestmark = pytest.mark.django_db


def test_new_recovery_codes_end_the_old_ones(maya):
    factor, made = with_factor(maya)
    client = browser_of(maya)
    assert change(client, "codes", codes.shown_code(factor), "wrong").status_code == 400
    assert change(client, "codes", "000000").status_code == 400
    again = change(client, "codes", codes.shown_code(factor)).context["made"]
    assert not set(made) & set(again)
    assert not checking.is_right(factor, made[0])
    assert checking.is_right(factor, again[0])


def test_one_switches_it_off_with_password_and_code(maya):
    factor, made = with_factor(maya)
    client = browser_of(maya)
    assert change(client, "off", "000000").status_code == 400
    assert change(client, "off", codes.shown_code(factor), "wrong").status_code == 400
    assert checking.factor_of(maya)
    assert change(client, "off", made[0])["Location"] == "/account/"
    assert not SecondFactor.objects.exists()
    assert is_in(password_given()[0])
    assert actions(action="factor_off") == [("maya", "factor_off", "maya")]


@pytest.mark.once
def test_a_change_that_is_none_is_refused(maya):
    with_factor(maya)
    assert change(browser_of(maya), "everything", "1").status_code == 400
    nobody_yet = browser_of(account(username="other"))
    assert change(nobody_yet, "off", "1")["Location"] == PAGE
    assert nobody_yet.post(f"{PAGE}confirm", {"code": "1"})["Location"] == PAGE


def test_a_second_start_leaves_what_is_on(maya):
    factor, _made = with_factor(maya)
    client = browser_of(maya)
    client.post(f"{PAGE}start", {"password": PASSWORD})
    assert SecondFactor.objects.get().seed == factor.seed
    assert codes.typed_secret(factor) not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}confirm", {"code": codes.shown_code(factor)})["Location"] == PAGE


def test_another_administrator_resets_it_and_ends_the_sessions(maya):
    with_factor(maya)
    root = account("administrator", username="root")
    here = browser_of(maya)
    page = browser_of(root).get(reverse("one-account", args=[maya.pk])).content.decode()
    assert "Reset two-factor login" in page
    done = browser_of(root).post(reverse("reset-two-factor", args=[maya.pk]), follow=True).content.decode()
    assert "Two-factor login was reset" in done
    assert not SecondFactor.objects.exists()
    assert here.get("/account/").status_code == 302
    assert actions(action="factor_reset") == [("root", "factor_reset", "maya")]


@pytest.mark.once
def test_nobody_resets_their_own():
    root = account("administrator", username="root")
    factor, _made = with_factor(root)
    done = browser_of(root).post(reverse("reset-two-factor", args=[root.pk]), follow=True).content.decode()
    assert "This is your own account" in done
    assert SecondFactor.objects.get() == factor


@pytest.mark.once
def test_the_command_resets_it(maya):
    with_factor(maya)
    told = StringIO()
    call_command("reset_two_factor", "maya", stdout=told)
    assert "by the password alone" in told.getvalue()
    assert actions(action="factor_reset") == [("command line", "factor_reset", "maya")]
    for name, said in (("maya", "no second factor"), ("nobody", "no account")):
        with pytest.raises(CommandError, match=said):
            call_command("reset_two_factor", name)


def test_new_recovery_codes_that_are_asked_for_twice_are_made_once(maya):
    factor, _ = with_factor(maya)
    client = browser_of(maya)
    key = re.search(r'name="once" value="([^"]+)"', client.get(PAGE).content.decode())[1]
    sent = {"change": "codes", "password": PASSWORD, "code": codes.shown_code(factor), "once": key}
    assert client.post(f"{PAGE}change", sent).status_code == 200
    again = client.post(f"{PAGE}change", sent, follow=True)
    assert again.redirect_chain == [(PAGE, 302)]
    assert "This form was sent before" in again.content.decode()
    assert actions(action="new_codes") == [("maya", "new_codes", "maya")]
