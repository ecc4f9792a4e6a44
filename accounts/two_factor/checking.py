"""Check a code, once: with any number of processes, no code counts twice, and guessing ends."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from accounts import audit, throttle
from accounts.models import AccountEvent, RecoveryCode, SecondFactor
from accounts.two_factor.codes import DIGITS, plain, recovery_digest, step_of

# Guesses of one account's codes, from wherever: as many as wrong passwords.
GUESSES = "login-code"


class TooManyGuessesError(Exception):
    """Codes of this account were guessed too often of late."""


def factor_of(user: User) -> SecondFactor | None:
    """Return the second factor that logins of this account need; None while it has none, or one not confirmed yet."""
    return SecondFactor.objects.filter(user=user.pk, confirmed_at__isnull=False).first()


def is_right(factor: SecondFactor, code: str) -> bool:
    """Take a code of the app, or a recovery code; each counts once.

    Raises:
        TooManyGuessesError: Even a right one does not count now.
    """
    if not throttle.count_attempt(GUESSES, factor.user_id):
        raise TooManyGuessesError
    taken = _take(factor, plain(code))
    if taken:
        throttle.uncount_attempt(GUESSES, factor.user_id)
    return taken


def _take(factor: SecondFactor, code: str) -> bool:
    if len(code) == DIGITS and code.isascii() and code.isdecimal():
        step = step_of(factor, code)
        newer = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step) if step else SecondFactor.objects.none()
        return bool(newer.update(last_step=step))
    return _take_recovery_code(factor, code)


@transaction.atomic
def _take_recovery_code(factor: SecondFactor, code: str) -> bool:
    unused = RecoveryCode.objects.filter(factor=factor, digest=recovery_digest(factor, code), used_at=None)
    taken = bool(unused.update(used_at=timezone.now()))
    if taken:
        audit.record(factor.user, AccountEvent.Action.RECOVERED, factor.user.get_username())
    return taken


def recovery_codes_left(factor: SecondFactor) -> int:
    return factor.recovery_codes.filter(used_at=None).count()
