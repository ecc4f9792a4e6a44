"""What the site keeps of an account beside Django's user."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What an account may do on the site; accounts.rights says it in detail. An administrator is Django's superuser."""

    ADMINISTRATOR = "administrator", _("Administrator")
    LEAD = "lead", _("Lead")
    RESEARCHER = "researcher", _("Researcher")
    MEMBER = "member", _("Member")


class Account(models.Model):
    """The role and the settings of a user. The role counts where the user is no administrator."""

    STORED_ROLES = (Role.LEAD, Role.RESEARCHER, Role.MEMBER)

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account")
    role = models.CharField(max_length=20, choices=[(r.value, r.label) for r in STORED_ROLES], default=Role.MEMBER)
    language = models.CharField(max_length=20, blank=True, help_text="Of pages and mails; empty: the browser's.")
    # A session holds the number it began with; a higher one here ends it.
    session_number = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["user__username"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["lead", "researcher", "member"]), name="account_role_known")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"
