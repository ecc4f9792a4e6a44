"""Releases through the API."""

import hashlib

import pytest

from annotations.people.joining import join
from api.models import ApiToken
from leaderboards.files import jobs
from leaderboards.models.releases import Release
from leaderboards.releases.publishing import Draft, create_draft, publish, write_files
from tests.annotations.helpers import rate_everything
from tests.api.helpers import error_of, program
from tests.factories import make_study
from tests.leaderboards.helpers import one_vote

pytestmark = pytest.mark.django_db


def test_a_release_is_listed_and_downloaded():
    study = make_study(systems=2, documents=2)
    rate_everything(join(study))
    release = write_files(create_draft(study, Draft(name="Votes"), None))
    asks = program()
    address = f"/studies/{study.slug}/releases"
    assert asks.get(f"{address}/1.0/zip").status_code == 404  # a draft yet
    publish(release)
    (shown,) = asks.get(address).json()["items"]
    assert (shown["version"], shown["status"], shown["sha256"]) == ("1.0", "published", release.sha256)
    answer = asks.get(f"{address}/1.0/zip")
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == release.sha256
    assert asks.get(f"{address}/2.0/zip").status_code == 404


def test_a_release_is_made_watched_and_published(django_capture_on_commit_callbacks, monkeypatch):
    told = []
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: told.append((task, pk)))
    study = make_study(systems=2, documents=2)
    rate_everything(join(study))
    asks, address = program(), f"/studies/{study.slug}/releases"
    with django_capture_on_commit_callbacks(execute=True):
        made = asks.post(address, {"name": "Votes", "licence": "MIT", "description": "Of two meetings."})
    assert (made.status_code, made.json()["state"], made.json()["version"]) == (201, "pending", "1.0")
    release = study.releases.get()
    assert told == [("leaderboards.files.tasks.write_release", release.pk)]
    assert (release.licence, release.description, release.created_by) == (
        "MIT",
        "Of two meetings.",
        ApiToken.objects.get().owner.username,
    )
    refusal = asks.post(f"{address}/1.0/publish")
    assert (refusal.status_code, error_of(refusal)["code"]) == (409, "not_publishable")
    jobs.write_job(Release, release.pk, owner="w")
    assert asks.get(f"{address}/1.0").json()["state"] == "done"
    published = asks.post(f"{address}/1.0/publish").json()
    assert (published["status"], bool(published["published_at"])) == ("published", True)
    assert asks.post(f"{address}/1.0/publish").status_code == 409
    taken = asks.post(address, {"licence": "MIT", "version": "1.0"})
    assert (taken.status_code, error_of(taken)["field"]) == (409, "version")
    assert study.releases.count() == 1


def test_a_release_asked_for_twice_with_one_key_is_made_and_published_once():
    study = make_study(systems=2, documents=2)
    one_vote(study)
    asks, address = program(), f"/studies/{study.slug}/releases"
    key, other = ({"Idempotency-Key": name} for name in ("make", "publish"))
    first, second = (asks.post(address, {"licence": "MIT"}, **key) for _ in range(2))
    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    write_files(study.releases.get())
    first, second = (asks.post(f"{address}/1.0/publish", **other) for _ in range(2))
    assert (first.status_code, first.content) == (200, second.content)
    assert error_of(asks.post(address, {"licence": "CC0-1.0"}, **key))["code"] == "key_reused"


def test_files_that_failed_are_written_again():
    study = make_study(systems=2, documents=2)
    asks, address = program(), f"/studies/{study.slug}/releases"
    asks.post(address, {"licence": "MIT"})
    assert error_of(asks.post(f"{address}/1.0/retry"))["code"] == "not_failed"
    study.releases.update(status="failed", failure_reason="The disk is full.")
    assert asks.get(f"{address}/1.0").json()["reason"] == "The disk is full."
    again = asks.post(f"{address}/1.0/retry").json()
    assert (again["state"], again["reason"]) == ("pending", "")
    jobs.write_job(Release, study.releases.get().pk, owner="w")
    assert asks.get(f"{address}/1.0").json()["state"] == "done"
