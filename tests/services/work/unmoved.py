"""A metric that computes for hours in C and handles no signal: for workers that load tests.services.work.unmoved."""

import hashlib

from models_runner.metrics.protocol import ValueDescription
from models_runner.metrics.registry import OWN_METRICS


class UnmovedMetric:
    key = "unmoved"
    values = (ValueDescription("unmoved", "Unmoved", "", "A metric that does not come back."),)

    def signature(self, language):
        return "unmoved|1"

    def score(self, requests):
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 2**31 - 1)


OWN_METRICS["unmoved"] = "tests.services.work.unmoved.UnmovedMetric"
