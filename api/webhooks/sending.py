"""Making webhooks and sending events: once each, signed, again with growing waits, and with an end."""

import http.client
import ipaddress
import json
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from annotations.models import Study
from api.models import Delivery, Webhook
from api.models.webhooks import LONGEST_URL
from api.webhooks.signing import HEADER, secret_of, signature
from models_runner.adapters.base import AdapterError
from models_runner.endpoints import check_endpoint

MAX_ATTEMPTS = 9
GROWTH = 4  # each wait is so many times the one before: from seconds to hours
TIMEOUT_SECONDS = 10
LEASE = timedelta(seconds=6 * TIMEOUT_SECONDS)
PASSING = (408, 425, 429)  # and 5xx; any other refusal is the receiver's last word
MOST_OF_ONE_OWNER = 50


class WebhookError(ValueError):
    """Settings that make no webhook; field names the one at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def make_webhook(owner: User, url: str, events: list[str], study: Study | None) -> Webhook:
    """Raises WebhookError. Whether the owner may see the study is the caller's to ask."""
    if study is None and not owner.is_staff:
        raise WebhookError("study", "study is missing. Only staff are told of everything.")
    if not events or len(set(events)) != len(events):
        raise WebhookError("events", "Name at least one event, and each one once.")
    if owner.webhooks.count() >= MOST_OF_ONE_OWNER:
        raise WebhookError("", f"You have {MOST_OF_ONE_OWNER} webhooks, which is the limit. Delete one first.")
    check_target(url, owner)
    return Webhook.objects.create(owner=owner, url=url, events=sorted(events), study=study)


def check_target(url: str, owner: User) -> None:
    """Raises WebhookError unless the rule for endpoints allows the address; this machine's own only to staff."""
    if len(url) > LONGEST_URL:
        raise WebhookError("url", f"url has {len(url)} characters; at most {LONGEST_URL} are allowed.")
    try:
        check_endpoint(url)
    except AdapterError as error:
        message = str(error).replace("engine.base_url", "url").replace("Sending transcripts", "Sending events")
        raise WebhookError("url", message) from error
    if _is_this_machine(urlsplit(url).hostname or "") and not owner.is_staff:
        raise WebhookError("url", "url is on this machine, whose other services are nobody's but staff's to reach.")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def rotate(webhook: Webhook) -> None:
    """Another secret; what waits is signed with it."""
    webhook.secret_id = uuid4()
    webhook.save(update_fields=["secret_id"])


# ---- sending


@dataclass(frozen=True)
class Outcome:
    """status: of the answer, None where there was none. reason: "" if it was taken."""

    status: int | None
    reason: str
    passing: bool = False


def deliver(delivery_id: int) -> str:
    """Send one delivery if its time has come; returns a line for the log. Harmless when called twice."""
    now = timezone.now()
    if not Delivery.objects.claim(delivery_id, now=now, lease=LEASE):
        return f"delivery {delivery_id}: held elsewhere, ended, or not due"
    delivery = Delivery.objects.select_related("webhook__owner").get(pk=delivery_id)
    try:
        check_target(delivery.webhook.url, delivery.webhook.owner)  # the list may have become shorter
    except WebhookError as error:
        outcome = Outcome(None, str(error))
    else:
        outcome = send(delivery)
    _settle(delivery, outcome)
    return f"delivery {delivery_id}: {outcome.reason or 'taken'}"


def send(delivery: Delivery) -> Outcome:
    """One POST, with no redirect followed."""
    body = json.dumps(delivery.payload, ensure_ascii=False).encode()
    timestamp = int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Punchweight",
        "Punchweight-Event": delivery.event,
        "Punchweight-Delivery": str(delivery.public_id),
        HEADER: signature(secret_of(delivery.webhook), timestamp, body),
    }
    parts = urlsplit(delivery.webhook.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Outcome(None, f"no answer: {error or type(error).__name__}", passing=True)
    finally:
        connection.close()
    if 200 <= status < 300:
        return Outcome(status, "")
    if 300 <= status < 400:
        return Outcome(status, f"answered {status}, a redirect, which is not followed; give its target as url")
    return Outcome(status, f"answered {status}", passing=status >= 500 or status in PASSING)


def _settle(delivery: Delivery, outcome: Outcome) -> None:
    now = timezone.now()
    values: dict[str, object] = {"lease_until": None, "answer": outcome.status, "reason": outcome.reason[:300]}
    if not outcome.reason:
        values |= {"status": Delivery.Status.DELIVERED, "delivered_at": now}
    elif outcome.passing and delivery.attempts < MAX_ATTEMPTS:
        values |= {"status": Delivery.Status.PENDING, "not_before": now + wait_after(delivery.attempts)}
    else:
        values |= {"status": Delivery.Status.FAILED}
    held = Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.SENDING, attempts=delivery.attempts)
    held.update(**values)


def wait_after(attempts: int) -> timedelta:
    return timedelta(seconds=settings.RETRY_SECONDS * GROWTH ** (attempts - 1))
