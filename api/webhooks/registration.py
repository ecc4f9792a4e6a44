"""Registering webhooks: who may be told of what, and which addresses may be sent to."""

import ipaddress
from urllib.parse import urlsplit
from uuid import uuid4

from django.contrib.auth.models import User

from accounts.rights import rights_of
from annotations.models import Study
from api.models import Webhook
from api.models.webhooks import LONGEST_URL
from models_runner.adapters.endpoints import check_endpoint
from models_runner.adapters.protocol import AdapterError

MOST_WEBHOOKS_OF_OWNER = 50


class WebhookError(ValueError):
    """Settings that no webhook can have; field names the one at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def make_webhook(owner: User, url: str, events: list[str], study: Study | None) -> Webhook:
    """Create a webhook. Raises WebhookError. The caller checks that the owner may see the study."""
    if study is None and not rights_of(owner).run_models:
        raise WebhookError("study", "study is missing. Only researchers are told of everything they may see.")
    if not events or len(set(events)) != len(events):
        raise WebhookError("events", "Name at least one event, and each one once.")
    if owner.webhooks.count() >= MOST_WEBHOOKS_OF_OWNER:
        raise WebhookError("", f"You have {MOST_WEBHOOKS_OF_OWNER} webhooks, which is the limit. Delete one first.")
    check_target(url, owner)
    return Webhook.objects.create(owner=owner, url=url, events=sorted(events), study=study)


def check_target(url: str, owner: User) -> None:
    """Raise WebhookError unless the rule for endpoints allows the address; this machine is for who may run models."""
    if len(url) > LONGEST_URL:
        raise WebhookError("url", f"url has {len(url)} characters; at most {LONGEST_URL} are allowed.")
    try:
        check_endpoint(url)
    except AdapterError as error:
        message = str(error).replace("engine.base_url", "url").replace("Sending transcripts", "Sending events")
        raise WebhookError("url", message) from error
    if _is_this_machine(urlsplit(url).hostname or "") and not rights_of(owner).run_models:
        raise WebhookError("url", "url is on this machine, whose other services only researchers may reach.")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def replace_secret(webhook: Webhook) -> None:
    """Give the webhook another secret; waiting deliveries are signed with the new one."""
    webhook.secret_id = uuid4()
    webhook.save(update_fields=["secret_id"])
