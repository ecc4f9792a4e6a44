"""The organisation's login by OpenID Connect, with a provider that runs: login, groups to roles, logout, and attacks."""

import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from oidc_provider_mock import User as Person
from oidc_provider_mock import run_server_in_thread

from accounts.identities import Claims, LoginRefusedError, account_for, claims_of
from accounts.models import AccountEvent, Identity
from accounts.rights import role_on_site
from evalsite.accounts import oidc
from tests.factories import UserFactory
from tests.people import administrator

pytestmark = pytest.mark.django_db
ALICE = {
    "preferred_username": "alice",
    "name": "Alice Example",
    "email": "alice@example.org",
    "email_verified": True,
    "groups": ["evaluators", "staff"],
}


@pytest.fixture(scope="module")
def provider():
    with run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def site(provider, settings):
    settings.OIDC_ISSUER = provider
    settings.OIDC_NAME = "Example Institute"
    settings.OIDC_CLIENT_SECRET = "of-the-site"
    oidc.client.cache_clear()
    say(provider, "alice", **ALICE)
    yield provider
    oidc.client.cache_clear()


def say(provider, subject, **claims):
    requests.put(f"{provider}/users/{subject}", json=claims, timeout=10).raise_for_status()


def sent_to_provider(client, path="/login/provider/"):
    answer = client.get(path)
    assert answer.status_code == 302
    return answer["Location"]


