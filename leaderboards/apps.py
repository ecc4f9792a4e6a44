from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LeaderboardsConfig(AppConfig):
    name = "leaderboards"
    verbose_name = "Leaderboards"

    def ready(self) -> None:
        from jobs.registry import register_sweep
        from leaderboards.files import jobs as file_jobs
        from leaderboards.files import tasks  # noqa: F401  (workers find their tasks)
        from leaderboards.models.triggers import drop_triggers, ensure_triggers
        from leaderboards.snapshots import jobs as snapshot_jobs

        register_sweep("snapshots", snapshot_jobs.sweep)
        register_sweep("files", file_jobs.sweep)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
