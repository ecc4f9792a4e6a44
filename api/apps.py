from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = "API: tokens, kept answers and webhooks"

    def ready(self) -> None:
        from django.contrib.auth.models import User
        from django.db.models.signals import post_save

        from api.gate.idempotency import forget_old_answers
        from api.models import Delivery
        from api.tokens import revoke_after_password_change
        from api.webhooks import events
        from jobs.registry import register_job, register_sweep
        from models_runner.runs.signals import summaries_saved

        register_sweep("kept answers", forget_old_answers)
        register_sweep("events", events.sweep_events)
        register_job(Delivery)
        post_save.connect(revoke_after_password_change, sender=User)
        summaries_saved.connect(events.queue_run_finished)
