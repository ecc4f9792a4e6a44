"""A new mail address: confirmed by who reads it, once, in time, by the account's owner; the old one is told."""

import re
import smtplib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.addresses import AddressError, change_address, confirm_change, find_change
from accounts.invitations import digest_of
from accounts.models import AccountEvent, AddressChange
from tests.accounts.helpers import PASSWORD, account, at_once, browser_of, form, link, opened
from tests.people import stranger

pytestmark = pytest.mark.django_db
OLD, NEW = "maya@example.org", "maya@example.com"


@pytest.fixture
def maya():
    return account("researcher", username="maya", email=OLD)


@pytest.fixture
def sends_mail(settings):
    settings.MAIL_CONFIGURED = True


def save(client, email, password=PASSWORD, language=""):
    values = {"name": "", "email": email, "language": language, "password": password}
    return client.post("/account/", values, follow=True)


def address_of(user):
    return User.objects.get(pk=user.pk).email


def link_in(mail):
    return re.search(r"/account/address/[\w-]+/", mail.body)[0]


def events():
    return list(AccountEvent.objects.order_by("pk").values_list("action", flat=True))


def asked(client, outbox, email=NEW, **values):
    save(client, email, **values)
    return link_in(next(mail for mail in outbox if mail.to == [email]))


@pytest.mark.usefixtures("sends_mail")
def test_the_new_address_counts_once_it_is_confirmed(maya, mailoutbox):
    client = browser_of(maya)
    path = asked(client, mailoutbox)
    assert address_of(maya) == OLD
    assert f"{NEW} becomes your address" in client.get("/account/").content.decode()
    page = client.get(path, follow=True)
    assert page.redirect_chain == [("/account/address/", 302)]
    assert NEW in page.content.decode()
    assert address_of(maya) == OLD  # opening it changes nothing
    assert client.post("/account/address/").status_code == 302
    assert address_of(maya) == NEW
    assert events() == ["email_asked", "email"]
    assert "example" not in str(list(AccountEvent.objects.values()))
    assert not AddressChange.objects.exclude(address="").exists()  # forgotten, but for the account


@pytest.mark.usefixtures("sends_mail")
def test_the_old_address_is_told_twice(maya, mailoutbox):
    client = browser_of(maya)
    client.get(asked(client, mailoutbox))
    client.post("/account/address/")
    told = [mail.body for mail in mailoutbox if mail.to == [OLD]]
    assert ["asked for another" in told[0], "has another mail address now" in told[1]] == [True, True]
    assert NEW not in "".join(told)
    assert all("account/address" not in body for body in told)


@pytest.mark.usefixtures("sends_mail")
def test_a_link_works_once(maya, mailoutbox):
    client = browser_of(maya)
    path = asked(client, mailoutbox)
    client.get(path)
    client.post("/account/address/")
    User.objects.filter(pk=maya.pk).update(email=OLD)
    assert client.get(path, follow=True).status_code == 410
    assert client.post("/account/address/").status_code == 410
    assert address_of(maya) == OLD


@pytest.mark.usefixtures("sends_mail")
def test_a_link_ends_with_its_time_with_the_next_one_and_with_no(maya, mailoutbox):
    client = browser_of(maya)
    first = asked(client, mailoutbox)
    mailoutbox.clear()
    second = asked(client, mailoutbox, "third@example.org")
    assert client.get(first, follow=True).status_code == 410
    AddressChange.objects.unanswered().update(expires_at=timezone.now())
    assert client.get(second, follow=True).status_code == 410
    mailoutbox.clear()
    third = asked(client, mailoutbox)
    client.post("/account/address/cancel")
    assert client.get(third, follow=True).status_code == 410
    assert events() == ["email_asked", "email_asked", "email_asked", "email_cancelled"]
    assert address_of(maya) == OLD


@pytest.mark.usefixtures("sends_mail")
def test_a_link_is_its_accounts_alone(maya, mailoutbox):
    """Who gets a mail for a mistyped address must not get the account with it."""
    path = asked(browser_of(maya), mailoutbox)
    other = browser_of(account())
    assert other.get(path, follow=True).status_code == 410
    assert other.post("/account/address/").status_code == 410
    nobody = stranger()
    assert nobody.get(path)["Location"].startswith("/login/")
    assert address_of(maya) == OLD


@pytest.mark.usefixtures("sends_mail")
def test_somebody_elses_address_is_not_told_here_and_not_given(maya, mailoutbox):
    """Only who reads the mail learns that the address is taken."""
    account(username="leo", email="Leo@example.org")
    client = browser_of(maya)
    path = asked(client, mailoutbox, "leo@example.org")
    client.get(path)
    refused = client.post("/account/address/")
    assert refused.status_code == 410
    assert "Another account has this address" in refused.content.decode()
    assert address_of(maya) == OLD
    assert AddressChange.objects.unanswered().count() == 1


@pytest.mark.usefixtures("sends_mail")
def test_links_are_few_and_guesses_are_locked(maya, mailoutbox, settings):
    client = browser_of(maya)
    for number in range(3):
        save(client, f"n{number}@example.org")
    refused = save(client, "n3@example.org")
    assert (refused.status_code, len(AddressChange.objects.all())) == (400, 3)
    settings.AXES_FAILURE_LIMIT = 2
    statuses = [client.get(f"/account/address/guess{n}/", follow=True).status_code for n in range(3)]
    assert statuses == [410, 410, 429]


