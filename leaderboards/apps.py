from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LeaderboardsConfig(AppConfig):
    name = "leaderboards"
    verbose_name = "Leaderboards"

    def ready(self) -> None:
        from leaderboards.files import jobs as file_jobs
        from leaderboards.files import tasks  # noqa: F401  (workers find their tasks)
        from leaderboards.models.triggers import drop_triggers, ensure_triggers
        from leaderboards.snapshots import jobs as snapshot_jobs
        from models_runner.runs.signals import swept

        swept.connect(snapshot_jobs.sweep)
        swept.connect(file_jobs.sweep)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
