"""Webhooks of the token's owner, and their deliveries."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from ninja.responses import Status

from api.gate.access import get_managed_study
from api.gate.auth import ADMIN, user_of
from api.gate.idempotency import refuse_key_for_secret
from api.gate.paging import PageQuery, page_of_rows
from api.models import Delivery, Webhook
from api.schemas.webhooks import DeliveryOut, DeliveryPage, NewWebhookOut, WebhookIn, WebhookOut, WebhookPage
from api.webhooks.registration import make_webhook, replace_secret
from api.webhooks.signing import secret_of

router = Router(tags=["webhooks"])


@router.get("/webhooks", auth=ADMIN, response={200: WebhookPage})
def list_webhooks(request: HttpRequest, query: Query[PageQuery]) -> Any:
    """List your webhooks."""
    return page_of_rows(user_of(request).webhooks.select_related("study"), query, "webhooks", _webhook)


def _webhook(webhook: Webhook) -> WebhookOut:
    return WebhookOut(**_webhook_fields(webhook))


def _webhook_fields(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.public_id,
        "url": webhook.url,
        "events": webhook.events,
        "study": webhook.study.slug if webhook.study else None,
        "created_at": webhook.created_at,
    }


@router.post("/webhooks", auth=ADMIN, response={201: NewWebhookOut})
def add_webhook(request: HttpRequest, body: WebhookIn) -> Any:
    """Create a webhook, which posts events to your server. The answer shows its secret, this once."""
    refuse_key_for_secret(request)
    study = get_managed_study(request, body.study, owner=True) if body.study else None
    webhook = make_webhook(user_of(request), body.url, list(body.events), study)
    return Status(201, NewWebhookOut(**_webhook_fields(webhook), secret=secret_of(webhook)))


def _own_webhook(request: HttpRequest, public_id: UUID) -> Webhook:
    return get_object_or_404(user_of(request).webhooks.select_related("study"), public_id=public_id)


@router.post("/webhooks/{uuid:id}/rotate", auth=ADMIN, response={200: NewWebhookOut})
def rotate_secret(request: HttpRequest, id: UUID) -> Any:
    """Replace a webhook's secret; the old one is no longer used."""
    refuse_key_for_secret(request)
    webhook = _own_webhook(request, id)
    replace_secret(webhook)
    return NewWebhookOut(**_webhook_fields(webhook), secret=secret_of(webhook))


@router.delete("/webhooks/{uuid:id}", auth=ADMIN, response={200: WebhookOut})
def delete_webhook(request: HttpRequest, id: UUID) -> Any:
    """Delete a webhook and its waiting deliveries."""
    webhook = _own_webhook(request, id)
    shown = _webhook(webhook)
    webhook.delete()
    return shown


@router.get("/webhooks/{uuid:id}/deliveries", auth=ADMIN, response={200: DeliveryPage})
def list_deliveries(request: HttpRequest, id: UUID, query: Query[PageQuery]) -> Any:
    """List the deliveries of a webhook, sent or waiting, oldest first."""
    return page_of_rows(_own_webhook(request, id).deliveries.all(), query, "deliveries", _delivery)


def _delivery(delivery: Delivery) -> DeliveryOut:
    columns = ("event", "payload", "status", "attempts", "answer", "created_at", "not_before", "delivered_at")
    values = {name: getattr(delivery, name) for name in columns}
    return DeliveryOut(id=delivery.public_id, reason=delivery.failure_reason, **values)
