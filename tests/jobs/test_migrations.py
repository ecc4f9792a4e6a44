"""Jobs of the version before say in their status what was told by their owner, their attempts and their wishes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from annotations.models.triggers import drop_triggers as drop_triggers_of_annotations
from annotations.models.triggers import ensure_triggers as ensure_triggers_of_annotations
from leaderboards.models.triggers import drop_triggers, ensure_triggers
from tests.factories import DocumentFactory, make_study

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [
    ("models_runner", "0004_document_terms"),
    ("annotations", "0020_quality_snapshot_help"),
    ("leaderboards", "0003_releases"),
    ("api", "0002_webhooks"),
]


def migrate(to=None):
    drop_triggers_of_annotations()
    drop_triggers()
    executor = MigrationExecutor(connection)
    executor.migrate(to or executor.loader.graph.leaf_nodes())
    return MigrationExecutor(connection).loader.project_state(to or executor.loader.graph.leaf_nodes()).apps


@pytest.fixture
def latest():
    yield
    migrate()
    ensure_triggers_of_annotations()
    ensure_triggers()


def test_every_job_has_the_status_that_it_had(latest):
    study, now = make_study(systems=2, documents=1), timezone.now()
    documents = [DocumentFactory(dataset=study.dataset).pk for _ in range(4)]
    held = {"owner": "elsewhere/1:1:1:1", "lease_until": now + timedelta(hours=1)}
    key = {"study_id": study.pk, "criterion_id": study.criteria.get().pk, "asked_at": now, "announced_at": now}
    old = migrate(BEFORE)
    evidence = old.get_model("annotations", "EvidenceJob").objects
    for document, values in zip(
        documents, ({}, {"attempts": 1, "reason": "x"}, {"attempts": 3}, {"attempts": 1} | held), strict=True
    ):
        evidence.create(document_id=document, **values)
    snapshots = old.get_model("leaderboards", "SnapshotJob").objects
    states = ({"wanted": False}, {}, {"attempts": 3, "reason": "y"}, {"attempts": 1, "stage": "computing"} | held)
    for seed, values in enumerate(states):
        snapshots.create(seed=seed, **key, **values)
    old.get_model("annotations", "QualitySnapshot").objects.create(study_id=study.pk, reason="z")
    webhook = old.get_model("api", "Webhook").objects.create(
        owner_id=old.get_model("auth", "User").objects.create(username="ada").pk, url="https://example.org/", events=[]
    )
    old.get_model("api", "Delivery").objects.create(
        webhook=webhook, event="run.finished", about="1", payload={}, status="sending", lease_until=now
    )
    old.get_model("models_runner", "Worker").objects.create(owner="elsewhere/1:1:1:1", seen_at=now)

    new = migrate()
    rows = new.get_model("annotations", "EvidenceJob").objects.order_by("pk").values_list("status", "failure_reason")
    ended = "The worker ended while it looked for evidence."
    assert list(rows) == [("done", ""), ("pending", "x"), ("failed", ended), ("running", "")]
    rows = new.get_model("leaderboards", "SnapshotJob").objects.order_by("seed")
    assert list(rows.values_list("status", "step", "failure_reason")) == [
        ("done", "reading", ""),
        ("pending", "reading", ""),
        ("failed", "reading", "y"),
        ("running", "computing", ""),
    ]
    quality = new.get_model("annotations", "QualitySnapshot").objects.get()
    assert (quality.status, quality.failure_reason) == ("done", "z")
    delivery = new.get_model("api", "Delivery").objects.get()
    assert (delivery.status, bool(delivery.owner), delivery.lease_until) == ("sending", True, now)
    assert new.get_model("jobs", "Worker").objects.count() == 1
