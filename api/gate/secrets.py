"""Answers that hold a secret are given once and kept nowhere."""

from django.http import HttpRequest

from api.gate.errors import ApiError


def refuse_to_keep(request: HttpRequest) -> None:
    """Raises ApiError where the answer would be kept for its Idempotency-Key."""
    if "Idempotency-Key" in request.headers:
        message = "This answer holds a secret, which is never stored, so it takes no Idempotency-Key. Leave it out."
        raise ApiError(422, "invalid", message, field="Idempotency-Key")
