"""Answers to writes that carried an Idempotency-Key, kept so that the same request again gets the same answer."""

from django.db import models
from django.db.models import Q

from api.models.tokens import ApiToken

LONGEST_KEY = 100


class KeptAnswer(models.Model):
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=LONGEST_KEY)
    # SHA-256 over method, address and body; another request with the same key is refused.
    request = models.CharField(max_length=64)
    status = models.PositiveIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="kept_answer_once_per_key"),
            models.CheckConstraint(condition=~Q(key=""), name="kept_answer_has_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return f"Answer {self.pk}"
