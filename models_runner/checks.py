"""Tell at the start of a command which packages' metrics and adapters cannot be used."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from models_runner.adapters.registry import ADAPTERS
from models_runner.metrics.declared import metric_problems


@register()
def check_packages(**_: Any) -> list[CheckMessage]:
    """Warn about each; the site works without them."""
    problems = [*metric_problems(), *ADAPTERS.problems()]
    return [Warning(problem, id="models_runner.W001") for problem in problems]
