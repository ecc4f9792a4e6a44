"""Records that operators read in the admin site; studies are changed on their own pages."""

from django.contrib import admin

from accounts.admin import RecordAdmin
from annotations.models import AuditEntry, EvidenceJob, Membership


@admin.register(Membership)
class MembershipAdmin(RecordAdmin):
    list_display = ["study", "user", "role"]
    list_filter = ["role"]
    list_select_related = ["study", "user"]


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    list_display = ["at", "study", "actor", "action", "subject"]
    list_filter = ["action", "study"]
    list_select_related = ["study"]
    search_fields = ["actor", "subject"]


@admin.register(EvidenceJob)
class EvidenceJobAdmin(RecordAdmin):
    list_display = ["document", "status", "attempts", "owner", "failure_reason"]
    list_filter = ["status"]
    list_select_related = ["document"]
