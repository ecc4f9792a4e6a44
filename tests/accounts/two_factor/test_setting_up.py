"""Two-factor login is set up with an app; no secret is stored."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import RecoveryCode, SecondFactor
from accounts.two_factor import changes, checking, codes
from tests.accounts.helpers import PASSWORD, browser_of
from tests.accounts.two_factor.logins import PAGE, actions, with_factor

pytestmark = pytest.mark.django_db


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


def test_the_qr_code_says_what_apps_read(maya, settings):
    settings.SITE_URL = "https://rate.example.org:8443"
    factor = changes.begin(maya)
    address = urlsplit(codes.app_address(factor))
    said = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/Punchweight:maya%40rate.example.org%3A8443"
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
