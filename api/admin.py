"""Tokens and deliveries that operators read in the admin site; no secret, and nothing to find one by."""

from django.contrib import admin

from accounts.admin import RecordAdmin
from api.models import ApiToken, Delivery


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    list_display = ["name", "owner", "scope", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["scope"]
    list_select_related = ["owner"]
    exclude = ["prefix", "digest"]


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ["event", "about", "webhook", "status", "attempts", "answer", "failure_reason"]
    list_filter = ["status", "event"]
    list_select_related = ["webhook"]
