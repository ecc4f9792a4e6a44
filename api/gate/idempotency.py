"""A write that is sent twice with the same Idempotency-Key happens once and gets the same answer twice.

The key is taken in the same transaction as the write: whatever ends the process, both are stored or neither is. A
refusal keeps nothing, so that the request may be corrected and sent again.

This is written by hand because django-idempotency-key keeps answers in a cache and locks by thread or by Redis: if the
process ended between the write and the cache, the same request would write again.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from api.gate.errors import ApiError
from api.models import ApiToken, KeptAnswer
from api.models.answers import LONGEST_KEY

KEPT_FOR = timedelta(days=1)
Handler = Callable[[HttpRequest], HttpResponseBase]


def answer_once(request: HttpRequest, token: ApiToken, key: str, handler: Handler) -> HttpResponseBase:
    """Return the handler's answer, or the kept one if the same request was answered under this key before."""
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        message = f"Idempotency-Key is no key; expected 1 to {LONGEST_KEY} printable ASCII characters."
        raise ApiError(422, "invalid", message, field="Idempotency-Key")
    fingerprint = _fingerprint(request)
    if kept := KeptAnswer.objects.filter(token=token, key=key).first():
        return _replay(kept, fingerprint)
    try:
        with transaction.atomic():
            return _answer_and_keep(request, KeptAnswer(token=token, key=key, request=fingerprint), handler)
    except KeyTakenError:
        return _replay(KeptAnswer.objects.get(token=token, key=key), fingerprint)


class KeyTakenError(Exception):
    """Another request with the key was faster."""


def _answer_and_keep(request: HttpRequest, kept: KeptAnswer, handler: Handler) -> HttpResponseBase:
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError as error:
        raise KeyTakenError from error
    response = handler(request)
    if response.status_code >= 400 or not isinstance(response, HttpResponse):
        transaction.set_rollback(True)
        return response
    kept.status, kept.body = response.status_code, response.content.decode()
    kept.save(update_fields=["status", "body"])
    return response


def _fingerprint(request: HttpRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode("utf-8", "replace"))
    digest.update(request.body)
    return digest.hexdigest()


def _replay(kept: KeptAnswer, fingerprint: str) -> HttpResponse:
    if kept.request != fingerprint:
        message = "This Idempotency-Key was used for another request. Choose a new key for each write."
        raise ApiError(422, "key_reused", message, field="Idempotency-Key")
    headers = {"Idempotency-Replayed": "true"}
    return HttpResponse(kept.body, content_type="application/json; charset=utf-8", status=kept.status, headers=headers)


def refuse_key_for_secret(request: HttpRequest) -> None:
    """Raise ApiError if the request has an Idempotency-Key: its answer holds a secret, so it must not be kept."""
    if "Idempotency-Key" in request.headers:
        message = "This answer holds a secret, which is never stored, so it takes no Idempotency-Key. Leave it out."
        raise ApiError(422, "invalid", message, field="Idempotency-Key")


def forget_old_answers(*, starting: bool = False) -> None:
    """Delete answers older than a day, a part of each sweep."""
    KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
