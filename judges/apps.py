from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class JudgesConfig(AppConfig):
    name = "judges"
    verbose_name = "Judges"

    def ready(self) -> None:
        from annotations.studies.settings import register_keeping
        from jobs.registry import register_job, register_sweep
        from judges.judging.keeping import kept_by_judges
        from judges.judging.sweeping import sweep_judging
        from judges.models import ReportJob
        from judges.models.triggers import drop_triggers, ensure_triggers

        register_job(ReportJob)
        register_sweep("judging", sweep_judging)
        register_keeping(kept_by_judges)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
