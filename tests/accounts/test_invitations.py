"""Accounts by one-time links: making one, and attacks on the link."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.invitations import InvitationRefusedError, accept, digest_of, find_invitation, invite
from accounts.models import AccountEvent, AccountInvitation
from accounts.rights import role_on_site
from accounts.roles import change_role, deactivate
from annotations.models import AuditEntry, Membership
from annotations.people.new_members import invite_member
from tests.accounts.helpers import NEW, account, at_once, browser_of, form, link, opened
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db
ACCEPT = "/invited/"


@pytest.fixture
def administrator():
    return account("administrator", username="root")


def role_of(name):
    return role_on_site(User.objects.get(username=name))


def test_who_is_invited_chooses_name_and_password_and_is_in(administrator):
    client = opened(link(administrator, "researcher", email="maya@example.org"))
    page = client.get(ACCEPT).content.decode()
    assert "root invites you." in page
    assert 'value="maya"' in page
    answer = client.post(ACCEPT, form(), follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == "/"
    assert "Welcome, maya." in answer.content.decode()
    maya = User.objects.get(username="maya")
    assert (maya.email, role_of("maya"), maya.is_staff) == ("maya@example.org", "researcher", False)
    assert Client().post("/login/", {"username": "maya", "password": NEW}).status_code == 302


def test_an_invitation_to_a_study_leads_to_it(administrator):
    study = make_study(systems=2, documents=1)
    token = invite_member(study, "researcher", administrator)[1]
    answer = opened(token).post(ACCEPT, form(), follow=True)
    assert answer.request["PATH_INFO"] == study.get_absolute_url()
    assert answer.status_code == 200
    assert study.memberships.get().role == "researcher"
    assert role_of("maya") == "member"
    entry = study.audit_entries.filter(action=AuditEntry.Action.MEMBER).first()
    assert (entry.actor, entry.subject, entry.after) == ("root", "maya", "researcher")


@pytest.mark.once
def test_the_token_is_stored_nowhere_and_leaves_the_address(administrator):
    _, token = invite(administrator, "member")
    answer = Client().get(f"/invited/{token}/")
    assert answer["Location"] == ACCEPT
    assert token not in str(AccountInvitation.objects.values().get())
    client = opened(token)
    assert token not in str(dict(client.session))
    assert token not in str(list(AccountEvent.objects.values()))
    assert token not in client.get(ACCEPT).content.decode()
    assert client.get(ACCEPT)["Referrer-Policy"] == "same-origin"


def expire(invitation, by):
    AccountInvitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def use_up(invitation, by):
    accept(invitation, UserFactory)


def take_back(invitation, by):
    assert browser_of(by).post(reverse("revoke-account-invitation", args=[invitation.pk])).status_code == 302


def remove_inviter(invitation, by):
    deactivate(by, account("administrator"))


def demote_inviter(invitation, by):
    account("administrator")
    change_role(by, "lead", by)


@pytest.mark.parametrize("end", [expire, use_up, take_back, remove_inviter, demote_inviter])
def test_a_link_that_has_ended_makes_no_account(administrator, end):
    invitation, token = invite(administrator, "researcher")
    client = opened(token)
    assert client.get(ACCEPT).status_code == 200
    end(invitation, administrator)
    for browser in (client, opened(token)):
        assert browser.get(ACCEPT).status_code == 410
        assert browser.post(ACCEPT, form()).status_code == 410
    assert not User.objects.filter(username="maya").exists()


def test_the_owner_who_invited_must_still_own_the_study():
    study, owner = make_study(systems=2, documents=1), account("researcher")
    membership = Membership.objects.create(study=study, user=owner, role="owner")
    token = invite_member(study, "owner", owner)[1]
    membership.delete()
    assert opened(token).post(ACCEPT, form()).status_code == 410
    assert not User.objects.filter(username="maya").exists()
    assert AccountInvitation.objects.get().accepted_at is None


def test_fields_that_the_form_does_not_show_give_no_right():
    more = {"is_superuser": "on", "is_staff": "on", "role": "administrator", "is_active": "", "email": "x@example.org"}
    opened(link(role="member")).post(ACCEPT, form(**more))
    maya = User.objects.get(username="maya")
    assert (maya.is_superuser, maya.is_staff, maya.is_active, maya.email) == (False, False, True, "")
    assert role_of("maya") == "member"


@pytest.mark.once
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": "ROOT"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": ""}, "username"),
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password1": "password123", "password2": "password123"}, "password2"),
        ({"password2": "another one"}, "password2"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_still_works(administrator, values, field):
    client = opened(link(administrator))
    answer = client.post(ACCEPT, form() | values)
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert client.post(ACCEPT, form()).status_code == 302


def test_who_has_an_account_adds_the_invitation_to_it(administrator):
    study, user = make_study(systems=2, documents=1), account("researcher", username="leo")
    token = invite_member(study, "owner", administrator)[1]
    client = opened(token, browser_of(user))
    assert "You are logged in as <strong>leo</strong>" in client.get(ACCEPT).content.decode()
    assert client.post(ACCEPT, {"username": "other"})["Location"] == study.get_absolute_url()
    assert User.objects.filter(username="other").count() == 0
    assert study.memberships.get().user == user
    assert role_of("leo") == "researcher"  # nobody loses a right by an invitation


def test_the_link_survives_the_login(administrator):
    user = account(username="leo")
    client = opened(link(administrator, "researcher"))
    client.post("/login/", {"username": "leo", "password": "correct horse", "next": ACCEPT})
    client.post(ACCEPT)
    assert role_of(user.username) == "researcher"


def test_an_invitation_takes_no_role_in_the_study_away(administrator):
    study, user = make_study(systems=2, documents=1), account()
    Membership.objects.create(study=study, user=user, role="owner")
    token = invite_member(study, "researcher", administrator)[1]
    opened(token, browser_of(user)).post(ACCEPT)
    assert study.memberships.get().role == "owner"


@pytest.mark.django_db(transaction=True)
def test_of_several_who_use_a_link_at_once_one_gets_an_account():
    invitation, _ = invite(None, "member")

    def use(name):
        return lambda: accept(find_invitation(invitation.digest), lambda: UserFactory(username=name))

    got = at_once(*(use(f"user-{n}") for n in range(4)))
    assert sum(isinstance(result, User) for result in got) == 1
    assert sum(isinstance(result, InvitationRefusedError) for result in got) == 3
    assert User.objects.count() == 1


def test_guessing_links_is_locked_as_passwords_are(settings):
    settings.AXES_FAILURE_LIMIT = 3
    token, client = link(), Client()
    for _ in range(3):
        assert client.get("/invited/guess/").status_code == 302
    assert client.get(f"/invited/{token}/").status_code == 429
    assert client.get("/password/new/MQ/abc-def/").status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").get(f"/invited/{token}/").status_code == 302


# ---- inviting


INVITE = "/accounts/invite"
TERMS = {"role": "researcher", "study": "", "study_role": "researcher", "days": "7", "email": ""}


def test_without_mail_the_link_is_shown_once(administrator):
    client = browser_of(administrator)
    page = client.post(INVITE, TERMS).content.decode()
    token = page.partition("http://testserver/invited/")[2].partition("/")[0]
    assert find_invitation_by(token).role == "researcher"
    assert token not in client.get("/accounts/").content.decode()
    assert opened(token).post(ACCEPT, form()).status_code == 302


def find_invitation_by(token):
    return find_invitation(digest_of(token))


def test_with_mail_the_link_goes_there_and_is_not_shown(administrator, settings):
    settings.MAIL_CONFIGURED, settings.SITE_URL = True, "https://site.example"
    page = browser_of(administrator).post(INVITE, TERMS | {"email": "maya@example.org"}, follow=True)
    assert "was sent to maya@example.org" in page.content.decode()
    [sent] = mail.outbox
    assert sent.to == ["maya@example.org"]
    token = sent.body.partition("https://site.example/invited/")[2].partition("/")[0]
    assert find_invitation_by(token).email == "maya@example.org"
    assert token not in page.content.decode()


def test_a_mail_that_fails_is_said_and_the_link_is_shown(administrator, settings):
    settings.MAIL_CONFIGURED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    page = browser_of(administrator).post(INVITE, TERMS | {"email": "maya@example.org"}).content.decode()
    assert "could not be sent" in page
    assert "http://testserver/invited/" in page


@pytest.mark.once
@pytest.mark.parametrize("values", [{"role": "boss"}, {"days": "4000"}, {"email": "nobody"}, {"study": "999"}])
def test_an_invitation_that_makes_no_sense_is_refused(administrator, values):
    assert browser_of(administrator).post(INVITE, TERMS | values).status_code == 400
    assert not AccountInvitation.objects.exists()


def owner_of(study, role):
    user = account(role)
    Membership.objects.create(study=study, user=user, role="owner")
    return user


def test_an_owner_invites_a_member_of_the_study_and_no_more():
    study = make_study(systems=2, documents=1)
    client = browser_of(owner_of(study, "researcher"))
    answer = client.post(f"/studies/{study.slug}/people/new-members", {"role": "owner", "site_role": "administrator"})
    assert "/invited/" in answer.content.decode()
    invitation = AccountInvitation.objects.get()
    assert (invitation.role, invitation.invited_member.role) == ("member", "owner")
    page = client.get(f"/studies/{study.slug}/people/").content.decode()
    assert "Somebody without an account" in page
    client.post(reverse("revoke-member", args=[study.slug, invitation.invited_member.pk]))
    assert AccountInvitation.objects.get().revoked_at is not None


def test_a_member_who_owns_a_study_invites_nobody_to_the_site():
    study = make_study(systems=2, documents=1)
    client = browser_of(owner_of(study, "member"))
    assert client.post(f"/studies/{study.slug}/people/new-members", {"role": "researcher"}).status_code == 403
    assert "An administrator can invite them" in client.get(f"/studies/{study.slug}/people/").content.decode()
    assert not AccountInvitation.objects.exists()


def test_nobody_revokes_an_invitation_to_another_study():
    study, other = make_study(systems=2, documents=1), make_study(systems=2, documents=1)
    invited = invite_member(other, "researcher", None)[0].invited_member
    client = browser_of(owner_of(study, "researcher"))
    assert client.post(reverse("revoke-member", args=[study.slug, invited.pk])).status_code == 404


@pytest.mark.once
def test_the_command_line_invites_the_first_administrator(capsys):
    call_command("invite_account", role="administrator")
    token = capsys.readouterr().out.partition("/invited/")[2].partition("/")[0]
    assert opened(token).post(ACCEPT, form(name="first")).status_code == 302
    assert role_of("first") == "administrator"
