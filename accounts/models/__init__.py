"""The tables of accounts; imports no other table but Django's users."""

from accounts.models.accounts import Account, Role
from accounts.models.addresses import AddressChange
from accounts.models.attempts import AttemptCount
from accounts.models.events import AccountEvent
from accounts.models.identities import Identity
from accounts.models.invitations import AccountInvitation
from accounts.models.second_factors import RecoveryCode, SecondFactor

__all__ = [
    "Account",
    "AccountEvent",
    "AccountInvitation",
    "AddressChange",
    "AttemptCount",
    "Identity",
    "RecoveryCode",
    "Role",
    "SecondFactor",
]
