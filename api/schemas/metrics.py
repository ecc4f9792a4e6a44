"""Metrics: what their values say."""

from typing import Literal

from ninja import Field, Schema


class MetricValueOut(Schema):
    name: str = Field(description="As in scores, boards and exports.")
    metric: str = Field(description="The metric that it is of.")
    label: str
    unit: str
    direction: Literal["higher", "lower", "none"] = Field(description="Which values are better.")
    range: list[float | None] = Field(description="Lowest and highest; null: no end.")
    needs: list[Literal["reference", "transcript"]] = Field(description="Beside the summary.")
    help: str


class MetricList(Schema):
    items: list[MetricValueOut]
    problems: list[str] = Field(description="Why metrics of installed packages cannot be used.")
