from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Background work"

    def ready(self) -> None:
        from jobs.workers import presence  # noqa: F401  (connects the worker's signals)
