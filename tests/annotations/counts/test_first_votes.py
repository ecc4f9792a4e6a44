"""The first vote on two systems, which no tally stands for yet, while the study is changed by somebody else."""

import threading

import pytest
from django.db import connection, transaction

from annotations.counts.pair_tallies import tallies_from_votes
from annotations.quality.exclusion import exclude, include
from annotations.rating.assignment import next_assignment
from annotations.studies.settings import change_settings
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
]
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid))"


@pytest.fixture
def assignment():
    study = make_study(systems=2, documents=1, sampling="adaptive")
    return next_assignment(AnnotatorFactory(study=study))


class Other:
    """Does something on a connection of its own."""

    def __init__(self, act):
        self.failures = []
        self.thread = threading.Thread(target=self._run, args=[act])
        self.thread.start()

    def _run(self, act):
        try:
            act()
        except Exception as error:
            self.failures.append(repr(error))
        finally:
            connection.close()

    def wait_until_blocked_or_done(self):
        """Blocked by the connection of the caller."""
        with connection.cursor() as cursor:
            while self.thread.is_alive():
                cursor.execute(WAITING, [connection.connection.info.backend_pid])
                if cursor.fetchone()[0]:
                    return

    def end(self):
        self.thread.join()
        assert self.failures == []


@pytest.mark.parametrize("change", ["exclude", "include"])
def test_a_first_vote_sees_an_exclusion_that_was_under_way(assignment, change):
    annotator, study = assignment.annotator, assignment.annotator.study
    if change == "include":
        exclude(annotator, "Answers within a second.", None)
    with transaction.atomic():
        exclude(annotator, "Answers within a second.", None) if change == "exclude" else include(annotator, None)
        voting = Other(lambda: vote_on(assignment, "left"))
        voting.wait_until_blocked_or_done()
    voting.end()
    counted = sum(study.pair_tallies.values_list("votes", flat=True))
    assert counted == sum(totals.votes for totals in tallies_from_votes(study).values()) == int(change == "include")


def test_a_recount_waits_for_a_first_vote_under_way(assignment):
    annotator = assignment.annotator
    with transaction.atomic():
        vote_on(assignment, "left")
        excluding = Other(lambda: exclude(annotator, "Answers within a second.", None))
        excluding.wait_until_blocked_or_done()
    excluding.end()
    assert [tally.votes for tally in annotator.study.pair_tallies.all()] == [0]


def test_a_change_of_sampling_and_a_first_vote_do_not_wait_for_each_other(assignment):
    """The new tally refers to the study, which is locked by then."""
    study = assignment.annotator.study
    with transaction.atomic():
        vote_on(assignment, "left")
        changing = Other(lambda: change_settings(study, {"sampling": "even"}, None))
        changing.wait_until_blocked_or_done()
    changing.end()
    assert not study.pair_tallies.exists()
