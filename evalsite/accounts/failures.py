"""Failed logins beyond what axes counts for a name and an address together: of one address, and of one name.

Ten wrong passwords lock a name for the address alone that sent them, so that nobody locks the administrator out from
elsewhere. Who sprays many names from one address, or one name from many addresses, meets the larger limits here.
"""

import logging

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from accounts.throttle import address_of, count_attempt, has_own_address, name_tried
from accounts.throttle import is_locked as is_locked_by

logger = logging.getLogger(__name__)

ADDRESS, NAME = "login-address", "login-name"


def is_locked(request: HttpRequest, name: str | None = None) -> bool:
    """Return whether this address, or the name that it tries, failed too often; the log says which.

    Args:
        name: None for the one that the form says.
    """
    address, name = address_of(request), _tried(request, name)
    if is_address_locked(request):
        return True
    if is_locked_by(NAME, name.lower(), settings.LOGIN_FAILURES_PER_NAME):
        logger.warning("login from %s refused: too many failed logins as %s", address, _known(name))
        return True
    return False


def is_address_locked(request: HttpRequest) -> bool:
    """Return whether too many logins failed from this address, by passwords and codes together."""
    address = address_of(request)
    if not (has_own_address(request) and is_locked_by(ADDRESS, address, settings.LOGIN_FAILURES_PER_ADDRESS)):
        return False
    logger.warning("login refused: too many failed logins from %s", address)
    return True


def count_code(request: HttpRequest, user: User) -> None:
    """Count a wrong code after a right password, and log it: somebody may know the password."""
    count_attempt(ADDRESS, address_of(request), settings.LOGIN_FAILURES_PER_ADDRESS)
    logger.warning("wrong login code from %s as %s", address_of(request), user.get_username())


def log_locked_codes(request: HttpRequest, user: User) -> None:
    text = "login from %s refused: too many wrong login codes as %s"
    logger.warning(text, address_of(request), user.get_username())


def count(request: HttpRequest, name: str | None = None) -> None:
    """Count a failed login, and log it. Arguments as of is_locked."""
    address, name = address_of(request), _tried(request, name)
    count_attempt(ADDRESS, address, settings.LOGIN_FAILURES_PER_ADDRESS)
    count_attempt(NAME, name.lower(), settings.LOGIN_FAILURES_PER_NAME)
    logger.info("failed login from %s as %s", address, _known(name))


def _tried(request: HttpRequest, name: str | None) -> str:
    return name_tried(request, {"username": name} if name else None) or ""


def _known(name: str) -> str:
    """Return the name of an account; what is none may be a password in the wrong field."""
    known = User.objects.filter(username=name).exists() if "\0" not in name else False
    return name if known else "somebody who has no account"
