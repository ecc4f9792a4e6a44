"""Tell when a command starts which packages' metrics and adapters cannot be used, and which limits none can keep."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from jobs.workers.checks import WORK
from models_runner.adapters.registry import ADAPTERS
from models_runner.metrics.declared import metric_problems
from models_runner.runs.asking.limits import AT_ONCE, DOLLARS, LIMITS


@register()
def check_packages(**_: Any) -> list[CheckMessage]:
    """Warn about each; the site works without them."""
    problems = [*metric_problems(), *ADAPTERS.problems()]
    return [Warning(problem, id="models_runner.W001") for problem in problems]


@register(WORK)
def check_endpoint_limits(**_: Any) -> list[CheckMessage]:
    """Refuse to start with limits that nobody could keep, rather than send without any."""
    problem = problem_of_limits(settings.ENDPOINT_LIMITS)
    return [Error(problem, id="models_runner.E001")] if problem else []


def problem_of_limits(limits: object) -> str:
    """Return what is wrong with ENDPOINT_LIMITS; "" if nothing."""
    expected = f'expected hosts with limits, such as {{"api.example.org": {{"{AT_ONCE}": 8, "{DOLLARS}": 20}}}}'
    if not isinstance(limits, Mapping):
        return f"ENDPOINT_LIMITS is {type(limits).__name__}; {expected}."
    for host, values in limits.items():
        if not isinstance(values, Mapping):
            return f"ENDPOINT_LIMITS of {host} is {values!r}; {expected}."
        for name, value in values.items():
            if name not in LIMITS:
                return f"ENDPOINT_LIMITS of {host} has {name!r}; expected one of {', '.join(LIMITS)}."
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                return f"ENDPOINT_LIMITS of {host}: {name} is {value!r}; expected a number above 0."
    return ""
