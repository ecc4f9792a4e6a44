"""Invitations to have an account."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.accounts import Role


class AccountInvitationQuerySet(models.QuerySet["AccountInvitation"]):
    def unanswered(self) -> "AccountInvitationQuerySet":
        """Select invitations that are neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self, now: datetime) -> "AccountInvitationQuerySet":
        """Select invitations that can be accepted now."""
        return self.unanswered().filter(expires_at__gt=now)


class AccountInvitation(models.Model):
    """A one-time link that makes one account. Its token is not stored: the digest finds the row.

    A trigger refuses to accept or revoke one that is accepted or revoked.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    # None: made on the command line.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="account_invitations"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = AccountInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="account_invitation_role_known"),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(accepted_at=None), name="account_invitation_accepted_or_revoked"
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | Q(accepted_at__isnull=False), name="account_invitation_accepted_at"
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk} of a {self.role}"
