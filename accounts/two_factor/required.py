"""Who must have a second factor, by REQUIRE_TWO_FACTOR."""

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from accounts.models import Role
from accounts.rights import role_on_site

# Of a session: that it began with a code; that it began at the organisation's login, which asks for what it wants.
PASSED, CAME_BY = "second_factor", "came_by_provider"


def is_required_of(user: User) -> bool:
    """Return whether accounts of this role must have one; who opens the admin site counts as an administrator."""
    roles = settings.REQUIRE_TWO_FACTOR
    return role_on_site(user) in roles or (user.is_staff and Role.ADMINISTRATOR in roles)


def must_have_one(request: HttpRequest) -> bool:
    """Return whether who is logged in needs one for this session, which did not begin at the login provider."""
    came_by = bool(request.session.get(CAME_BY))
    return not came_by and isinstance(request.user, User) and is_required_of(request.user)
