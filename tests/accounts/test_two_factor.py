"""Two-factor login: set up, the second step, recovery codes, who must have it, and attacks on all of it."""

import base64
import time
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent, RecoveryCode, SecondFactor
from accounts.passwords import reset_path
from accounts.two_factor import changes, checking, codes
from tests.accounts.helpers import NEW, PASSWORD, account, at_once, browser_of

pytestmark = pytest.mark.django_db
PAGE = "/account/two-factor/"


@pytest.fixture
def maya():
    return account("researcher", username="maya")


def with_factor(user):
    """The second factor of this account, switched on, and its recovery codes."""
    factor = changes.begin(user)
    made = changes.confirm(factor, codes.shown_code(factor))
    # As if a minute had passed: the first code is not taken twice.
    SecondFactor.objects.update(last_step=0)
    factor.refresh_from_db()
    return factor, made


def password_given(client=None, to="/login/", name="maya", password=PASSWORD):
    client = client or Client()
    return client, client.post(to, {"username": name, "password": password})


def is_in(client):
    return "_auth_user_id" in client.session


def code_given(client, code):
    return client.post("/login/code/", {"code": code})


def actions(**more):
    return list(AccountEvent.objects.filter(**more).order_by("pk").values_list("actor", "action", "subject"))


# ---- setting it up


def test_one_sets_it_up_with_an_app_and_gets_recovery_codes(maya):
    client, elsewhere = browser_of(maya), browser_of(maya)
    assert client.post(f"{PAGE}start", {"password": "wrong"}).status_code == 400
    assert not SecondFactor.objects.exists()
    assert client.post(f"{PAGE}start", {"password": PASSWORD})["Location"] == PAGE
    factor, page = SecondFactor.objects.get(), client.get(PAGE).content.decode()
    assert '<svg viewBox="0 0' in page
    assert codes.typed_secret(factor) in page
    assert checking.factor_of(maya) is None  # a password is enough until it is confirmed
    wrong = client.post(f"{PAGE}confirm", {"code": "000000"})
    assert wrong.status_code == 400
    assert "This code is not right" in wrong.content.decode()
    made = client.post(f"{PAGE}confirm", {"code": codes.shown_code(factor)}).context["made"]
    assert len(set(made)) == 10
    assert client.get(PAGE).status_code == 200
    assert "made" not in client.get(PAGE).context
    assert elsewhere.get("/account/").status_code == 302
    assert actions(action="factor_on") == [("maya", "factor_on", "maya")]


def test_the_qr_code_says_what_apps_read(maya):
    factor = changes.begin(maya)
    address = urlsplit(codes.app_address(factor))
    said = parse_qs(address.query)
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/Punchweight:maya%40127.0.0.1%3A8000")
    assert base64.b32decode(said["secret"][0]) == codes.secret_of(factor)
    assert said["issuer"] == ["Punchweight"]
    assert (said["digits"], said["period"], said["algorithm"]) == (["6"], ["30"], ["SHA1"])


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
@pytest.mark.once
def test_codes_are_those_of_the_standard(monkeypatch, at, code):
    """RFC 6238, appendix B, the last six of its eight digits."""
    monkeypatch.setattr(codes, "secret_of", lambda factor: b"12345678901234567890")
    assert codes.shown_code(SecondFactor(), at) == code


def test_no_secret_is_stored(maya):
    factor, made = with_factor(maya)
    stored = str([*SecondFactor.objects.values(), *RecoveryCode.objects.values()])
    secret = codes.secret_of(factor)
    for text in (*made, secret.hex(), base64.b32encode(secret).decode(), base64.b64encode(secret).decode()):
        assert text not in stored
    assert codes.secret_of(SecondFactor(seed="another")) != secret


def test_another_secret_key_ends_it(maya, settings):
    factor, made = with_factor(maya)
    code = codes.shown_code(factor)
    settings.SECRET_KEY = "another"
    assert not checking.is_right(factor, code)
    assert not checking.is_right(factor, made[0])


# ---- the second step


