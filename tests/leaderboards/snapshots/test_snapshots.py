"""Snapshots: served at once, current in a small study, made anew by a worker in a large one."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from annotations.models import Assignment
from annotations.quality.exclusion import exclude, include
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import give_back
from annotations.rating.undo import undo
from annotations.studies import change_marker
from jobs.sweeper import sweep_jobs
from leaderboards.data.filters import Filters
from leaderboards.models import BoardSnapshot, SnapshotJob
from leaderboards.snapshots import jobs, staleness, store
from leaderboards.snapshots.freshness import freshness_of
from leaderboards.snapshots.serve import get_snapshot
from leaderboards.tasks import make_snapshot
from models_runner.models import ScoringJob, System
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import make_rated_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """Messages that went out, instead of a broker."""
    messages = []
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: messages.append(pk))
    monkeypatch.setattr("jobs.messages.transaction.on_commit", lambda send: send())
    return messages


@pytest.fixture
def large(settings):
    """Every study counts as large, and what changed has settled."""
    settings.BOARD_IN_REQUEST_VOTES = 0
    settings.BOARD_DEBOUNCE_SECONDS = 0


@pytest.fixture(autouse=True)
def _settled(monkeypatch):
    monkeypatch.setattr(change_marker, "SETTLE_SECONDS", -1)


def served(study, **asked):
    return get_snapshot("board", study, study.criteria.first(), Filters(**asked))


def voted(study, n=1, annotator=None):
    annotator = annotator or AnnotatorFactory(study=study)
    for _ in range(n):
        vote_on(next_assignment(annotator), "left")
    return annotator


def test_a_small_study_always_shows_its_votes():
    study = make_study(systems=3, documents=2)
    assert (served(study).values["votes"], served(study).current) == (0, True)
    annotator = voted(study)
    assert served(study).values["votes"] == 1
    voted(study, annotator=annotator)
    assert (served(study).values["votes"], served(study).current) == (2, True)


def test_nothing_is_read_or_computed_while_nothing_changes(monkeypatch):
    study = make_rated_study()
    first = served(study).snapshot
    monkeypatch.setattr(store, "gather_inputs", None)
    assert served(study).snapshot == first


def withdraw(study):
    undo(study.annotators.get(), uuid4())


def leave_out(study):
    exclude(study.annotators.get(), "a robot", None)


def lose_half_an_answer(study):
    half = Assignment.objects.get(state="leased", judgements__isnull=False)
    give_back(half.pk, half.comparison_id)


def rename_a_system(study):
    System.objects.filter(pk=study.systems.first().pk).update(name="Another name")


def score_it(study):
    run = study.systems.first().runs.get()
    ScoringJob.objects.create(run=run, metric="rouge", status="done", announced_at=timezone.now())


@pytest.mark.parametrize("change", [voted, withdraw, leave_out, lose_half_an_answer, rename_a_system, score_it])
def test_whatever_changes_a_board_changes_the_state(change):
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    annotator = AnnotatorFactory(study=study)
    whole = next_assignment(annotator)
    for key in ("overall", "fluency"):
        vote_on(whole, "left", criterion=key)
    vote_on(next_assignment(annotator), "right")  # on one question of two
    criterion, now = study.criteria.first(), timezone.now()
    before = staleness.staleness_key(study, criterion, Filters(), now)
    assert staleness.staleness_key(study, criterion, Filters(), now) == before
    change(study)
    assert staleness.staleness_key(study, criterion, Filters(), now).text != before.text


def test_an_answer_to_another_question_brings_a_lapsed_pair_back():
    study = make_study(systems=2, documents=2, criteria=("overall", "fluency"))
    annotator = AnnotatorFactory(study=study)
    pair = next_assignment(annotator)
    vote_on(pair, "left")
    give_back(pair.pk, pair.comparison_id)
    assert served(study).values["votes"] == 0
    vote_on(pair, "right", criterion="fluency")
    assert (served(study).values["votes"], served(study).current) == (1, True)


def test_a_vote_elsewhere_changes_nothing():
    study, other = make_study(systems=2, documents=2), make_study(systems=2, documents=2)
    now = timezone.now()
    before = staleness.staleness_key(study, study.criteria.get(), Filters(), now)
    voted(other)
    assert staleness.staleness_key(study, study.criteria.get(), Filters(), now) == before


def test_what_was_computed_right_after_a_vote_is_looked_through_once_more(monkeypatch):
    study = make_study(systems=2, documents=2)
    voted(study)
    monkeypatch.setattr(change_marker, "SETTLE_SECONDS", 10)
    criterion, now = study.criteria.get(), timezone.now()
    fresh, settled, later = (
        staleness.staleness_key(study, criterion, Filters(), now + timedelta(seconds=s)).text for s in (0, 11, 99)
    )
    assert fresh != settled == later


def test_open_runs_and_jobs_make_things_change_every_so_often():
    study = make_study(systems=2, documents=2)
    run = study.systems.first().runs.get()
    job = ScoringJob.objects.create(run=run, metric="rouge", status="running", owner="x", lease_until=timezone.now())
    criterion, now = study.criteria.get(), timezone.now()
    moments = [now, now + timedelta(seconds=staleness.OPEN_SECONDS)]
    assert len({staleness.staleness_key(study, criterion, Filters(), moment).text for moment in moments}) == 2
    ScoringJob.objects.filter(pk=job.pk).update(status="done", owner="", lease_until=None)
    assert len({staleness.staleness_key(study, criterion, Filters(), moment).text for moment in moments}) == 1


def test_the_queries_for_a_snapshot_do_not_depend_on_the_votes(django_assert_num_queries):
    for documents in (1, 8):
        study = make_rated_study(systems=3, documents=documents)
        criterion = study.criteria.first()
        get_snapshot("board", study, criterion)
        with django_assert_num_queries(7):  # snapshot; answers, history, pairs held, runs, jobs, systems
            get_snapshot("board", study, criterion)


def test_a_large_study_is_served_what_there_is_and_then_a_newer_board(large, sent):
    study = make_rated_study(systems=3, documents=2, quota=3)
    assert served(study).snapshot is None
    assert make_snapshot(sent.pop()) is None
    first = served(study)
    assert (first.current, first.values["votes"], sent) == (True, 12, [])
    voted(study)
    stale = served(study)
    assert (stale.current, stale.snapshot) == (False, first.snapshot)
    shown = freshness_of(stale, study.criteria.get(), Filters())
    assert (shown.votes, shown.votes_now, shown.stage) == (12, 13, "waiting for a worker")
    make_snapshot(sent.pop())
    assert (served(study).current, served(study).values["votes"]) == (True, 13)


def test_votes_now_know_corrections_and_withdrawals(large, sent):
    study = make_study(systems=3, documents=2)
    annotator = voted(study, 2)
    served(study)
    make_snapshot(sent.pop())
    withdraw(study)
    shown = freshness_of(served(study), study.criteria.get(), Filters())
    assert (shown.votes, shown.votes_now) == (2, 1)
    voted(study, 2, annotator=annotator)
    assert freshness_of(served(study), study.criteria.get(), Filters()).votes_now == 3
    assert freshness_of(served(study), study.criteria.get(), Filters(judges="llm")).votes_now == 2


def test_many_views_send_one_message(large, sent, settings):
    settings.BOARD_DEBOUNCE_SECONDS = 60
    study = make_rated_study()
    for _ in range(3):
        served(study)
    assert len(sent) == 1
    served(study, ties="davidson")
    assert len(sent) == 2
    make_snapshot(sent[0])
    voted(study)
    served(study)
    assert len(sent) == 2  # so soon after the last time
    SnapshotJob.objects.update(asked_at=timezone.now() - timedelta(seconds=61))
    served(study)
    assert len(sent) == 3


def test_it_is_made_anew_after_the_clock_was_put_back(large, sent):
    study = make_rated_study()
    served(study)
    make_snapshot(sent[0])
    SnapshotJob.objects.update(asked_at=timezone.now() + timedelta(hours=1))
    voted(study)
    served(study)
    assert len(sent) == 2


def test_a_board_from_before_the_clock_was_put_back_is_not_the_newest(large, sent):
    study = make_rated_study()
    served(study)
    make_snapshot(sent[0])
    BoardSnapshot.objects.update(as_of=timezone.now() + timedelta(hours=1))
    voted(study)
    SnapshotJob.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    served(study)
    make_snapshot(sent[0])
    assert served(study).current


def test_a_lost_message_is_sent_again_by_the_sweep(large, sent, settings):
    served(make_rated_study())
    sent.clear()
    sweep_jobs(SnapshotJob)
    assert sent == []
    SnapshotJob.objects.update(announced_at=timezone.now() - timedelta(seconds=settings.RESEND_SECONDS + 1))
    sweep_jobs(SnapshotJob)
    assert sent == [SnapshotJob.objects.get().pk]
    sweep_jobs(SnapshotJob, starting=True)
    assert len(sent) == 2


def test_what_a_dead_worker_held_is_free_again(large, sent):
    served(make_rated_study())
    job = SnapshotJob.objects.get()
    past = timezone.now() - timedelta(seconds=1)
    held = {"status": "running", "owner": "gone", "lease_until": past}
    SnapshotJob.objects.update(**held, announced_at=past - timedelta(hours=1), asked_at=past)
    assert make_snapshot(job.pk) is None
    assert not BoardSnapshot.objects.exists()
    sweep_jobs(SnapshotJob)
    assert SnapshotJob.objects.ready(timezone.now()).get() == job


def test_a_failure_leaves_its_reason_and_is_tried_again(large, sent, monkeypatch):
    study = make_rated_study()
    served(study)

    def fail(inputs, seed):
        raise MemoryError("no room for 8 GB")

    monkeypatch.setitem(store.KINDS, "board", fail)
    make_snapshot(sent.pop())
    shown = freshness_of(served(study), study.criteria.get(), Filters())
    assert (shown.current, shown.reason) == (False, "no room for 8 GB")
    monkeypatch.undo()
    jobs.work_on_job(SnapshotJob.objects.get().pk, owner="me")
    assert SnapshotJob.objects.get().failure_reason == ""
    assert BoardSnapshot.objects.count() == 1


def test_the_same_message_twice_computes_once(large, sent):
    served(make_rated_study())
    make_snapshot(sent[0])
    assert "held elsewhere, finished or gone" in jobs.work_on_job(sent[0], owner="me")


def test_a_state_that_comes_back_finds_its_snapshot():
    study = make_rated_study(annotators=2)
    first = served(study).snapshot
    annotator = study.annotators.first()
    exclude(annotator, "a robot", None)
    assert served(study).snapshot != first
    include(annotator, None)
    assert served(study).snapshot == first
    assert BoardSnapshot.objects.count() == 2


def test_another_version_makes_its_own(monkeypatch):
    study = make_rated_study()
    first = served(study).snapshot
    monkeypatch.setattr(store, "CODE_VERSION", "9.9.9")
    assert served(study).snapshot != first


def test_a_day_later_all_is_looked_through_again():
    study = make_rated_study()
    first = served(study).snapshot
    long_ago = timezone.now() - timedelta(days=2)
    BoardSnapshot.objects.update(as_of=long_ago)
    assert served(study).snapshot == first
    assert BoardSnapshot.objects.get().as_of > long_ago


def test_old_snapshots_go(monkeypatch):
    monkeypatch.setattr(store, "KEPT", 2)
    study = make_study(systems=3, documents=2)
    annotator = AnnotatorFactory(study=study)
    for _ in range(4):
        voted(study, annotator=annotator)
        newest = served(study).snapshot
    assert BoardSnapshot.objects.count() == 2
    assert served(study).snapshot == newest


def test_another_kind_is_asked_for_by_its_name(monkeypatch):
    monkeypatch.setitem(store.KINDS, "other", lambda inputs, seed: {"n": len(inputs.votes), "seed": seed})
    study = make_rated_study(systems=3, documents=2)
    served_ = get_snapshot("other", study, study.criteria.get(), seed=3)
    assert served_.values == {"n": 12, "seed": 3}
    assert served(study).snapshot != served_.snapshot


def test_the_page_of_a_large_study_waits_and_then_puts_the_board_in(large, sent):
    study = make_rated_study(slug="meetings", systems=3, documents=2)
    client = researcher()
    html = client.get("/boards/meetings/").content.decode()
    assert "computed for the first time: waiting for a worker" in html
    status = "/boards/meetings/status/"
    assert f'hx-get="{status}?criterion=overall&amp;shown="' in html
    answer = client.get("/boards/meetings/board.json")
    assert (answer.status_code, answer["Retry-After"], answer.json()["error"]["code"]) == (503, "5", "not_ready")
    make_snapshot(sent.pop())
    ready = client.get(status, {"criterion": "overall", "shown": ""}).content.decode()
    assert 'hx-get="/boards/meetings/?criterion=overall"' in ready
    assert 'hx-trigger="load"' in ready
    voted(study)
    html = client.get("/boards/meetings/").content.decode()
    assert "13 votes now, 12 on this board" in html


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_snapshot(large, monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: None)
    study = make_rated_study()
    served(study)
    job, said = SnapshotJob.objects.get(), []

    def work(owner):
        try:
            said.append(jobs.work_on_job(job.pk, owner=owner))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("held elsewhere" in line for line in said) == [False, True]
    assert BoardSnapshot.objects.count() == 1
