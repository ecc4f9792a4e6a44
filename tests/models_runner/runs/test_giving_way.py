"""A run that goes first is written first, and a long one holds up nobody: workers turn to the next after a while."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from models_runner.models import Run, Summary
from models_runner.runs import generation, lifecycle
from models_runner.runs.queue import giving_way
from models_runner.runs.queue.waiting import waiting_of
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db
OWNER = "host:1:1:1"


@pytest.fixture(autouse=True)
def _asked_each_time(monkeypatch):
    monkeypatch.setattr(giving_way, "ASK_EVERY_SECONDS", 0.0)


@pytest.fixture
def dataset():
    dataset = DatasetFactory()
    for number in range(4):
        DocumentFactory(dataset=dataset, external_id=f"m{number}", position=number)
    return dataset


@pytest.fixture
def long(dataset):
    return started(dataset)


@pytest.fixture
def short(dataset, long):
    return started(dataset, limit=2)


def started(dataset, system=None, **options):
    system = system or SystemFactory(adapter="scripted", engine={"default": "A summary."})
    return lifecycle.start_run(system, dataset, **options)


def written(*runs):
    """The runs' names in the order in which their summaries were written."""
    names = dict(zip([run.pk for run in runs], "abc", strict=False))
    done = Summary.objects.done().order_by("finished_at", "pk").values_list("run", flat=True)
    return "".join(names[pk] for pk in done)


def test_a_run_is_written_to_its_end_where_none_goes_first(long, short):
    generation.work_on_run(long.pk, owner=OWNER)
    assert written(long, short) == "aaaa"


def test_a_run_that_goes_first_is_written_before_the_one_that_was_begun(long, short, monkeypatch):
    write = generation._summarize

    def wish(adapter, requests):
        if Summary.objects.done().count() == 1:
            lifecycle.put_first(short, goes_first=True)
        return write(adapter, requests)

    monkeypatch.setattr(generation, "_summarize", wish)
    Run.objects.update(announced_at=timezone.now() - timedelta(hours=1))
    said = generation.work_on_run(long.pk, owner=OWNER)
    assert written(long, short) == "aabb"
    assert f"then run {short.pk}" in said
    # The other waits in the queue again.
    long.refresh_from_db()
    assert long.announced_at > timezone.now() - timedelta(minutes=1)
    generation.work_on_run(long.pk, owner=OWNER)
    assert written(long, short) == "aabbaa"


def test_a_run_that_goes_first_is_asked_for_before_a_model_is_loaded(long, short, monkeypatch):
    lifecycle.put_first(short, goes_first=True)
    loaded = []
    load = generation.load_adapter
    monkeypatch.setattr(generation, "load_adapter", lambda key, spec: loaded.append(spec.slug) or load(key, spec))
    generation.work_on_run(long.pk, owner=OWNER)
    assert loaded == [short.system.slug]
    assert written(long, short) == "bb"


def test_after_its_time_a_run_gives_way_to_the_next_that_waits(long, short, settings):
    settings.RUN_TURN_SECONDS = 1e-9
    generation.work_on_run(long.pk, owner=OWNER)
    assert written(long, short) == "ababaa"


def test_a_run_that_somebody_writes_needs_nobody_else(long, short, settings):
    settings.RUN_TURN_SECONDS = 1e-9
    held = short.summaries.first()
    Summary.objects.filter(pk=held.pk).take(owner="other:1:1:1", until=timezone.now() + timedelta(minutes=1))
    generation.work_on_run(long.pk, owner=OWNER)
    assert written(long, short) == "aaaa"


def test_a_meeting_is_written_under_all_instructions_before_a_run_gives_way(dataset, settings):
    settings.RUN_TURN_SECONDS = 1e-9
    system = SystemFactory(adapter="scripted", engine={"default": "A summary."})
    first, second = started(dataset, system), started(dataset, system, instruction="short")
    other = started(dataset, limit=1)
    generation.work_on_run(first.pk, owner=OWNER)
    assert written(first, second, other).startswith("abc")
    assert sorted(written(first, second, other)) == list("aaaabbbbc")


def test_a_run_that_cannot_be_loaded_lets_the_other_go_on(long, dataset):
    broken = started(dataset, limit=1)
    type(broken.system).objects.filter(pk=broken.system_id).update(adapter="nobody-has-this")
    lifecycle.put_first(broken, goes_first=True)
    generation.work_on_run(long.pk, owner=OWNER)
    generation.work_on_run(long.pk, owner=OWNER)
    assert written(long) == "aaaa"
    assert Run.objects.get(pk=broken.pk).status == "failed"


def test_the_page_puts_a_run_first_and_says_what_comes_before(long, short, monkeypatch):
    monkeypatch.setattr("models_runner.runs.queue.waiting.workers_for", lambda queue: 1)
    client, address = researcher(), reverse("run_first", args=[short.pk])
    assert [before.run for before in waiting_of([short])[short.pk].before] == [long]
    assert "Write first" in client.get(short.get_absolute_url()).content.decode()
    shown = client.post(address, {"first": "yes"}, follow=True).content.decode()
    assert "Workers write this run next" in shown
    assert "Write in its turn" in shown
    runs = list(Run.objects.filter(pk__in=[long.pk, short.pk]).order_by("pk"))
    assert [[before.run for before in waiting_of([run])[run.pk].before] for run in runs] == [[short], []]
    assert "in its turn again" in client.post(address, {"first": "no"}, follow=True).content.decode()
    assert not Run.objects.get(pk=short.pk).goes_first


def test_a_run_that_is_resumed_waits_its_turn(short):
    lifecycle.put_first(short, goes_first=True)
    lifecycle.cancel_run(short)
    lifecycle.resume_run(short)
    assert not Run.objects.get(pk=short.pk).goes_first
