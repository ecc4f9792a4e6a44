"""A real worker makes what pages of a large study show: a board, another page beside it, the quality of its votes."""

import pytest

from annotations.models import QualitySnapshot
from annotations.quality.exclusion import exclude
from annotations.rating.assignment import next_assignment
from leaderboards.models import BoardSnapshot, SnapshotJob
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study
from tests.people import researcher
from tests.services.workers import empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


@pytest.fixture(autouse=True)
def _clean_broker():
    empty_broker()
    yield
    empty_broker()


@pytest.fixture
def study(settings):
    """Four votes; it counts as large, and pages may ask for something newer at every look."""
    settings.BOARD_IN_REQUEST_VOTES = 0
    settings.BOARD_DEBOUNCE_SECONDS = 0
    made = make_study(systems=3, documents=4, quota=2, slug="s")
    person = AnnotatorFactory(study=made)
    for _ in range(4):
        vote_on(next_assignment(person), "left")
    return made


def look(address):
    return researcher().get(f"/boards/s/{address}")


def votes_shown():
    answer = look("board.json")
    return answer.json()["votes"] if answer.status_code == 200 else None


def test_a_board_follows_a_vote(study, tmp_path):
    assert look("board.json").status_code == 503
    assert "computed for the first time" in look("").content.decode()
    with worker("default", log=tmp_path / "log"):
        wait_until(lambda: votes_shown() == 4, what="the first board")
        vote_on(next_assignment(AnnotatorFactory(study=study)), "right")
        wait_until(lambda: votes_shown() == 5, what="the board with one more vote")
        page = look("").content.decode()
    assert "<dt>Votes</dt><dd>5</dd>" in page
    assert sorted(BoardSnapshot.objects.filter(kind="board").values_list("votes", flat=True)) == [4, 5]
    assert SnapshotJob.objects.filter(kind="board").count() == 1


def test_a_lost_message_is_made_good_by_the_worker_that_sweeps(study, tmp_path):
    assert look("trust/trust.json").status_code == 503
    empty_broker()
    with worker("default", log=tmp_path / "log", SWEEP_SECONDS="1", RESEND_SECONDS="1"):
        wait_until(lambda: BoardSnapshot.objects.filter(kind="trust").exists(), what="trust without its message")
    assert look("trust/trust.json").json()["votes"] == 4


def test_the_quality_page_follows_an_exclusion(study, tmp_path):
    def quality():
        return researcher().get("/studies/s/quality/").content.decode()

    def agreement_told():
        return "Agreement by question" in quality()

    assert not agreement_told()
    with worker("default", log=tmp_path / "log"):
        wait_until(agreement_told, what="the first figures")
        before = QualitySnapshot.objects.get().as_of
        exclude(study.annotators.get(), "Clicks.", None)
        assert "No: Clicks." in quality()
        wait_until(lambda: QualitySnapshot.objects.get().as_of > before, what="figures after the exclusion")
    snapshot = QualitySnapshot.objects.get()
    assert snapshot.values["annotators"][str(study.annotators.get().pk)]["agreement"] is None
