"""Sending deliveries: once each, signed, again with growing waits, and with an end."""

import http.client
import json
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from api.models import Delivery
from api.models.webhooks import DeliveryQuerySet
from api.webhooks.registration import WebhookError, check_target
from api.webhooks.signing import signed_headers
from jobs.working import work_on

WAIT_GROWTH = 4  # each wait is four times the one before: from seconds to hours
TIMEOUT_SECONDS = 10
PASSING_STATUSES = (408, 425, 429)  # and 5xx; any other refusal is the receiver's last word


@dataclass(frozen=True)
class SendResult:
    """How one attempt ended.

    Attributes:
        status: of the HTTP answer; None without an answer.
        reason: why the receiver did not take it; empty if it did.
        passing: whether another attempt may succeed.
    """

    status: int | None
    reason: str
    passing: bool = False


def send_if_due(delivery_id: int, *, owner: str) -> str:
    """Send one delivery if its time has come; returns a line for the log. Harmless when called twice."""
    return work_on(Delivery.objects.select_related("webhook__owner"), delivery_id, _send, owner=owner)


def _send(delivery: Delivery, held: DeliveryQuerySet) -> str:
    try:
        check_target(delivery.webhook.url, delivery.webhook.owner)  # the operator may have shortened the list
    except WebhookError as error:
        outcome = SendResult(None, str(error))
    else:
        outcome = _post(delivery)
    _record_outcome(delivery, held, outcome)
    return outcome.reason or "taken"


def _post(delivery: Delivery) -> SendResult:
    """POST the delivery once; redirects are not followed."""
    body = json.dumps(delivery.payload, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Punchweight",
        "Punchweight-Event": delivery.event,
        "Punchweight-Delivery": str(delivery.public_id),
    } | signed_headers(delivery, body, timezone.now())
    parts = urlsplit(delivery.webhook.url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return SendResult(None, f"no answer: {error or type(error).__name__}", passing=True)
    finally:
        connection.close()
    return _judge_status(status)


def _judge_status(status: int) -> SendResult:
    if 200 <= status < 300:
        return SendResult(status, "")
    if 300 <= status < 400:
        return SendResult(status, f"answered {status}, a redirect, which is not followed; give its target as url")
    return SendResult(status, f"answered {status}", passing=status >= 500 or status in PASSING_STATUSES)


def _record_outcome(delivery: Delivery, held: DeliveryQuerySet, outcome: SendResult) -> None:
    now = timezone.now()
    if not outcome.reason:
        held.finish(answer=outcome.status, delivered_at=now)
    elif outcome.passing and delivery.attempts < Delivery.MAX_ATTEMPTS:
        # Announced by the sweep once its time has come.
        later = {"not_before": now + wait_before_retry(delivery.attempts), "announced_at": None}
        held.put_back(failure_reason=outcome.reason, answer=outcome.status, **later)
    else:
        held.fail(outcome.reason, answer=outcome.status)


def wait_before_retry(attempts: int) -> timedelta:
    return timedelta(seconds=settings.RETRY_SECONDS * WAIT_GROWTH ** (attempts - 1))
