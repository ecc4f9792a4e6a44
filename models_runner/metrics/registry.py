"""Metrics by key. The table imports nothing: a metric and its libraries are imported on first use."""

from functools import cache

from django.utils.module_loading import import_string

from models_runner.metrics.protocol import Metric

METRICS = {
    "rouge": "models_runner.metrics.rouge.RougeMetric",
    "bertscore": "models_runner.metrics.bertscore.BertScoreMetric",
    "length": "models_runner.metrics.length.LengthMetric",
    "markup": "models_runner.metrics.markup.MarkupMetric",
}
METRIC_KEYS = tuple(METRICS)


class UnknownMetricError(ValueError):
    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f'There is no metric "{key}". Expected one of: {", ".join(METRIC_KEYS)}.')


class MetricUnavailableError(RuntimeError):
    """The metric exists but cannot run on this machine; the message says what to do."""


@cache
def get_metric(key: str) -> Metric:
    """Return this process's metric, which is created on first use and kept with the weights that it loads.

    Raises:
        UnknownMetricError: The key is not in METRICS.
    """
    if key not in METRICS:
        raise UnknownMetricError(key)
    metric: Metric = import_string(METRICS[key])()
    return metric
