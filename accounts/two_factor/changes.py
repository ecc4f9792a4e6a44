"""Switch the second factor on, off, and reset it for somebody who has lost it; each is in the audit trail."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Account, AccountEvent, RecoveryCode, SecondFactor
from accounts.roles import AccountError
from accounts.two_factor.checking import is_right
from accounts.two_factor.codes import RECOVERY_CODES, new_recovery_code, new_seed, recovery_digest


def begin(user: User) -> SecondFactor:
    """Make a new app for the account, which counts once it is confirmed; one that is confirmed stays."""
    SecondFactor.objects.filter(user=user, confirmed_at=None).delete()
    return SecondFactor.objects.get_or_create(user=user, defaults={"seed": new_seed()})[0]


@transaction.atomic
def confirm(factor: SecondFactor, code: str) -> list[str]:
    """Switch two-factor login on, if the code is what the app shows; return the recovery codes, or none if it is not.

    Raises:
        TooManyGuessesError: As is_right.
    """
    if not is_right(factor, code):
        return []
    waiting = SecondFactor.objects.filter(pk=factor.pk, confirmed_at=None)
    if not waiting.update(confirmed_at=timezone.now()):
        return []
    audit.record(factor.user, AccountEvent.Action.FACTOR_ON, factor.user.get_username())
    return _make_codes(factor)


@transaction.atomic
def new_codes(factor: SecondFactor) -> list[str]:
    """Return new recovery codes; those of before end."""
    audit.record(factor.user, AccountEvent.Action.NEW_CODES, factor.user.get_username())
    return _make_codes(factor)


def _make_codes(factor: SecondFactor) -> list[str]:
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    factor.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=recovery_digest(factor, code)) for code in codes
    )
    return codes


@transaction.atomic
def switch_off(factor: SecondFactor) -> None:
    """Let the account log in by its password alone again."""
    factor.delete()
    audit.record(factor.user, AccountEvent.Action.FACTOR_OFF, factor.user.get_username())


@transaction.atomic
def reset(user: User, by: User | None) -> bool:
    """Take away the second factor that somebody has lost, and end their sessions: who has it may be in one.

    Args:
        by: None for the command line.

    Returns:
        Whether there was one.

    Raises:
        AccountError: It is one's own, which one's own page switches off, by a code.
    """
    if by is not None and by.pk == user.pk:
        raise AccountError(_("This is your own account. Switch two-factor login off on your own page, with a code."))
    if not SecondFactor.objects.filter(user=user).delete()[0]:
        return False
    Account.objects.filter(user=user).update(session_number=F("session_number") + 1)
    audit.record(by, AccountEvent.Action.FACTOR_RESET, user.get_username())
    return True
