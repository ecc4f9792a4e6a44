from django.apps import AppConfig


class ModelsRunnerConfig(AppConfig):
    name = "models_runner"
    verbose_name = "Datasets, systems, runs and metrics"

    def ready(self) -> None:
        from models_runner import workers  # noqa: F401  (connects the worker's signals)
