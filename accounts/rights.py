"""What an account may do on the site, by its role. What it may do in one study is for annotations.web.access to say.

Everything that asks for a right asks rights_of(user); Django's flag is_staff opens the admin site and nothing else.
"""

from dataclasses import dataclass, fields

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Account, Role


@dataclass(frozen=True)
class Rights:
    """Rights on the whole site.

    Attributes:
        run_models: See and change datasets, systems, runs and fine-tunings.
        create_studies: Create studies, which one then owns.
        invite_members: Invite people without an account to a study that one owns.
        every_study: Do in every study what its owners may.
        manage_accounts: Invite people to any role, change roles, deactivate accounts.
        operate: See how the installation does, and sweep.
    """

    run_models: bool = False
    create_studies: bool = False
    invite_members: bool = False
    every_study: bool = False
    manage_accounts: bool = False
    operate: bool = False


NONE = Rights()
RIGHTS = {
    Role.MEMBER: NONE,
    Role.RESEARCHER: Rights(run_models=True, create_studies=True, invite_members=True),
    Role.LEAD: Rights(run_models=True, create_studies=True, invite_members=True, every_study=True),
    Role.ADMINISTRATOR: Rights(*[True] * len(fields(Rights))),
}


def role_on_site(user: User) -> Role:
    """Return the role of an account, active or not."""
    if user.is_superuser:
        return Role.ADMINISTRATOR
    account: Account | None = getattr(user, "account", None)
    return Role(account.role) if account else Role.MEMBER


def rights_of(user: AbstractBaseUser | AnonymousUser) -> Rights:
    """Return the rights of an active account; none for anybody else."""
    return RIGHTS[role_on_site(user)] if isinstance(user, User) and user.is_active else NONE


def holders(right: str, user: str = "") -> Q:
    """Select active accounts that have the right.

    Args:
        right: Name of a field of Rights.
        user: Path from the selected rows to the user, such as "owner__".
    """
    roles = [role for role in Account.STORED_ROLES if getattr(RIGHTS[role], right)]
    has_role = Q(**{f"{user}account__role__in": roles}) | Q(**{f"{user}is_superuser": True})
    return has_role & Q(**{f"{user}is_active": True})


def may_give(user: User, role: str) -> bool:
    """Return whether this account may invite somebody to this role."""
    rights = rights_of(user)
    return rights.manage_accounts or (rights.invite_members and role == Role.MEMBER)


def rights_in_templates(request: HttpRequest) -> dict[str, object]:
    """Give templates `may`, the rights of who asks; asked for only where a template uses it."""
    return {"may": SimpleLazyObject(lambda: rights_of(getattr(request, "user", AnonymousUser())))}
