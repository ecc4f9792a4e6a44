"""Headers that prove to a receiver that an event comes from this site.

Every event carries the headers of Standard Webhooks, which receivers check with a library of their language, and this
site's own older signature, which receivers made before check as docs/api.md says. Both are made with the same secret.
"""

import hashlib
import hmac
from datetime import datetime

from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook as StandardWebhook

from api.models import Delivery, Webhook

SALT = "api.webhook"


def secret_of(webhook: Webhook) -> str:
    """Derive the secret from SECRET_KEY and the webhook's secret_id; it is stored nowhere.

    Its 64 hexadecimal digits are base64 too, so that libraries of Standard Webhooks take it as it is.
    """
    return f"whsec_{salted_hmac(SALT, webhook.secret_id.hex, algorithm='sha256').hexdigest()}"


def signed_headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    """Return both signatures of one attempt to send a delivery. now: in UTC."""
    secret, delivery_id, timestamp = secret_of(delivery.webhook), str(delivery.public_id), int(now.timestamp())
    return {
        "Webhook-Id": delivery_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": StandardWebhook(secret).sign(delivery_id, now, body.decode()),
        "Punchweight-Signature": own_signature(secret, timestamp, body),
    }


def own_signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return t=…,v1=HMAC-SHA256 over "timestamp.body", with the secret's text as the key."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
