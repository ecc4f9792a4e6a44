"""The codes themselves: what an app shows (RFC 6238), and recovery codes.

No secret is stored. An app's follows from SECRET_KEY and a random seed, as secrets of webhooks do, and recovery codes
are kept as digests under that key. Who reads the database, or a backup of it without the key, makes no code of it; a
new SECRET_KEY ends all of them.
"""

import base64
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.models import SecondFactor

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

# What every app takes: some do other numbers of digits or other digests wrong.
DIGITS, STEP_SECONDS, SECRET_BYTES = 6, 30, 20
# A code counts one step longer and earlier than it is shown: clocks differ, and people type.
NEARBY = (0, -1, 1)
ISSUER = "Punchweight"
RECOVERY_CODES, RECOVERY_LENGTH = 10, 10
# Without letters and digits that are taken for others.
RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_seed() -> str:
    return secrets.token_hex(32)


def secret_of(factor: SecondFactor) -> bytes:
    return salted_hmac("accounts.two_factor.app", factor.seed, algorithm="sha256").digest()[:SECRET_BYTES]


def _app(factor: SecondFactor) -> "TOTP":
    # Loaded here: it takes longer to load than everything else that a login needs.
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    return TOTP(secret_of(factor), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  # the apps' own


def shown_code(factor: SecondFactor, at: float | None = None) -> str:
    """Return the code that the app shows at a moment."""
    return _app(factor).generate(int(time.time() if at is None else at)).decode()


def step_of(factor: SecondFactor, code: str) -> int | None:
    """Return the time step whose code this is, of the present one and those beside it; None if it is of none."""
    from cryptography.hazmat.primitives.twofactor import InvalidToken

    app, now = _app(factor), int(time.time())
    for nearby in NEARBY:
        at = now + nearby * STEP_SECONDS
        try:
            app.verify(code.encode(), at)
        except InvalidToken:
            continue
        return at // STEP_SECONDS
    return None


def typed_secret(factor: SecondFactor) -> str:
    """Return the secret as people type it where they cannot scan it."""
    text = base64.b32encode(secret_of(factor)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def app_address(factor: SecondFactor) -> str:
    """Return what the QR code says: the secret, and for whom and where it is."""
    name = f"{factor.user.get_username()}@{urlsplit(settings.SITE_URL).netloc}"
    return _app(factor).get_provisioning_uri(name, ISSUER)


def new_recovery_code() -> str:
    return "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))


def recovery_digest(factor: SecondFactor, code: str) -> str:
    return salted_hmac("accounts.two_factor.recovery", f"{factor.seed} {code}", algorithm="sha256").hexdigest()


def plain(code: str) -> str:
    """Return a code without what people put between its characters."""
    return "".join(character for character in code.lower() if character.isalnum())