@pytest.mark.usefixtures("sends_mail")
def test_no_mail_no_change(maya, monkeypatch):
    def down(*args, **kwargs):
        raise smtplib.SMTPConnectError(421, b"busy")

    monkeypatch.setattr("accounts.mail.send_mail", down)
    page = save(browser_of(maya), NEW)
    assert page.status_code == 400
    assert "could not be sent" in page.content.decode()
    assert not AddressChange.objects.unanswered().exists()
    assert address_of(maya) == OLD


@pytest.mark.usefixtures("sends_mail")
def test_taking_the_address_away_needs_no_link(maya, mailoutbox):
    assert save(browser_of(maya), "").status_code == 200
    assert address_of(maya) == ""
    assert [mail.to for mail in mailoutbox] == [[OLD]]


@pytest.mark.usefixtures("sends_mail")
def test_the_password_is_needed_still(maya, mailoutbox):
    assert save(browser_of(maya), NEW, "guess").status_code == 400
    assert (mailoutbox, AddressChange.objects.count()) == ([], 0)


@pytest.mark.usefixtures("sends_mail")
def test_it_is_said_and_written_in_the_accounts_language(maya, mailoutbox):
    client = browser_of(maya)
    save(client, OLD, language="zh-hans")
    path = asked(client, mailoutbox, language="zh-hans")
    assert {mail.subject for mail in mailoutbox} == {
        "确认您在 Punchweight 的邮箱地址",
        "您在 Punchweight 的账号的邮箱地址",
    }
    assert "使用此地址" in client.get(path, follow=True).content.decode()


def test_without_mail_it_changes_at_once(maya):
    client = browser_of(maya)
    save(client, NEW)
    assert address_of(maya) == NEW
    assert events() == ["email"]
    account(username="leo", email="leo@example.org")
    refused = save(client, "LEO@example.org")
    assert refused.status_code == 400
    assert "Another account has this address" in refused.content.decode()
    assert address_of(maya) == NEW


def test_who_is_invited_to_a_taken_address_is_told(maya):
    browser = opened(link(email="new@example.org"))
    account(username="leo", email="new@example.org")
    answer = browser.post("/invited/", form("lea"))
    assert answer.status_code == 400
    assert "An account has this mail address already" in answer.content.decode()
    assert not User.objects.filter(username="lea").exists()


# ---- attacks past the services


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


def change(user, **values):
    until = timezone.now() + timedelta(days=1)
    return AddressChange.objects.create(**({"digest": "d", "user": user, "address": NEW, "expires_at": until} | values))


def test_no_two_accounts_have_one_address(maya):
    other = account(username="leo", email="")
    for taken in (OLD, OLD.upper()):
        refused(lambda taken=taken: User.objects.filter(pk=other.pk).update(email=taken))
        refused(lambda taken=taken: User.objects.create(username="new", email=taken))
    User.objects.filter(pk=maya.pk).update(email=OLD.upper())  # one's own, in capitals
    User.objects.create(username="none", email="")  # and any number without one


def test_a_change_is_open_once_and_stays_as_it_ended(maya):
    now = timezone.now()
    first = change(maya)
    refused(lambda: change(maya, digest="e"))
    refused(lambda: AddressChange.objects.filter(pk=first.pk).update(address=""))
    refused(lambda: AddressChange.objects.filter(pk=first.pk).update(confirmed_at=now))  # and keep the address
    refused(lambda: AddressChange.objects.filter(pk=first.pk).update(confirmed_at=now, cancelled_at=now, address=""))
    AddressChange.objects.filter(pk=first.pk).update(confirmed_at=now, address="")
    refused(lambda: AddressChange.objects.filter(pk=first.pk).update(confirmed_at=None, address=NEW))
    refused(lambda: AddressChange.objects.filter(pk=first.pk).update(confirmed_at=now + timedelta(hours=1)))


@pytest.mark.django_db(transaction=True)
def test_two_accounts_that_take_an_address_at_once_do_not_both_get_it():
    one, other = account(username="one", email=""), account(username="other", email="")

    def take(user, address):
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=address)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.3)" if connection.vendor == "postgresql" else "SELECT 1")

    got = at_once(lambda: take(one, NEW), lambda: take(other, NEW.upper()))
    assert [type(result) for result in got if result is not None] == [IntegrityError]
    assert User.objects.exclude(email="").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_used_twice_at_once_changes_once(sends_mail):
    maya = account(username="maya", email=OLD)
    waiting = change(maya, digest=digest_of("token"))
    found = find_change(waiting.digest, maya)
    got = at_once(lambda: confirm_change(found), lambda: confirm_change(found))
    assert [type(result) for result in got if result is not None] == [AddressError]
    assert AccountEvent.objects.filter(action="email").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_leave_one_link(sends_mail):
    maya = account(username="maya", email=OLD)
    at_once(lambda: change_address(maya, NEW), lambda: change_address(maya, "other@example.org"))
    assert AddressChange.objects.unanswered().count() == 1
    assert AddressChange.objects.count() == 2
