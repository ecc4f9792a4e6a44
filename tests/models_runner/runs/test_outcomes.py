import pytest

from models_runner.adapters.protocol import CallRecord, SystemOutput
from models_runner.models import Summary, SummaryCall
from models_runner.runs.outcomes import store_outcome
from tests.factories import SummaryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def summary():
    from datetime import timedelta

    from django.utils import timezone

    lease = timezone.now() + timedelta(minutes=1)
    return SummaryFactory(status="running", owner="me", lease_until=lease, text="", stop_reason="")


def output(*outputs):
    calls = [CallRecord("chapter", f"Prompt {n}", text, "end", 10, 3, 0.5, cached_tokens=4)
             for n, text in enumerate(outputs)]  # fmt: skip
    return SystemOutput(" ".join(outputs), "end", 20, 6, 0, 1.0, chapters=len(outputs), calls=calls)


def test_every_call_is_kept_with_its_exact_prompt(summary):
    assert store_outcome(summary.run, Summary.objects.held_by("me"), summary, output("One.", "Two."), joules=12.5) == 1
    summary.refresh_from_db()
    assert (summary.chapters, summary.energy_joules) == (2, 12.5)
    kept = list(summary.calls.values_list("position", "step", "prompt", "output", "cached_tokens"))
    assert kept == [(1, "chapter", "Prompt 0", "One.", 4), (2, "chapter", "Prompt 1", "Two.", 4)]


def test_a_summary_written_anew_keeps_only_its_own_calls(summary):
    held = Summary.objects.held_by("me")
    store_outcome(summary.run, held, summary, output("One.", "Two."))
    Summary.objects.filter(pk=summary.pk).update(status="running", owner="me", lease_until=summary.lease_until)
    store_outcome(summary.run, held, summary, output("Three."))
    assert list(summary.calls.values_list("output", flat=True)) == ["Three."]


def test_a_lost_summary_leaves_no_calls(summary):
    assert store_outcome(summary.run, Summary.objects.held_by("somebody else"), summary, output("One.")) == 0
    assert not SummaryCall.objects.exists()


@pytest.mark.parametrize("text", ["\u200b\ufeff", "\u00ad \u2060", "\u3164\u2800", "\u2028"])
def test_a_summary_that_nobody_can_see_is_empty(summary, text):
    store_outcome(summary.run, Summary.objects.held_by("me"), summary, SystemOutput(text, "end", 20, 6, 0, 1.0))
    summary.refresh_from_db()
    assert (summary.status, summary.text, summary.stop_reason) == ("done", "", "empty")


def test_a_summary_keeps_its_invisible_characters_among_others(summary):
    text = "We ship\u00ad on \u200bFriday."
    store_outcome(summary.run, Summary.objects.held_by("me"), summary, SystemOutput(text, "end", 20, 6, 0, 1.0))
    summary.refresh_from_db()
    assert (summary.text, summary.stop_reason) == (text, "end")
