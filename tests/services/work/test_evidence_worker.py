"""A real worker finds evidence, with and without its message."""

import pytest

from annotations.models import SummaryEvidence
from annotations.studies import pair_generation
from tests.factories import make_study
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


@pytest.fixture
def study():
    """Summaries without pairs, of documents in a language that needs no weights."""
    made = make_study(systems=2, documents=3)
    made.comparisons.all().delete()
    made.dataset.documents.update(language="de")
    return made


@pytest.mark.parametrize("message_lost", [False, True])
def test_a_worker_finds_the_evidence_of_new_pairs(study, message_lost, tmp_path):
    pair_generation.build_comparisons(study)
    if message_lost:
        empty_broker()
    with worker("metrics", log=tmp_path / "log", SWEEP_SECONDS="1" if message_lost else "600"):
        wait_until(lambda: SummaryEvidence.objects.count() == 6, what="evidence of six summaries")
    assert SummaryEvidence.objects.current().count() == 6
