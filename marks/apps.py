from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class MarksConfig(AppConfig):
    name = "marks"
    verbose_name = "Marks"

    def ready(self) -> None:
        from annotations.people.privacy import register_personal
        from annotations.rating.marking import register_marking
        from annotations.studies.change_marker import register_completing
        from annotations.studies.settings import register_keeping
        from jobs.registry import register_job
        from marks.marking.keeping import kept_by_marks
        from marks.marking.personal import erase_marks, own_marks, own_no_errors
        from marks.marking.required import newest_required_mark
        from marks.models import MarkReportJob
        from marks.models.triggers import drop_triggers, ensure_triggers
        from marks.rules import MarkingRules

        register_personal("marks", own_marks, erase_marks)
        register_personal("no_error_to_mark", own_no_errors, erase_marks)
        register_marking(MarkingRules())
        register_completing(newest_required_mark)
        register_job(MarkReportJob)
        register_keeping(kept_by_marks)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
