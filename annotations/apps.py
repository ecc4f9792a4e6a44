from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = "Studies and judgements"

    def ready(self) -> None:
        from accounts.invitations import invitation_accepted
        from annotations.blindness import leak_check
        from annotations.evidence import work
        from annotations.models import QualitySnapshot, StudyReport
        from annotations.models.triggers import drop_triggers, ensure_triggers
        from annotations.people.new_members import add_invited_member
        from annotations.studies import receivers
        from annotations.web.access import refusals_by_dataset, results_are_shown
        from jobs.registry import register_job, register_sweep
        from models_runner.runs.signals import summaries_saved
        from models_runner.web.blinding import register_rule

        summaries_saved.connect(receivers.add_new_comparisons)
        invitation_accepted.connect(add_invited_member)
        register_sweep("evidence", work.sweep_evidence)
        register_sweep("checks for names", leak_check.sweep_leak_check)
        register_job(QualitySnapshot)
        register_job(StudyReport)
        register_rule(refusals_by_dataset, results_are_shown)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
