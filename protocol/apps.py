from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ProtocolConfig(AppConfig):
    name = "protocol"
    verbose_name = "Protocols"

    def ready(self) -> None:
        from annotations.studies.settings import register_keeping
        from protocol.models.triggers import drop_triggers, ensure_triggers
        from protocol.study.keeping import kept_by_record

        register_keeping(kept_by_record)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
