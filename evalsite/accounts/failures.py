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


def is_locked(request: HttpRequest) -> bool:
    """Return whether this address, or the name that it tries, failed too often; the log says which."""
    address, name = address_of(request), name_tried(request) or ""
    if has_own_address(request) and is_locked_by(ADDRESS, address, settings.LOGIN_FAILURES_PER_ADDRESS):
        logger.warning("login refused: too many failed logins from %s", address)
        return True
    if is_locked_by(NAME, name.lower(), settings.LOGIN_FAILURES_PER_NAME):
        logger.warning("login from %s refused: too many failed logins as %s", address, _known(name))
        return True
    return False


def count(request: HttpRequest) -> None:
    """Count a failed login, and log it."""
    address, name = address_of(request), name_tried(request) or ""
    count_attempt(ADDRESS, address, settings.LOGIN_FAILURES_PER_ADDRESS)
    count_attempt(NAME, name.lower(), settings.LOGIN_FAILURES_PER_NAME)
    logger.info("failed login from %s as %s", address, _known(name))


def _known(name: str) -> str:
    """Return the name of an account; what is none may be a password in the wrong field."""
    known = User.objects.filter(username=name).exists() if "\0" not in name else False
    return name if known else "somebody who has no account"
