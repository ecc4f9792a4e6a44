"""New mail addresses that wait for who reads them to say so."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    def unanswered(self) -> "AddressChangeQuerySet":
        """Select changes that are neither confirmed nor cancelled; they may have expired."""
        return self.filter(confirmed_at=None, cancelled_at=None)

    def open(self, now: datetime) -> "AddressChangeQuerySet":
        """Select changes that can be confirmed now."""
        return self.unanswered().filter(expires_at__gt=now)


class AddressChange(models.Model):
    """A one-time link to a new mail address. Its token is not stored: the digest finds the row.

    A trigger refuses to confirm or cancel one that is confirmed or cancelled. The address is forgotten with that.
    """

    digest = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="address_changes")
    address = models.EmailField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(confirmed_at=None, cancelled_at=None), name="address_change_one_open"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(cancelled_at=None), name="address_change_confirmed_or_cancelled"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, cancelled_at=None) ^ Q(address=""),
                name="address_change_address_while_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Change {self.pk} of the address of {self.user}"
