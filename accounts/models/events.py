"""The audit trail of accounts. What happens in a study is in the study's own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.accounts import Role


class AccountEvent(models.Model):
    """One change of an account; a trigger refuses changes to the rows. Names outlive the accounts."""

    class Action(models.TextChoices):
        INVITED = "invited", _("invited somebody")
        REVOKED = "revoked", _("revoked an invitation")
        JOINED = "joined", _("accepted an invitation")
        ROLE = "role", _("changed a role")
        DEACTIVATED = "deactivated", _("deactivated an account")
        REACTIVATED = "reactivated", _("reactivated an account")
        RESET_LINK = "reset_link", _("made a link for a new password")
        PASSWORD = "password", _("set a new password")
        EMAIL = "email", _("changed the mail address")
        EMAIL_ASKED = "email_asked", _("asked for another mail address")
        EMAIL_CANCELLED = "email_cancelled", _("kept the mail address after all")
        SESSIONS = "sessions", _("ended all other sessions")
        FACTOR_ON = "factor_on", _("switched two-factor login on")
        FACTOR_OFF = "factor_off", _("switched two-factor login off")
        FACTOR_RESET = "factor_reset", _("reset two-factor login")
        RECOVERED = "recovered", _("logged in with a recovery code")
        NEW_CODES = "new_codes", _("made new recovery codes")

    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=20, choices=Action.choices)
    subject = models.CharField(max_length=200, blank=True, help_text="Name of the account that was changed.")
    before = models.CharField(max_length=50, blank=True)
    after = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.actor} {self.get_action_display()}"

    @property
    def before_label(self) -> str:
        """The role before, in words."""
        return _label(self.before)

    @property
    def after_label(self) -> str:
        """The role since, in words."""
        return _label(self.after)


def _label(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role
