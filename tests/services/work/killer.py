"""A metric that ends its worker: for workers that load tests.services.work.killer."""

import os

from models_runner.metrics.protocol import ValueDescription
from models_runner.metrics.registry import OWN_METRICS


class KillerMetric:
    key = "killer"
    values = (ValueDescription("killed", "Killed", "", "A metric that ends its worker."),)

    def signature(self, language):
        return "killer|1"

    def score(self, requests):
        os._exit(137)


OWN_METRICS["killer"] = "tests.services.work.killer.KillerMetric"