def sent_back(address, subject="alice", **form):
    """The address that the provider sends the person back to."""
    answer = requests.post(address, data={"sub": subject, **form}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def log_in(client, subject="alice", path="/login/provider/"):
    return client.get(sent_back(sent_to_provider(client, path), subject))


def test_the_first_login_makes_an_account(site):
    client = Client()
    answer = log_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = User.objects.get()
    assert (user.username, user.first_name, user.email) == ("alice", "Alice Example", "alice@example.org")
    assert not user.has_usable_password()
    assert role_on_site(user) == "member"
    assert client.get("/account/").status_code == 200
    identity = Identity.objects.get()
    assert (identity.issuer, identity.subject, identity.user) == (site, "alice", user)
    events = AccountEvent.objects.values_list("actor", "action", "subject", "after")
    assert list(events) == [("login provider", "joined", "alice", "member")]


def test_the_next_login_is_the_same_account_whatever_its_name_and_address_are_now(site):
    log_in(Client())
    say(site, "alice", **ALICE | {"preferred_username": "a.example", "email": "new@example.org"})
    client = Client()
    log_in(client)
    assert User.objects.get().username == "alice"
    assert client.get("/account/").status_code == 200


def test_the_request_has_a_state_a_nonce_and_a_challenge(site, settings):
    asked = parse_qs(urlsplit(sent_to_provider(Client())).query)
    assert asked["redirect_uri"] == [f"{settings.SITE_URL}/login/provider/back"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile email"]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))


def test_one_goes_on_where_one_wanted_to_go_and_nowhere_else(site):
    assert log_in(Client(), path="/login/provider/?next=/studies/")["Location"] == "/studies/"
    assert log_in(Client(), path="/login/provider/?next=https://elsewhere.example/")["Location"] == "/"


def test_the_login_page_offers_it(site):
    page = Client().get("/login/?next=/studies/").content.decode()
    assert "Log in with Example Institute" in page
    assert 'href="/login/provider/?next=/studies/"' in page


@pytest.mark.parametrize("path", ["/login/provider/", "/login/provider/back", "/logout/done/", "/logout/provider/"])
def test_without_a_provider_there_is_nothing(path):
    assert Client().get(path).status_code == 404
    assert "Log in with" not in Client().get("/login/").content.decode()


# ---- roles


def test_groups_give_the_highest_role_and_take_it_again(site, settings):
    settings.OIDC_ROLES = {"evaluators": "researcher", "staff": "lead", "it": "administrator"}
    log_in(Client())
    user = User.objects.get()
    assert role_on_site(user) == "lead"
    say(site, "alice", **ALICE | {"groups": ["evaluators"]})
    log_in(Client())
    user = User.objects.get()
    assert role_on_site(user) == "researcher"
    say(site, "alice", **ALICE | {"groups": []})
    log_in(Client())
    assert role_on_site(User.objects.get()) == "member"
    changes = AccountEvent.objects.filter(action="role").order_by("pk").values_list("actor", "before", "after")
    assert [change[1:] for change in changes] == [("member", "lead"), ("lead", "researcher"), ("researcher", "member")]
    assert {change[0] for change in changes} == {"login provider"}


def test_without_groups_in_settings_roles_stay_as_they_are_here(site):
    log_in(Client())
    User.objects.get().account.__class__.objects.update(role="lead")
    log_in(Client())
    assert role_on_site(User.objects.get()) == "lead"


def test_the_last_administrator_keeps_the_role(site, settings):
    settings.OIDC_ROLES = {"it": "administrator"}
    say(site, "alice", **ALICE | {"groups": ["it"]})
    log_in(Client())
    say(site, "alice", **ALICE | {"groups": []})
    client = Client()
    log_in(client)
    assert role_on_site(User.objects.get()) == "administrator"
    assert client.get("/accounts/").status_code == 200


# ---- which account


def test_a_checked_address_links_to_an_account_only_where_the_operator_says_so(site, settings):
    here = UserFactory(username="here", email="Alice@example.org")
    log_in(Client())
    other = Identity.objects.get().user
    assert (other != here, other.email) == (True, "")  # the address is the other account's
    Identity.objects.all().delete()
    settings.OIDC_LINK_BY_EMAIL = True
    log_in(Client())
    assert Identity.objects.get().user == here


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_address_that_nobody_checked_links_to_nothing(site, settings, verified):
    settings.OIDC_LINK_BY_EMAIL = True
    here = UserFactory(username="here", email="alice@example.org", is_superuser=True)
    say(site, "alice", **ALICE | {"email_verified": verified})
    log_in(Client())
    assert Identity.objects.get().user != here
    assert Identity.objects.get().user.email == ""


def test_a_name_that_somebody_has_gets_a_number(site):
    UserFactory(username="Alice")
    log_in(Client())
    say(site, "other", **ALICE | {"email": "other@example.org"})
    log_in(Client(), "other")
    assert set(User.objects.values_list("username", flat=True)) == {"Alice", "alice-2", "alice-3"}


@pytest.mark.parametrize(
    ("said", "name"), [("a b/ü<x>", "a-b-ü-x"), ("///", "somebody"), ("x" * 300, "x" * 140), ("", "the-subject")]
)
def test_names_are_made_fit(said, name):
    assert account_for(claims_of({"iss": "i", "sub": "the-subject", "preferred_username": said})).username == name


@pytest.mark.parametrize(
    "said", [{}, {"iss": "i"}, {"iss": "i", "sub": ""}, {"iss": "i", "sub": 5}, {"iss": "i", "sub": "s" * 256}]
)
def test_claims_without_a_person_open_nothing(said):
    with pytest.raises(LoginRefusedError, match="does not say who you are"):
        claims_of(said)


@pytest.mark.parametrize("groups", ["evaluators", None, {"evaluators": 1}, [1, None]])
def test_groups_in_another_form_are_none(groups):
    assert claims_of({"iss": "i", "sub": "s", "groups": groups}).groups == frozenset()


def test_the_same_subject_at_another_provider_is_somebody_else():
    first = account_for(Claims("https://a.example", "7", name="x"))
    assert account_for(Claims("https://b.example", "7", name="x")) != first
    assert account_for(Claims("https://a.example", "7", name="y")) == first


def test_an_identity_is_one_account_in_the_database():
    account_for(Claims("https://a.example", "7", name="x"))
    for wrong in (
        {"issuer": "https://a.example", "subject": "7"},
        {"issuer": "", "subject": "7"},
        {"issuer": "i", "subject": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Identity.objects.create(user=UserFactory(), **wrong)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_two_windows_at_once_make_one_account():
    start, ended = threading.Barrier(2), []

    def come():
        start.wait()
        try:
            ended.append(account_for(Claims("https://a.example", "7", name="x")).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=come) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ended)) == 1
    assert User.objects.count() == 1


# ---- refused


def refused(answer, status=403):
    assert answer.status_code == status
    assert "_auth_user_id" not in answer.wsgi_request.session
    return answer.content.decode()


def test_a_deactivated_account_stays_closed(site):
    log_in(Client())
    User.objects.update(is_active=False)
    assert "was deactivated" in refused(log_in(Client()))


def test_who_cancels_is_told(site):
    client = Client()
    address = sent_back(sent_to_provider(client), action="deny")
    assert "The login was cancelled" in refused(client.get(address))


def test_an_answer_of_another_browser_is_refused(site, caplog):
    address = sent_back(sent_to_provider(Client()))
    refused(Client().get(address))
    assert "a login by the provider was refused: mismatching_state" in caplog.text
    assert not Identity.objects.exists()


def test_an_answer_counts_once(site, caplog):
    client = Client()
    address = sent_back(sent_to_provider(client))
    assert client.get(address)["Location"] == "/"
    client.post("/logout/")
    refused(client.get(address))
    assert "a login by the provider was refused: mismatching_state" in caplog.text


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=x&error_description=%3Cb%3E"])
def test_an_answer_that_was_made_up_is_refused(site, query):
    assert "<b>" not in refused(Client().get(f"/login/provider/back{query}"))


def test_a_token_of_somebody_elses_key_is_refused(site, caplog):
    with run_server_in_thread() as other:
        client = Client()
        address = sent_back(sent_to_provider(client))
        oidc.client().server_metadata["jwks_uri"] = f"http://localhost:{other.server_port}/jwks"
        refused(client.get(address))
    assert "a login by the provider was refused: bad_signature" in caplog.text


def test_a_token_of_another_issuer_is_refused(site, caplog):
    client = Client()
    address = sent_back(sent_to_provider(client))
    oidc.client().server_metadata["issuer"] = "https://elsewhere.example"
    refused(client.get(address))
    assert "a login by the provider was refused: invalid_claim: Invalid claim: 'iss'" in caplog.text


WELL = {"alg": "RS256"}
CRAFTED = [
    (WELL, {"aud": ["another-site"]}, "invalid_claim: Invalid claim: 'aud'"),
    (WELL, {"aud": None}, "missing_claim: Missing claim: 'aud'"),
    (WELL, {"nonce": "of-another-login"}, "invalid_claim: Invalid claim: 'nonce'"),
    (WELL, {"nonce": None}, "missing_claim: Missing claim: 'nonce'"),
    (WELL, {"sub": None}, "missing_claim: Missing claim: 'sub'"),
    (WELL, {"exp": 1}, "expired_token"),
    ({"alg": "HS256"}, {}, "unsupported_algorithm"),
]


def answered_with(client, header, claims):
    """The answer where the provider gives a token with these claims, signed with its key."""
    asked = parse_qs(urlsplit(sent_to_provider(client)).query)
    key = RSAKey.generate_key(2048, {"kid": "of-the-provider"})
    said = {
        "iss": oidc.client().server_metadata["issuer"],
        "aud": ["punchweight"],
        "sub": "alice",
        "nonce": asked["nonce"][0],
    }
    said |= {"iat": int(time.time()), "exp": int(time.time()) + 60} | claims
    signed = key if header["alg"] == "RS256" else OctKey.import_key("of-the-attacker" * 4)
    token = jwt.encode(
        header | {"kid": "of-the-provider"},
        {name: value for name, value in said.items() if value is not None},
        signed,
        [header["alg"]],
    )
    oidc.client().server_metadata["jwks"] = {"keys": [key.as_dict(private=False)]}
    oidc.client().fetch_access_token = lambda **kwargs: {"id_token": token}
    return client.get(f"/login/provider/back?code=x&state={asked['state'][0]}")


def test_a_token_as_it_should_be_opens(site, settings):
    settings.OIDC_GROUPS_CLAIM = "sub"  # so that nothing more is asked for
    assert answered_with(Client(), WELL, {}).status_code == 302


@pytest.mark.parametrize(("header", "claims", "reason"), CRAFTED)
def test_a_token_that_is_not_as_it_should_be_is_refused(site, caplog, header, claims, reason):
    refused(answered_with(Client(), header, claims))
    assert reason in caplog.text


def test_a_token_that_has_expired_is_refused(settings, caplog):
    people = [Person(sub="alice", claims=ALICE)]
    with run_server_in_thread(access_token_max_age=timedelta(hours=-1), user_claims=people) as late:
        settings.OIDC_ISSUER = f"http://localhost:{late.server_port}"
        settings.OIDC_CLIENT_SECRET = "of-the-site"
        oidc.client.cache_clear()
        assert "took too long" in refused(log_in(Client()))
    assert "a login by the provider was refused: expired_token" in caplog.text
    oidc.client.cache_clear()


def test_a_provider_that_is_down_is_said(settings):
    settings.OIDC_ISSUER = "http://localhost:1"
    oidc.client.cache_clear()
    assert "does not answer" in refused(Client().get("/login/provider/"), 503)
    assert "does not answer" in refused(Client().get("/logout/provider/"), 503)
    oidc.client.cache_clear()


# ---- out again


def test_who_came_by_the_provider_is_offered_to_log_out_there(site, settings):
    client = Client()
    log_in(client)
    answer = client.post("/logout/", follow=True)
    assert answer.redirect_chain == [("/logout/done/", 302)]
    assert "Log out of Example Institute too" in answer.content.decode()
    assert client.get("/account/").status_code == 302
    away = client.get("/logout/provider/")["Location"]
    assert away.startswith(f"{site}/oauth2/end_session?")
    assert parse_qs(urlsplit(away).query)["post_logout_redirect_uri"] == [f"{settings.SITE_URL}/"]


def test_who_came_by_a_password_logs_out_as_ever(site):
    assert administrator().post("/logout/")["Location"] == "/"
