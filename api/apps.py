from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = "API: tokens, kept answers and webhooks"

    def ready(self) -> None:
        from api.gate.idempotency import forget_old_answers
        from api.webhooks import events
        from models_runner.runs.signals import summaries_saved, swept

        swept.connect(forget_old_answers)
        swept.connect(events.sweep_deliveries)
        summaries_saved.connect(events.queue_run_finished)
