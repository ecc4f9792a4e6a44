from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class JudgesConfig(AppConfig):
    name = "judges"
    verbose_name = "Judges"

    def ready(self) -> None:
        from judges.models.triggers import drop_triggers, ensure_triggers

        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
