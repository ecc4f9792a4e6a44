"""A real small model is asked for claims and verdicts: the grammar holds it to both forms."""

import pytest

from models_runner.adapters.registry import unload_all
from models_runner.metrics.facts.claim_prompts import claims_question, verdict_question
from models_runner.metrics.facts.claims import read_claims, read_verdict
from models_runner.metrics.protocol import ScoringRequest
from models_runner.runs.asking.claims import ClaimsMetric
from models_runner.systems.catalog import ensure_system

pytestmark = [pytest.mark.django_db, pytest.mark.weights, pytest.mark.once]
TRANSCRIPT = "Maya: We ship the checkout on Friday.\nLeo: It costs 48 euros."


@pytest.fixture
def metric(settings):
    settings.CLAIMS_SYSTEM, settings.CLAIMS_TOKENS = ensure_system("smollm2-135m-instruct").slug, 256
    yield ClaimsMetric()
    unload_all()


def test_a_small_model_answers_in_both_forms(metric):
    (claims,) = metric.ask([claims_question("Maya ships on Friday.", "Maya ships on Friday.", "en")])
    assert claims.text.startswith("{")
    if not claims.problem:  # of this size it may write on until the limit
        assert all(read_claims(claims))
    verdicts = metric.ask([verdict_question(claim, [TRANSCRIPT], "en") for claim in ("We ship on Friday.", "No.")])
    assert {read_verdict(verdict) for verdict in verdicts} <= {True, False}


def test_a_summary_has_a_share_or_a_reason(metric):
    ((value,),) = metric.score([ScoringRequest("The checkout ships on Friday.", (), TRANSCRIPT, "en")])
    assert value.reason if value.value is None else 0 <= value.value <= 1
