"""What waiting runs wait for, held against the order in which a worker takes them up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Worker
from jobs.ownership import owner_id
from jobs.sweeper import sweep
from models_runner.models import FineTuning, Run, Summary
from models_runner.runs import generation, lifecycle
from models_runner.runs.overview import run_rows, run_status
from models_runner.runs.queue.waiting import waiting_of
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The messages, in the order in which workers receive them."""
    messages = []
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: messages.append((task, *args)))
    return messages


@pytest.fixture(autouse=True)
def _worker():
    Worker.objects.create(owner=owner_id(), queues=["generation"], seen_at=timezone.now())


@pytest.fixture
def dataset():
    dataset = DatasetFactory(name="meetings")
    for _ in range(3):
        DocumentFactory(dataset=dataset)
    return dataset


def start(dataset, system=None, **options):
    system = system or SystemFactory(adapter="scripted", engine={"default": "A summary of {document_id}."})
    return lifecycle.start_run(system, dataset, **options)


def hold(run, count=1, owner="host:1:1:1"):
    """A worker begins to write."""
    held = list(run.summaries.order_by("pk").values_list("pk", flat=True)[:count])
    now = timezone.now()
    Summary.objects.filter(pk__in=held).take(owner=owner, until=now + timedelta(minutes=1))
    Run.objects.filter(pk=run.pk).update(status=Run.Status.RUNNING, started_at=now)


def before(run):
    return [one.run for one in waiting_of([Run.objects.get(pk=run.pk)])[run.pk].before]


def test_a_run_waits_for_those_that_began_to_wait_earlier(dataset):
    first, second, third = start(dataset), start(dataset), start(dataset)
    hold(first)
    waiting = waiting_of(Run.objects.all())
    assert set(waiting) == {second.pk, third.pk}
    assert [(one.run, one.left, one.is_written) for one in waiting[third.pk].before] == [
        (first, 3, True),
        (second, 3, False),
    ]
    assert waiting[third.pk].summaries_before == 6


def test_a_run_that_was_resumed_waits_behind_those_started_meanwhile(dataset):
    early, late = start(dataset), start(dataset)
    lifecycle.cancel_run(early)
    lifecycle.resume_run(early)
    assert before(early) == [late]
    assert before(late) == []


def test_the_order_is_that_of_the_messages_also_when_a_sweep_sends_them(
    dataset, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        runs = [start(dataset) for _ in range(3)]
        lifecycle.cancel_run(runs[0])
        lifecycle.resume_run(runs[0])
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep(starting=True)
    order = [pk for task, pk in sent if task == Run.TASK]
    assert order == [runs[1].pk, runs[2].pk, runs[0].pk]
    for place, pk in enumerate(order):
        assert [run.pk for run in before(Run.objects.get(pk=pk))] == order[:place]


def test_instructions_that_are_written_together_do_not_wait_for_each_other(dataset):
    system = SystemFactory(adapter="scripted", engine={"default": "A summary."})
    short, other = start(dataset, system, instruction="short"), start(dataset)
    long = start(dataset, system, instruction="long")
    assert before(long) == []  # it is written with the first
    assert before(other) == [short, long]
    hold(short)
    assert waiting_of([long])[long.pk].written_with == short


def test_who_waits_is_written_when_those_before_it_are(dataset):
    first, second = start(dataset), start(dataset)
    assert before(second) == [first]
    generation.work_on_run(first.pk, owner="host:1:1:1")
    assert before(second) == []
    generation.work_on_run(second.pk, owner="host:1:1:1")
    assert waiting_of(Run.objects.all()) == {}


def test_a_pause_after_a_fault_is_no_place_in_the_queue(dataset):
    start(dataset)
    run = start(dataset)
    until = timezone.now() + timedelta(minutes=5)
    run.summaries.update(not_before=until, failure_reason="The server is busy.")
    waiting = waiting_of([run])[run.pk]
    assert (waiting.pause_until, waiting.fault, waiting.before) == (until, "The server is busy.", ())
    assert "The server is busy." in researcher().get(run.get_absolute_url()).content.decode()


def test_without_a_worker_nothing_is_said_of_the_queue(dataset):
    start(dataset)
    run = start(dataset)
    Worker.objects.all().delete()
    waiting = waiting_of([run])[run.pk]
    assert (waiting.worker_missing, waiting.before) == (True, ())
    assert "no worker for generation is running" in researcher().get("/runs/").content.decode()
    page = researcher().get(run.get_absolute_url()).content.decode()
    assert "No worker for generation is running" in page
    assert 'id="waits-for"' not in page


def test_a_training_that_keeps_the_worker_busy_is_named(dataset):
    run = start(dataset)
    base = SystemFactory()
    FineTuning.objects.create(
        name="tuned",
        base=base,
        dataset=dataset,
        status=FineTuning.Status.RUNNING,
        owner="host:1:1:1",
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    page = researcher().get(run.get_absolute_url()).content.decode()
    assert "A worker is training <a" in page


def test_pages_name_the_first_runs_before_and_count_the_others(dataset):
    runs = [start(dataset) for _ in range(6)]
    hold(runs[0])
    client = researcher()
    for page in (client.get(runs[5].get_absolute_url()), client.get("/runs/"), client.get("/")):
        html = " ".join(page.content.decode().split())
        assert "5 runs come before it (15 summaries left):" in html
        assert f'{runs[0].system.slug} on {dataset.name}</a> (being written), <a href="/runs/{runs[1].pk}/">' in html
        assert "and 2 more" in html
    assert 'id="waits-for"' not in client.get(runs[0].get_absolute_url()).content.decode()
    first = client.get(runs[1].get_absolute_url()).content.decode()
    assert "1 run comes before it (3 summaries left)" in " ".join(first.split())


def test_the_first_of_all_is_about_to_begin(dataset):
    run = start(dataset)
    assert "A worker takes it up next" in researcher().get(run.get_absolute_url()).content.decode()
    assert run_status(run).waiting is not None


def test_a_long_list_asks_no_more_queries(dataset, django_assert_max_num_queries):
    for _ in range(8):
        start(dataset)
    with django_assert_max_num_queries(6):
        rows = run_rows(Run.objects.select_related("system", "dataset"))
    assert sum(bool(row.waiting) for row in rows) == 8
