"""Secret tokens that are shown once and never stored: a prefix finds the row, and a digest checks the text."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX_CHARACTERS = 12


@dataclass(frozen=True)
class Token:
    """A new token.

    Attributes:
        text: What is shown once.
        prefix, digest: What is stored.
    """

    text: str
    prefix: str
    digest: str


def new_token(kind: str) -> Token:
    """Make a token of 256 random bits, such as pw_0123456789ab_…, where pw is the kind."""
    prefix = secrets.token_hex(PREFIX_CHARACTERS // 2)
    text = f"{kind}_{prefix}_{secrets.token_urlsafe(32)}"
    return Token(text, prefix, _digest(text))


def prefix_of(kind: str, text: str) -> str | None:
    """Return the prefix of a text that has the form of a token of this kind, else None."""
    match = re.fullmatch(rf"{kind}_([0-9a-f]{{{PREFIX_CHARACTERS}}})_[A-Za-z0-9_-]{{43}}", text)
    return match[1] if match else None


def is_token(text: str, digest: str) -> bool:
    """Whether this is the text that the digest was taken of; takes as long whatever differs."""
    return hmac.compare_digest(digest, _digest(text))


def _digest(text: str) -> str:
    # A slow hash protects passwords that can be guessed; 256 random bits cannot.
    return hashlib.sha256(text.encode()).hexdigest()
