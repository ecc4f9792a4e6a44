"""Operators read accounts here; changes go through the site's own pages, which keep their rules and the audit trail.

What an operator does here alone is open the admin site to others: the flag is_staff, groups and permissions.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import AccountEvent, AccountInvitation, Identity
from accounts.rights import role_on_site

admin.site.unregister(User)


class RecordAdmin(admin.ModelAdmin):
    """Rows to read: neither added, changed nor deleted."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Accounts. No password, not even its hash, is on these pages."""

    list_display = ["username", "get_full_name", "email", "role", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "account__role"]
    list_select_related = ["account"]
    search_fields = ["username", "first_name", "last_name", "email"]
    fields = [
        "username",
        "role",
        "is_active",
        "last_login",
        "date_joined",
        "page",
        "is_staff",
        "groups",
        "user_permissions",
    ]
    readonly_fields = ["username", "role", "is_active", "last_login", "date_joined", "page"]
    filter_horizontal = ["groups", "user_permissions"]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only administrators: whoever gives permissions could give themselves all."""
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="role")
    def role(self, user: User) -> str:
        return str(role_on_site(user).label)

    @admin.display(description="role, deactivation, password")
    def page(self, user: User) -> SafeString:
        return format_html('<a href="{}">on the page Accounts</a>', reverse("one-account", args=[user.pk]))


@admin.register(AccountInvitation)
class AccountInvitationAdmin(RecordAdmin):
    list_display = ["pk", "role", "email", "created_by", "created_at", "expires_at", "accepted_by", "revoked_at"]
    list_filter = ["role"]
    list_select_related = ["created_by", "accepted_by"]
    exclude = ["digest"]


@admin.register(Identity)
class IdentityAdmin(RecordAdmin):
    """Who came by the organisation's login."""

    list_display = ["user", "issuer", "subject", "last_login_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "subject"]


@admin.register(AccountEvent)
class AccountEventAdmin(RecordAdmin):
    list_display = ["at", "actor", "action", "subject", "before", "after"]
    list_filter = ["action"]
    search_fields = ["actor", "subject"]