def test_a_login_asks_for_a_code_and_goes_on_where_one_wanted(maya):
    factor, _made = with_factor(maya)
    client, answer = password_given(to="/login/?next=/studies/")
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    for path in ("/account/", "/studies/", PAGE):
        assert client.get(path)["Location"].startswith("/login/")
    assert client.get("/login/code/").status_code == 200
    assert (
        code_given(client, f" {codes.shown_code(factor)[:3]} {codes.shown_code(factor)[3:]}")["Location"] == "/studies/"
    )
    assert client.get("/account/").status_code == 200


@pytest.mark.once
def test_one_goes_nowhere_else(maya):
    factor, _made = with_factor(maya)
    client, _answer = password_given(to="/login/?next=https://elsewhere.example/")
    assert code_given(client, codes.shown_code(factor))["Location"] == "/"


def test_a_wrong_password_never_asks_for_a_code(maya):
    with_factor(maya)
    client, answer = password_given(password="wrong")
    assert answer.status_code == 200
    assert client.get("/login/code/")["Location"] == "/login/"


@pytest.mark.parametrize("code", ["000000", "", "12345", "١٢٣٤٥٦", "x" * 41, "\0", "' OR 1=1 --", "²²²²²²"])
@pytest.mark.once
def test_what_is_no_code_does_not_log_in(maya, code):
    with_factor(maya)
    client, _answer = password_given()
    assert code_given(client, code).status_code == 200
    assert not is_in(client)


def test_a_code_counts_once(maya):
    factor, _made = with_factor(maya)
    code = codes.shown_code(factor)
    assert code_given(password_given()[0], code).status_code == 302
    again = password_given()[0]
    assert "was used before" in code_given(again, code).content.decode()
    assert not is_in(again)


def test_the_codes_beside_the_present_one_count_and_no_others(maya):
    factor, _made = with_factor(maya)
    now = time.time()
    assert [checking.is_right(factor, codes.shown_code(factor, now + steps * 30)) for steps in (-3, 3)] == [False] * 2
    assert checking.is_right(factor, codes.shown_code(factor, now + 30))
    # An older one than was taken is refused, though its time is near.
    assert not checking.is_right(factor, codes.shown_code(factor, now - 30))


@pytest.mark.django_db(transaction=True)
def test_two_who_send_one_code_at_once_are_one(maya):
    factor, made = with_factor(maya)
    code = codes.shown_code(factor)
    for given in (code, made[0]):
        assert sorted(at_once(*[lambda given=given: checking.is_right(factor, given)] * 3)) == [False, False, True]


