"""A metric whose library stays in memory: for workers that load tests.services.work.grown."""

from models_runner.metrics.protocol import MetricValue, ValueDescription
from models_runner.metrics.registry import OWN_METRICS

_library = []


class GrownMetric:
    key = "grown"
    values = (ValueDescription("grown", "Grown", "", "How many there are."),)

    def signature(self, language):
        return "grown|1"

    def score(self, requests):
        _library.append(b"x" * 200_000_000)
        return [[MetricValue("grown", float(len(_library)))] for _ in requests]


OWN_METRICS["grown"] = "tests.services.work.grown.GrownMetric"
