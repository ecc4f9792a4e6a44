"""The audit trail: who changed what in a study, and when. Votes have their own (JudgementRevision, Remark)."""

from django.db import models

from annotations.models.studies import Study


class AuditEntry(models.Model):
    """One change of a study; a trigger refuses changes to the rows. The actor is a name, which outlives the account."""

    class Action(models.TextChoices):
        CREATED = "created", "created the study"
        STATUS = "status", "changed the status"
        SETTING = "setting", "changed a setting"
        MEMBER = "member", "changed who works on it"
        INVITATION = "invitation", "changed an invitation"
        ANNOTATOR = "annotator", "changed an annotator"
        IMPORT = "import", "imported votes"
        CONTROL_ITEM = "known", "changed a gold or training item"
        SHARING = "shared", "changed what is shown without an account"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="audit_entries")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=20, choices=Action.choices)
    subject = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor} {self.get_action_display()}"
