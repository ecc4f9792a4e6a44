from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LeaderboardsConfig(AppConfig):
    name = "leaderboards"
    verbose_name = "Leaderboards"

    def ready(self) -> None:
        from annotations.studies.settings import register_keeping
        from jobs.registry import register_job, register_sweep
        from leaderboards.boards.stopping.planned import take_due_looks
        from leaderboards.data.cache.forgetting import forget_outdated, watch_studies
        from leaderboards.files import tasks  # noqa: F401  (workers find their tasks)
        from leaderboards.files.jobs import delete_expired
        from leaderboards.models import ExportJob, Release, SnapshotJob
        from leaderboards.models.sharing_triggers import drop_sharing_triggers, ensure_sharing_triggers
        from leaderboards.models.triggers import drop_triggers, ensure_triggers
        from leaderboards.releases.keeping import kept_by_files
        from leaderboards.snapshots.jobs import forget_unasked

        for model in (SnapshotJob, Release, ExportJob):
            register_job(model)
        register_sweep("snapshots nobody asks for", forget_unasked)
        register_sweep("expired exports", delete_expired)
        register_sweep("kept votes", forget_outdated)
        register_sweep("planned looks", take_due_looks)
        watch_studies()
        register_keeping(kept_by_files)
        for drop in (drop_triggers, drop_sharing_triggers):
            pre_migrate.connect(drop, sender=self)
        for ensure in (ensure_triggers, ensure_sharing_triggers):
            post_migrate.connect(ensure, sender=self)
