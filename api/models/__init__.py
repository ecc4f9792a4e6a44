"""Tables: tokens, answers kept for repeated writes, webhooks with their deliveries. May import annotations.models."""

from api.models.answers import KeptAnswer
from api.models.tokens import ApiToken
from api.models.webhooks import Delivery, Webhook

__all__ = ["ApiToken", "Delivery", "KeptAnswer", "Webhook"]
