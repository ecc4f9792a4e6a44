"""Create tokens, find them by what a program sends, and revoke them."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from annotations.models import Annotator, Membership
from annotations.web.access import LEAD, role_of
from api.models import ApiToken
from api.models.tokens import Scope

TOKEN_FORM = re.compile(r"pw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class TokenError(ValueError):
    """Settings that no token can have; the message names what is wrong."""


def make_token(
    owner: User, name: str, scope: str, *, annotator: Annotator | None = None, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Create a token; returns it and its text, which is shown once and stored nowhere. Raises TokenError."""
    if not name.strip() or len(name) > 100:
        raise TokenError("A token needs a name of at most 100 characters that says what it is for.")
    if scope not in Scope.values:
        raise TokenError(f"{scope!r} is no scope. Known: {', '.join(Scope.values)}.")
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenError("The end of the token is in the past. Choose a later one.")
    if (annotator is not None) != (scope == Scope.ANNOTATE):
        raise TokenError("A token to annotate is bound to one annotator, and no other token is.")
    if annotator is not None and not may_speak_for(owner, annotator):
        raise TokenError("Only owners of the study, or the annotators themselves, make tokens to rate with.")
    prefix = secrets.token_hex(6)
    text = f"pw_{prefix}_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        owner=owner,
        name=name.strip(),
        scope=scope,
        annotator=annotator,
        prefix=prefix,
        digest=_sha256(text),
        expires_at=expires_at,
    )
    return token, text


def _sha256(text: str) -> str:
    # A slow hash protects passwords that can be guessed; 256 random bits cannot.
    return hashlib.sha256(text.encode()).hexdigest()


def may_speak_for(user: User, annotator: Annotator) -> bool:
    """True for the annotator's own account, the study's owners and leads; never for annotators imported from a file."""
    if annotator.imported:
        return False
    own = annotator.user_id is not None and annotator.user_id == user.pk
    return own or role_of(user, annotator.study) in (LEAD, Membership.Role.OWNER)


def find_token(text: str) -> ApiToken | None:
    """Return the valid token with this text, or None."""
    match = TOKEN_FORM.fullmatch(text)
    if match is None:
        return None
    valid_tokens = ApiToken.objects.valid(timezone.now()).select_related("owner__account", "annotator__study")
    token = valid_tokens.filter(prefix=match[1]).first()
    if token is None or not hmac.compare_digest(token.digest, _sha256(text)):
        return None
    if token.annotator is not None and not may_speak_for(token.owner, token.annotator):
        return None  # its owner may no longer give it
    return token


def revoke_token(token: ApiToken) -> None:
    """End a token at once; one that was revoked before keeps its date."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
