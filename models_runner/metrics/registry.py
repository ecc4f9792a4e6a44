"""Metrics by key. The table imports nothing: a metric and its libraries are imported on first use."""

from functools import cache
from typing import Any

from lib.plugins import BrokenPluginError, PluginTable
from models_runner.metrics.protocol import Metric

OWN_METRICS = {
    "rouge": "models_runner.metrics.rouge.RougeMetric",
    "bertscore": "models_runner.metrics.bertscore.BertScoreMetric",
    "length": "models_runner.metrics.length.LengthMetric",
    "markup": "models_runner.metrics.markup.MarkupMetric",
    "novelty": "models_runner.metrics.novelty.NoveltyMetric",
    "entities": "models_runner.metrics.entities.EntitiesMetric",
    "chrf": "models_runner.metrics.chrf.ChrfMetric",
    "alignscore": "models_runner.metrics.facts.alignscore.AlignScoreMetric",
    "nli": "models_runner.metrics.facts.nli.NliMetric",
    "minicheck": "models_runner.metrics.facts.minicheck.MiniCheckMetric",
    "claims": "models_runner.runs.asking.claims.ClaimsMetric",
}
METRIC_KEYS = tuple(OWN_METRICS)
# The site's own, and those of packages that name a class in the group of entry points.
METRICS = PluginTable("punchweight.metrics", OWN_METRICS)


class UnknownMetricError(ValueError):
    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f'There is no metric "{key}". Expected one of: {", ".join(METRICS)}.')


class MetricUnavailableError(RuntimeError):
    """The metric exists but cannot run on this machine; the message says what to do."""


@cache
def get_metric(key: str) -> Metric:
    """Return this process's metric, which is created on first use and kept with the weights that it loads.

    Raises:
        UnknownMetricError: The key is not in METRICS.
        MetricUnavailableError: A package's metric cannot be loaded.
    """
    if key not in METRICS:
        raise UnknownMetricError(key)
    try:
        metric: Metric = METRICS.load(key)()
    except BrokenPluginError as error:
        raise MetricUnavailableError(str(error)) from error
    except Exception as error:
        if METRICS.is_own(key):
            raise
        raise MetricUnavailableError(str(METRICS.broken(key, f"{type(error).__name__}: {error}"))) from error
    return metric if METRICS.is_own(key) else _checked(key, metric)


def _checked(key: str, metric: Any) -> Metric:
    """Return a package's metric if it has what a metric has. Raises MetricUnavailableError."""
    lacking = [name for name in ("signature", "score") if not callable(getattr(metric, name, None))]
    if lacking:
        raise MetricUnavailableError(str(METRICS.broken(key, f"it has no method {lacking[0]}()")))
    metric.key = key
    checked: Metric = metric
    return checked
