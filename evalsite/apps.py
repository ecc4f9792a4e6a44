import gc

from django.apps import AppConfig

# Objects made before a collection: Python's own 700 made collections a quarter of the time of a migration.
THRESHOLDS = (10_000, 20, 20)


class EvalsiteConfig(AppConfig):
    name = "evalsite"
    verbose_name = "Punchweight"

    def ready(self) -> None:
        """Let garbage collections begin, which evalsite/__init__.py has put off, and pass over what is loaded."""
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        gc.enable()
