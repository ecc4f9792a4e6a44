from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Background work"

    def ready(self) -> None:
        from jobs.workers import checks, presence  # noqa: F401  (connect the worker's signals)
