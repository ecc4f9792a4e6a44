"""What somebody has beside their password: an app that shows codes, and recovery codes for the day it is lost."""

from django.conf import settings
from django.db import models


class SecondFactor(models.Model):
    """An app with codes that change (TOTP, RFC 6238). Its secret is not stored: it follows from SECRET_KEY and `seed`.

    It counts once it is confirmed. `last_step` is the time step of the newest code that was taken: none counts twice.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    seed = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Second factor of {self.user}"


class RecoveryCode(models.Model):
    """A code that stands for the app once. It is not stored: the keyed digest finds the row."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"Recovery code {self.pk} of {self.factor.user}"
