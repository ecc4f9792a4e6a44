"""Which events are told, to whom, and how often."""
# ruff: noqa: F811  (fixtures)

import pytest
from django.utils import timezone

from accounts.roles import give_role
from annotations.models import Membership
from annotations.people.joining import join
from api.models import Delivery
from api.webhooks import events
from leaderboards.models.releases import Release
from leaderboards.releases.publishing import write_files
from models_runner.models import Run
from models_runner.runs.generation import work_on_run
from models_runner.runs.lifecycle import start_run
from tests.annotations.helpers import rate_everything
from tests.api.helpers import program
from tests.api.webhooks.receiver import (  # noqa: F401  (fixtures)
    queued,
    receiver,
    webhook,
)
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory, UserFactory, make_study
from tests.leaderboards.helpers import one_vote

pytestmark = pytest.mark.django_db


def test_the_end_of_a_run_is_told_once(receiver, django_capture_on_commit_callbacks):
    hook, other = webhook(receiver.url), webhook(receiver.url, wanted=("study.complete",))
    dataset = DatasetFactory()
    DocumentFactory(dataset=dataset)
    run = start_run(SystemFactory(engine={"default": "Text."}), dataset)
    work_on_run(run.pk, owner="here:1:1")
    run.refresh_from_db()
    assert run.status == Run.Status.DONE
    delivery = hook.deliveries.get()
    assert not other.deliveries.exists()
    assert delivery.payload["run"] == run.pk
    assert delivery.payload["summaries"]["done"] == 1
    events.queue_run_finished(None, run)
    assert hook.deliveries.count() == 1


def test_runs_are_told_to_who_may_run_models_alone():
    owner = UserFactory(is_staff=True)
    hook = webhook("http://127.0.0.1/", owner=owner)
    give_role(owner, "member")
    run = Run.objects.create(
        system=SystemFactory(),
        dataset=DatasetFactory(),
        instruction="medium",
        status="done",
        finished_at=timezone.now(),
    )
    events.queue_run_finished(None, run)
    assert not hook.deliveries.exists()


def test_a_complete_study_is_told_once_for_each_size():
    study = make_study(systems=2, documents=2, quota=1)
    mine, every = webhook("http://127.0.0.1/", study=study), webhook("http://127.0.0.1/")
    other = webhook("http://127.0.0.1/", study=make_study(slug="other"))
    events.sweep_events()
    assert not Delivery.objects.exists()
    rate_everything(join(study))
    for _ in range(2):
        events.sweep_events()
    assert [hook.deliveries.count() for hook in (mine, every, other)] == [1, 1, 0]
    assert mine.deliveries.get().payload["rated"] == 2
    study.comparisons.update(quota=2)
    events.sweep_events()
    rate_everything(join(study))
    events.sweep_events()
    assert mine.deliveries.count() == 2


def test_who_lost_the_study_is_told_nothing(settings):
    settings.ALLOWED_ENDPOINTS = ["hooks.example.com"]
    study, owner = make_study(systems=2, documents=1, quota=1), UserFactory()
    membership = Membership.objects.create(study=study, user=owner, role="owner")
    hook = webhook("https://hooks.example.com/", owner=owner, study=study)
    membership.delete()
    rate_everything(join(study))
    events.sweep_events()
    assert not hook.deliveries.exists()


def test_a_release_is_told_to_webhooks_that_were_there():
    study = make_study()
    hook, other = (
        webhook("http://127.0.0.1/", study=one, wanted=("release.published",)) for one in (study, make_study())
    )
    draft = Release.objects.create(study=study, name="Votes", version="0.9")
    Release.objects.filter(pk=draft.pk).update(status="done", sha256="0" * 64, file_bytes=1)
    events.sweep_events()
    assert not Delivery.objects.exists()
    Release.objects.filter(pk=draft.pk).update(publication="published", published_at=timezone.now())
    late = webhook("http://127.0.0.1/", study=study, wanted=("release.published",))
    for _ in range(2):
        events.sweep_events()
    assert [one.deliveries.count() for one in (hook, other, late)] == [1, 0, 0]
    assert hook.deliveries.get().payload["version"] == "0.9"


def test_a_release_published_through_the_api_is_told_as_one_of_the_page():
    study = make_study(systems=2, documents=1)
    one_vote(study)
    hook = webhook("http://127.0.0.1/", study=study, wanted=("release.published",))
    asks, address = program(), f"/studies/{study.slug}/releases"
    asks.post(address, {"name": "Votes", "licence": "MIT"})
    write_files(study.releases.get())
    events.sweep_events()
    assert not hook.deliveries.exists()
    asks.post(f"{address}/1.0/publish")
    events.sweep_events()
    told = hook.deliveries.get().payload
    assert (told["event"], told["name"], told["sha256"]) == ("release.published", "Votes", study.releases.get().sha256)


def test_new_deliveries_are_announced_after_the_commit(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: sent.append(pk))
    hook = webhook("http://127.0.0.1/")
    with django_capture_on_commit_callbacks(execute=True):
        delivery = queued(hook)
        assert sent == []
    assert sent == [delivery.pk]
