"""Find or make the account of somebody whom the organisation's login provider has named (OpenID Connect)."""

import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import AccountEvent, Identity, Role
from accounts.rights import RIGHTS, role_on_site
from accounts.roles import give_role

logger = logging.getLogger(__name__)
LONGEST_NAME = 150
NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")


class LoginRefusedError(Exception):
    """The provider's answer opens no account; the message is for the person who came with it."""


@dataclass(frozen=True)
class Claims:
    """What the provider says of a person, as far as it is used here.

    Attributes:
        issuer, subject: The provider's address, and its key of the person. These alone say who somebody is.
        name: What the person is called there at logins; it becomes the name of a new account.
        email: The mail address, where the provider has checked it; else "".
        groups: The groups that the person is in.
    """

    issuer: str
    subject: str
    name: str = ""
    full_name: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()


def claims_of(said: Mapping[str, object]) -> Claims:
    """Read the claims of an ID token that was checked.

    Raises:
        LoginRefusedError: It does not say who the person is.
    """
    issuer, subject = said.get("iss"), said.get("sub")
    if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and 0 < len(subject) <= 255):
        raise LoginRefusedError(_("The answer of the login provider does not say who you are."))
    email = _text(said, "email") if said.get("email_verified") is True else ""
    groups = said.get(settings.OIDC_GROUPS_CLAIM)
    return Claims(
        issuer,
        subject,
        name=_text(said, "preferred_username") or email.partition("@")[0] or subject,
        full_name=_text(said, "name"),
        email=email,
        groups=frozenset(group for group in groups if isinstance(group, str))
        if isinstance(groups, list)
        else frozenset(),
    )


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    return value.replace("\0", "").strip() if isinstance(value, str) else ""


def role_of_groups(groups: Collection[str]) -> Role | None:
    """Return the highest role that OIDC_ROLES gives to these groups; None where roles are not given by groups."""
    roles: Mapping[str, str] = settings.OIDC_ROLES
    if not roles:
        return None
    given = [Role(role) for group, role in roles.items() if group in groups]
    return max(given, key=list(RIGHTS).index, default=Role.MEMBER)


def account_for(claims: Claims) -> User:
    """Return the account of a person, made if they come for the first time, with the role that their groups have now.

    Raises:
        LoginRefusedError: The account was deactivated here.
    """
    try:
        return _account_for(claims)
    except IntegrityError:
        # The same person came in another window at the same moment, or somebody took the name.
        return _account_for(claims)


@transaction.atomic
def _account_for(claims: Claims) -> User:
    person = {"issuer": claims.issuer, "subject": claims.subject}
    identity = Identity.objects.select_related("user").filter(**person).first()
    if identity is None:
        identity = Identity.objects.create(**person, user=_linked(claims) or _new_account(claims))
    if not identity.user.is_active:
        raise LoginRefusedError(_("Your account was deactivated. Ask an administrator."))
    Identity.objects.filter(pk=identity.pk).update(last_login_at=timezone.now())
    _follow_groups(identity.user, role_of_groups(claims.groups))
    return identity.user


def _linked(claims: Claims) -> User | None:
    """Return the account that has the person's checked mail address, if the operator trusts the provider so far."""
    if not (settings.OIDC_LINK_BY_EMAIL and claims.email):
        return None
    return User.objects.filter(email__iexact=claims.email).order_by("pk").first()


def _new_account(claims: Claims) -> User:
    is_taken = bool(claims.email) and User.objects.filter(email__iexact=claims.email).exists()
    user = User(username=_free_name(claims.name), email="" if is_taken else claims.email[:254])
    user.first_name = claims.full_name[:LONGEST_NAME]
    user.set_unusable_password()
    user.save()
    audit.record(None, AccountEvent.Action.JOINED, user.get_username(), after=Role.MEMBER, actor=audit.PROVIDER)
    return user


def _free_name(wanted: str) -> str:
    """Return the wanted name without characters that names here do not have, with a number where somebody has it."""
    name = NOT_IN_NAMES.sub("-", wanted).strip("-")[: LONGEST_NAME - 10] or "somebody"
    taken = {
        taken.lower() for taken in User.objects.filter(username__istartswith=name).values_list("username", flat=True)
    }
    numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name.lower() not in taken else next(other for other in numbers if other.lower() not in taken)


def _follow_groups(user: User, role: Role | None) -> None:
    before = role_on_site(user)
    if role is None or role == before:
        return
    try:
        with transaction.atomic():
            give_role(user, role)
    except DatabaseError:
        # A trigger keeps the last administrator.
        logger.warning("the groups of %s take the role of the last administrator, who keeps it", user.get_username())
        return
    audit.record(None, AccountEvent.Action.ROLE, user.get_username(), before=before, after=role, actor=audit.PROVIDER)
    user.refresh_from_db()
