from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = "API: tokens and kept answers"

    def ready(self) -> None:
        from api.idempotency import forget_old
        from models_runner.signals import swept

        swept.connect(forget_old)
