"""What proves to a receiver that an event comes from here: no secret of a webhook is stored anywhere."""

import hashlib
import hmac

from django.utils.crypto import salted_hmac

from api.models import Webhook

SALT = "api.webhook"
HEADER = "Punchweight-Signature"


def secret_of(webhook: Webhook) -> str:
    """Follows from SECRET_KEY and the webhook's secret_id alone; another of either is another secret."""
    return f"whsec_{salted_hmac(SALT, webhook.secret_id.hex, algorithm='sha256').hexdigest()}"


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """t=…,v1=HMAC-SHA256 over "timestamp.body" with the secret as it was shown."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
