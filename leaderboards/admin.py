"""Jobs that operators read in the admin site."""

from django.contrib import admin

from accounts.admin import RecordAdmin
from leaderboards.models.releases import ExportJob
from leaderboards.models.snapshots import SnapshotJob


@admin.register(SnapshotJob)
class SnapshotJobAdmin(RecordAdmin):
    list_display = ["study", "criterion", "kind", "status", "step", "attempts", "owner", "failure_reason"]
    list_filter = ["status", "kind"]
    list_select_related = ["study", "criterion"]


@admin.register(ExportJob)
class ExportJobAdmin(RecordAdmin):
    list_display = ["study", "format", "created_by", "status", "attempts", "owner", "failure_reason"]
    list_filter = ["status", "format"]
    list_select_related = ["study"]
