"""A metric that takes its time: for workers that load tests.services.work.slow."""

import time

from models_runner.metrics.protocol import MetricValue, ValueDescription
from models_runner.metrics.registry import OWN_METRICS


class SlowMetric:
    key = "slow"
    values = (ValueDescription("slowness", "Slowness", "", "A metric that takes its time."),)

    def signature(self, language):
        return "slow|1"

    def score(self, requests):
        time.sleep(2)
        return [[MetricValue("slowness", 1.0)] for _ in requests]


OWN_METRICS["slow"] = "tests.services.work.slow.SlowMetric"