def test_guessing_codes_is_locked_as_guessing_passwords_is(maya, settings, caplog):
    settings.AXES_FAILURE_LIMIT = 3
    factor, made = with_factor(maya)
    statuses = [code_given(password_given()[0], f"00000{n}").status_code for n in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert code_given(password_given()[0], codes.shown_code(factor)).status_code == 429
    assert code_given(password_given()[0], made[0]).status_code == 429
    assert "wrong login code from 127.0.0.1 as maya" in caplog.text
    assert "too many wrong login codes as maya" in caplog.text
    assert "00000" not in caplog.text


def test_right_codes_are_no_guesses(maya, settings):
    settings.AXES_FAILURE_LIMIT = 2
    _factor, made = with_factor(maya)
    for code in made[:5]:
        assert code_given(password_given()[0], code).status_code == 302


@pytest.mark.once
def test_wrong_codes_count_towards_the_limit_of_an_address(maya, settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 2
    with_factor(maya)
    client = password_given()[0]
    assert [code_given(client, "000000").status_code for _ in range(3)] == [200, 200, 429]


def test_a_recovery_code_works_once_and_is_recorded(maya):
    _factor, made = with_factor(maya)
    client, _answer = password_given()
    assert code_given(client, f"{made[0][:5]}-{made[0][5:].upper()}").status_code == 302
    assert is_in(client)
    again, _answer = password_given()
    assert code_given(again, made[0]).status_code == 200
    assert not is_in(again)
    assert actions(action="recovered") == [("maya", "recovered", "maya")]


@pytest.mark.once
def test_who_has_few_recovery_codes_left_is_told(maya):
    factor, made = with_factor(maya)
    for code in made[:7]:
        checking.is_right(factor, code)
    client, _answer = password_given()
    code_given(client, made[7])
    assert "You have 2 recovery codes left" in client.get("/account/").content.decode()


def wait(maya, client, monkeypatch):
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)


def change_password(maya, client, monkeypatch):
    maya.set_password(NEW)
    maya.save()


def close(maya, client, monkeypatch):
    maya.is_active = False
    maya.save()


@pytest.mark.parametrize("meanwhile", [wait, change_password, close])
@pytest.mark.once
def test_the_code_comes_too_late_once_the_login_is_another(maya, monkeypatch, meanwhile):
    factor, _made = with_factor(maya)
    client, _answer = password_given()
    meanwhile(maya, client, monkeypatch)
    assert code_given(client, codes.shown_code(factor))["Location"] == "/login/"
    assert not is_in(client)


@pytest.mark.once
def test_nobody_chooses_whose_code_is_asked_for(maya):
    """The session is signed; a crafted one is none."""
    with_factor(maya)
    client = Client()
    client.cookies["punchweight_session_8000"] = signing.dumps({"second_step": {"user": maya.pk}})
    assert client.get("/login/code/")["Location"] == "/login/"


def test_a_link_for_a_new_password_asks_for_the_code_too(maya):
    """Who reads somebody's mail does not have their app."""
    factor, _made = with_factor(maya)
    client = Client()
    page = client.get(reset_path(maya), follow=True)
    answer = client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    assert code_given(client, codes.shown_code(factor)).status_code == 302
    assert is_in(client)


@pytest.mark.once
def test_the_admin_site_has_no_login_of_its_own():
    client = Client()
    for answer in (
        client.get("/admin/login/?next=/admin/jobs/"),
        client.post("/admin/login/?next=/admin/jobs/", {"username": "maya", "password": PASSWORD}),
    ):
        assert answer["Location"] == "/login/?next=/admin/jobs/"
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/login/"
    assert browser_of(account("researcher")).get("/admin/login/").status_code == 403


# ---- changes


def change(client, what, code, password=PASSWORD):
    return client.post(f"{PAGE}change", {"change": what, "code": code, "password": password})


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


# ---- who must have it


@pytest.fixture
def required(settings):
    settings.REQUIRE_TWO_FACTOR = ["administrator", "researcher"]


def test_a_role_that_must_have_it_gets_nowhere_else(maya, required):
    client, answer = password_given()
    assert answer.status_code == 302
    for path in ("/", "/account/", "/datasets/", "/operations/", "/tokens/"):
        assert client.get(path)["Location"] == PAGE
    for path in ("/tokens/", "/account/end-sessions", "/systems/new/"):
        refused = client.post(path)
        assert refused.status_code == 403
        assert "needs two-factor login" in refused.content.decode()
    assert client.get(PAGE).status_code == 200
    client.post(f"{PAGE}start", {"password": PASSWORD})
    factor = SecondFactor.objects.get()
    client.post(f"{PAGE}confirm", {"code": codes.shown_code(factor)})
    assert client.get("/datasets/").status_code == 200
    assert "Switch off" not in client.get(PAGE).content.decode()
    SecondFactor.objects.update(last_step=0)
    assert change(client, "off", codes.shown_code(factor))["Location"] == PAGE
    assert SecondFactor.objects.exists()


def test_sessions_of_before_the_rule_must_too_and_a_login_with_a_code_need_not(maya, required):
    factor, _made = with_factor(maya)
    assert browser_of(maya).get("/datasets/")["Location"] == PAGE
    client, _answer = password_given()
    code_given(client, codes.shown_code(factor))
    assert client.get("/datasets/").status_code == 200


@pytest.mark.once
def test_other_roles_need_not(required):
    assert browser_of(account("lead")).get("/datasets/").status_code == 200
    assert Client().get("/").status_code == 200


@pytest.mark.once
def test_who_opens_the_admin_site_is_as_an_administrator(required):
    user = account("lead", is_staff=True)
    assert browser_of(user).get("/admin/")["Location"] == PAGE


@pytest.mark.once
def test_who_comes_by_the_login_provider_need_not(maya, required):
    client = browser_of(maya)
    session = client.session
    session["came_by_provider"] = True
    session.save()
    assert client.get("/datasets/").status_code == 200


@pytest.mark.once
def test_an_account_without_a_password_is_told_who_asks():
    user = account("researcher", username="alice")
    user.set_unusable_password()
    user.save()
    client = browser_of(user)
    assert "you log in with your organisation" in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}start", {"password": ""}).status_code == 400
