"""Metrics: the site's own and those of installed packages."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from api.gate.auth import READ
from api.schemas.metrics import MetricList
from models_runner.metrics.declared import describe, metric_problems
from models_runner.web.access import check_may_run_models

router = Router(tags=["metrics"])


@router.get("/metrics", auth=READ, response={200: MetricList})
def list_metrics(request: HttpRequest) -> Any:
    """List every value that a metric can give, with what it says."""
    check_may_run_models(request)
    return {"items": describe(), "problems": metric_problems()}
