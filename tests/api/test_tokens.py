import logging
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Membership
from annotations.people.joining import join
from api.models import ApiToken
from api.tokens import TokenError, find_token, make_token, revoke_token
from tests import people
from tests.api.helpers import Program, error_of, program
from tests.factories import AnnotatorFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


def test_a_token_is_found_by_its_text_and_stored_nowhere():
    token, text = make_token(UserFactory(), "notebook", "read")
    assert find_token(text) == token
    assert text[16:] not in str(ApiToken.objects.values_list())


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t[:40], lambda t: "", lambda t: t + "\x00"]
)
def test_another_text_is_no_token(change):
    _, text = make_token(UserFactory(), "notebook", "read")
    assert find_token(change(text)) is None


def test_a_token_ends_when_it_is_revoked_expired_or_its_owner_is():
    token, text = make_token(UserFactory(), "notebook", "read", expires_at=timezone.now() + timedelta(days=1))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert find_token(text) is None
    ApiToken.objects.update(expires_at=None)
    assert find_token(text) == token
    token.owner.is_active = False
    token.owner.save()
    assert find_token(text) is None
    token.owner.is_active = True
    token.owner.save()
    revoke_token(token)
    assert find_token(text) is None


@pytest.mark.parametrize(
    "chosen",
    [
        {"scope": "everything"},
        {"name": " "},
        {"name": "x" * 101},
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"scope": "annotate"},
    ],
)
def test_settings_that_make_no_token(chosen):
    with pytest.raises(TokenError):
        make_token(UserFactory(), **{"name": "notebook", "scope": "read"} | chosen)
    assert not ApiToken.objects.exists()


def test_a_token_to_annotate_needs_the_right_to_speak_for_the_annotator():
    study = make_study()
    annotator = join(study, user=UserFactory())
    owner, researcher, stranger = UserFactory(), UserFactory(), UserFactory()
    Membership.objects.create(study=study, user=owner, role="owner")
    Membership.objects.create(study=study, user=researcher, role="researcher")
    for user in (owner, annotator.user, UserFactory(is_staff=True)):
        make_token(user, "front end", "annotate", annotator=annotator)
    for user in (researcher, stranger):
        with pytest.raises(TokenError):
            make_token(user, "front end", "annotate", annotator=annotator)
    with pytest.raises(TokenError):
        make_token(
            owner,
            "front end",
            "annotate",
            annotator=AnnotatorFactory(study=study, number=99, pseudonym="gpt", imported=True),
        )


def test_a_token_to_annotate_ends_with_its_owners_right():
    study = make_study()
    owner = UserFactory()
    membership = Membership.objects.create(study=study, user=owner, role="owner")
    _, text = make_token(owner, "front end", "annotate", annotator=join(study))
    assert find_token(text)
    membership.delete()
    assert find_token(text) is None


@pytest.mark.parametrize("fields", [{"scope": "all"}, {"digest": ""}, {"name": ""}, {"scope": "annotate"}])
def test_the_database_refuses_what_is_no_token(fields):
    valid = {"owner": UserFactory(), "name": "x", "scope": "read", "prefix": "0" * 12, "digest": "0" * 64}
    with pytest.raises(IntegrityError):
        ApiToken.objects.create(**valid | fields)


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer pw_0123456789ab_" + "A" * 43]
)
def test_a_request_without_a_valid_token_is_refused(sent):
    response = Client().get("/api/v1/studies", headers={"Authorization": sent})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert error_of(response)["code"] == "unauthorized"


def test_a_login_in_the_browser_opens_no_door():
    assert people.researcher().get("/api/v1/studies").status_code == 401


def test_nothing_of_a_token_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    asks = program()
    asks.get("/studies")
    asks.get("/nothing")
    asks.post("/runs", "{")
    Program(asks.text[:-1] + "!").get("/studies")
    assert asks.text[16:] not in caplog.text


def test_the_page_shows_a_new_token_once():
    user = UserFactory()
    browser = Client()
    browser.force_login(user)
    page = browser.post(reverse("api-tokens"), {"name": "notebook", "scope": "read", "days": 30})
    text = page.context["text"]
    assert text in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert Program(text).get("/studies").status_code == 200
    again = browser.get(reverse("api-tokens")).content.decode()
    assert text not in again
    assert "notebook" in again


def test_the_page_says_what_makes_no_token():
    browser = people.annotator()
    page = browser.post(reverse("api-tokens"), {"name": "", "scope": "annotate", "days": 30})
    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"name", "scope"}


def test_people_revoke_their_own_tokens_only():
    user = UserFactory()
    token, text = make_token(user, "notebook", "read")
    assert people.researcher().post(reverse("revoke-api-token", args=[token.pk])).status_code == 404
    browser = Client()
    browser.force_login(user)
    browser.post(reverse("revoke-api-token", args=[token.pk]))
    assert Program(text).get("/studies").status_code == 401


def test_the_command_prints_a_token(capsys):
    user = UserFactory(is_staff=True)
    call_command("make_token", user.username, name="cron", scope="write", days=7)
    token = find_token(capsys.readouterr().out.strip())
    assert (token.owner, token.scope) == (user, "write")
    with pytest.raises(CommandError, match="no account"):
        call_command("make_token", "nobody", name="cron")
    with pytest.raises(CommandError, match="past"):
        call_command("make_token", user.username, name="cron", days=-1)


def test_a_new_password_ends_the_tokens_of_its_account_alone():
    maya, leo = UserFactory(), UserFactory()
    tokens = {user: make_token(user, "notebook", "read")[0] for user in (maya, leo)}
    maya.set_password("another-and-long-enough")
    maya.save()
    assert not ApiToken.objects.get(pk=tokens[maya].pk).is_valid(timezone.now())
    assert ApiToken.objects.get(pk=tokens[leo].pk).is_valid(timezone.now())


def test_hashing_the_same_password_anew_ends_none(settings):
    maya = UserFactory()
    maya.set_password("right-and-long-enough")
    maya.save()
    token = make_token(maya, "notebook", "read")[0]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    before = maya.password
    assert maya.check_password("right-and-long-enough")
    assert maya.password != before
    assert ApiToken.objects.get(pk=token.pk).is_valid(timezone.now())
