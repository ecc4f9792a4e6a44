"""The admin site, only for repairs; researchers use the site's own pages. Rows that workers write are read-only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import RecordAdmin
from jobs.models import Worker
from models_runner.models import (
    Dataset,
    Document,
    FineTuning,
    ImportJob,
    MetricSignature,
    Run,
    ScoringJob,
    Summary,
    System,
)
from models_runner.web.blinding import refusals


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that can be deleted, with all that belongs to them, but neither added nor changed."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Dataset)
class DatasetAdmin(admin.ModelAdmin):
    list_display = ["name", "description", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["created_at"]


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "dataset", "title", "split", "language", "word_count"]
    list_filter = ["dataset", "language"]
    list_select_related = ["dataset"]
    search_fields = ["external_id", "title"]


@admin.register(System)
class SystemAdmin(admin.ModelAdmin):
    list_display = ["slug", "name", "regime", "adapter", "parameters", "revision"]
    list_filter = ["regime", "adapter"]
    search_fields = ["slug", "name", "model_id"]

    def get_readonly_fields(self, request: HttpRequest, obj: System | None = None) -> list[str]:
        """Forbid changing what summaries depend on once there are some; the model refuses such a change too."""
        used = obj is not None and Summary.objects.done().filter(run__system=obj).exists()
        return ["created_at", *System.FROZEN_FIELDS] if used else ["created_at"]


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["pk", "system", "dataset", "split", "instruction", "status", "created_at"]
    list_filter = ["status", "dataset", "system"]
    list_select_related = ["system", "dataset"]


@admin.register(Summary)
class SummaryAdmin(ReadOnlyAdmin):
    list_display = ["pk", "run", "document", "status", "stop_reason", "dropped_tokens", "attempts"]
    list_filter = ["status", "stop_reason"]
    list_select_related = ["run__system", "run__dataset", "document"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Summary]:
        """Leave out what the visitor rates."""
        return super().get_queryset(request).exclude(run__dataset__in=refusals(request))


@admin.register(MetricSignature)
class MetricSignatureAdmin(ReadOnlyAdmin):
    list_display = ["metric", "text", "created_at"]
    list_filter = ["metric"]


@admin.register(ScoringJob)
class ScoringJobAdmin(RecordAdmin):
    list_display = ["pk", "run", "metric", "status", "failure_reason"]
    list_filter = ["status", "metric"]
    list_select_related = ["run__system", "run__dataset"]


@admin.register(Worker)
class WorkerAdmin(RecordAdmin):
    list_display = ["owner", "queues", "seen_at"]


@admin.register(FineTuning)
class FineTuningAdmin(RecordAdmin):
    list_display = ["name", "base", "status", "step", "total_steps", "attempts", "failure_reason"]
    list_filter = ["status"]
    list_select_related = ["base"]


@admin.register(ImportJob)
class ImportJobAdmin(RecordAdmin):
    list_display = ["pk", "status", "attempts", "owner", "failure_reason"]
    list_filter = ["status"]
