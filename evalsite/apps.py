import gc

from django.apps import AppConfig
from django.core.signals import request_finished, request_started

# Objects made before a collection: Python's own 700 made collections a quarter of the time of a migration.
THRESHOLDS = (10_000, 20, 20)


class EvalsiteConfig(AppConfig):
    name = "evalsite"
    verbose_name = "Punchweight"

    def ready(self) -> None:
        """Start what watches the site. Let garbage collections begin, which evalsite/__init__.py has put off."""
        from evalsite.operations import errors, ids, traces

        traces.start()
        errors.start()
        request_started.connect(ids.name_request)
        request_finished.connect(ids.forget_request)
        # Collections pass over what is loaded.
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
        gc.enable()
