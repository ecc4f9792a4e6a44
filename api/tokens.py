"""Create tokens, find them by what a program sends, and revoke them."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from annotations.models import Annotator, Membership
from annotations.web.access import LEAD, role_of
from api.models import ApiToken
from api.models.tokens import Scope
from lib.tokens import is_token, new_token, prefix_of

KIND = "pw"


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
    made = new_token(KIND)
    token = ApiToken.objects.create(
        owner=owner,
        name=name.strip(),
        scope=scope,
        annotator=annotator,
        prefix=made.prefix,
        digest=made.digest,
        expires_at=expires_at,
    )
    return token, made.text


def may_speak_for(user: User, annotator: Annotator) -> bool:
    """True for the annotator's own account, the study's owners and leads; never for annotators imported from a file."""
    if annotator.imported:
        return False
    own = annotator.user_id is not None and annotator.user_id == user.pk
    return own or role_of(user, annotator.study) in (LEAD, Membership.Role.OWNER)


def find_token(text: str) -> ApiToken | None:
    """Return the valid token with this text, or None."""
    prefix = prefix_of(KIND, text)
    if prefix is None:
        return None
    valid_tokens = ApiToken.objects.valid(timezone.now()).select_related("owner__account", "annotator__study")
    token = valid_tokens.filter(prefix=prefix).first()
    if token is None or not is_token(text, token.digest):
        return None
    if token.annotator is not None and not may_speak_for(token.owner, token.annotator):
        return None  # its owner may no longer give it
    return token


def revoke_token(token: ApiToken) -> None:
    """End a token at once; one that was revoked before keeps its date."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def revoke_after_password_change(instance: User, *, created: bool, **kwargs: object) -> None:
    """End an account's tokens when its password is set anew, as its sessions end: whoever knew it may have made some.

    Django keeps the new password on the object until it is saved, but not where it only hashes the old one anew.
    """
    if not created and getattr(instance, "_password", None) is not None:
        ApiToken.objects.filter(owner=instance, revoked_at=None).update(revoked_at=timezone.now())
