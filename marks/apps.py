from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class MarksConfig(AppConfig):
    name = "marks"
    verbose_name = "Marks"

    def ready(self) -> None:
        from annotations.people.privacy import register_personal
        from annotations.rating.marking import register_panel
        from marks.marking.panel import marking_panel
        from marks.models.personal import erase_marks, own_marks
        from marks.models.triggers import drop_triggers, ensure_triggers

        register_personal("marks", own_marks, erase_marks)
        register_panel(marking_panel)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
