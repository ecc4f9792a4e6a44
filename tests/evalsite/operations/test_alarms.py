"""The alarms of docs/operations.md: each is PromQL, about names and labels that a scrape has."""

import re

import promql_parser
import pytest
from django.conf import settings as site_settings
from django.urls import get_resolver
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import MatchOp

from evalsite.operations.reasons import KINDS
from evalsite.operations.state import QUEUES
from jobs.models import Worker
from leaderboards.models import BoardSnapshot
from models_runner.models import Summary
from tests.evalsite.operations.test_pages import measured, scrape  # noqa: F401  # a fixture
from tests.factories import SummaryFactory, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.once("names of metrics, which no database changes")]

TEXT = (site_settings.BASE_DIR / "docs/operations.md").read_text()
_ALARMS = TEXT.partition("### Alarms")[2].partition("\n## ")[0]
CONDITIONS = [match.replace(r"\|", "|") for match in re.findall(r"^\| `([^`]+)`", _ALARMS, re.MULTILINE)]


@pytest.fixture
def samples(measured):  # noqa: F811
    """Of a scrape of a site where something is of every kind: the labels of each name, with their values."""
    summary = SummaryFactory(status="pending", text="")
    failed = SummaryFactory(run=summary.run)
    Summary.objects.filter(pk=failed.pk).update(status="failed", failure_reason="Out of memory")
    Worker.objects.create(owner="elsewhere:1:1", queues=["metrics"], seen_at=timezone.now())
    study = make_study(systems=2, documents=1)
    BoardSnapshot.objects.create(
        study=study, criterion=study.criteria.first(), kind="board", filters="", seed=0, fingerprint="x", votes=0,
        code_version="1", settings={}, board={}, state="", as_of=timezone.now(),
    )  # fmt: skip
    families = text_string_to_metric_families(scrape().content.decode())
    found = {}
    for sample in (sample for family in families for sample in family.samples):
        for label, value in sample.labels.items():
            found.setdefault(sample.name, {}).setdefault(label, set()).add(value)
        found.setdefault(sample.name, {})
    return found


def selectors(part):
    """All selectors of metrics in an expression, with the labels by which they are grouped or matched."""
    if isinstance(part, promql_parser.VectorSelector):
        yield part
    for name in ("lhs", "rhs", "expr", "vector_selector", "vs"):
        if (inner := getattr(part, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(part, "args", None) or []:
        yield from selectors(inner)


def test_there_are_alarms():
    assert len(CONDITIONS) >= 10


@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_alarm_is_about_metrics_that_are_there(samples, condition):
    asked = list(selectors(promql_parser.parse(condition)))
    assert asked
    for selector in asked:
        assert selector.name in samples
        for matcher in selector.matchers.matchers:
            assert matcher.name in samples[selector.name]
            wanted = matcher.value.split("|") if matcher.op == MatchOp.Re else [matcher.value]
            assert set(wanted) <= _values(matcher.name) | samples[selector.name][matcher.name]


def _values(label):
    """What a label may be beside what it is in this scrape."""
    views = {pattern for pattern in get_resolver().reverse_dict if isinstance(pattern, str)}
    return {"view": views, "reason": {*KINDS}, "queue": {*QUEUES}}.get(label, set())


def test_each_metric_is_in_the_table_and_each_name_of_the_page_is_a_metric(samples):
    families = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in samples}
    named = set(re.findall(r"punchweight_[a-z_]+", TEXT.partition("## Watching it")[2]))
    assert families <= named
    assert {name for name in named if name not in samples} <= {"punchweight_request_seconds"}
