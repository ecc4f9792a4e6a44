"""API tokens: programs send them instead of a password."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models import Annotator
from lib.rate_limit import count_request


class Scope(models.TextChoices):
    """What a token may be used for. Each of the first three includes those before it; annotate stands alone."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"
    ADMIN = "admin", "Read, write and administer"
    ANNOTATE = "annotate", "Rate as one annotator"


# Scopes of operations that a token of a scope may call.
INCLUDES: dict[str, frozenset[str]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.WRITE: frozenset({Scope.READ, Scope.WRITE}),
    Scope.ADMIN: frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN}),
    Scope.ANNOTATE: frozenset({Scope.ANNOTATE}),
}


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self, now: datetime) -> "ApiTokenQuerySet":
        """Filter tokens that are neither revoked nor expired, and whose owner's account is active."""
        running = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(running, revoked_at=None, owner__is_active=True)

    def count_request(self, pk: int, now: datetime, limit: int) -> bool:
        """Count one request of this minute; False if the minute's limit is reached. Safe with many processes."""
        return count_request(self.filter(pk=pk), now, limit, last_used_at=now)


class ApiToken(models.Model):
    """A token of one account. Its text is not stored: prefix finds the row, and digest checks the text."""

    name = models.CharField(max_length=100, help_text="What it is for.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    scope = models.CharField(max_length=10, choices=Scope.choices)
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, null=True, blank=True, related_name="api_tokens")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the whole token.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The minute of the last request, and the requests counted in it.
    minute = models.DateTimeField(null=True, blank=True, editable=False)
    used_in_minute = models.PositiveIntegerField(default=0, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="token_scope_known"),
            models.CheckConstraint(
                condition=Q(scope="annotate", annotator__isnull=False) | (~Q(scope="annotate") & Q(annotator=None)),
                name="token_annotate_iff_annotator",
            ),
            models.CheckConstraint(condition=~Q(digest="") & ~Q(name=""), name="token_has_digest_and_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def allows(self, scope: str) -> bool:
        return scope in INCLUDES[self.scope]

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)
