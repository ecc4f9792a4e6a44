"""Who somebody is at the organisation's login provider (OpenID Connect)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Identity(models.Model):
    """A person at a provider, and the account that they have here. The provider's names are never reused for others."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=500, help_text="The provider, by its address.")
    subject = models.CharField(max_length=255, help_text="The person, by the provider's own key.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_login_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once"),
            models.CheckConstraint(condition=~Q(issuer="") & ~Q(subject=""), name="identity_named"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
