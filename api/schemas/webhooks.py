"""Webhooks and their deliveries."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from api.models.webhooks import LONGEST_URL
from api.schemas.common import BodySchema, Slug

EventName = Literal["run.finished", "study.complete", "release.published"]


class WebhookIn(BodySchema):
    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)] = Field(
        description="Where events are posted to; the operator lists the hosts allowed."
    )
    events: Annotated[list[EventName], Field(min_length=1, max_length=3)]
    study: Slug | None = Field(None, description="Of this study only; for researchers, none: everything they may see.")


class WebhookOut(Schema):
    id: UUID
    url: str
    events: list[EventName]
    study: str | None
    created_at: datetime


class WebhookPage(Schema):
    items: list[WebhookOut]
    next: str | None


class NewWebhookOut(WebhookOut):
    secret: str = Field(description="Signs what is sent. Shown this once; rotate for another one.")


class DeliveryOut(Schema):
    id: UUID
    event: EventName
    payload: dict[str, Any]
    status: Literal["pending", "sending", "delivered", "failed"]
    attempts: int
    answer: int | None = Field(description="The last HTTP status.")
    reason: str
    created_at: datetime
    not_before: datetime
    delivered_at: datetime | None


class DeliveryPage(Schema):
    items: list[DeliveryOut]
    next: str | None
