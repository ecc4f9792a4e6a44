"""Jobs as the version before wrote them, told by their owner, their attempts and their wishes; and what became of them."""

from datetime import timedelta

from django.utils import timezone

from annotations.models import EvidenceJob, QualitySnapshot
from api.models import Delivery
from jobs.models import Worker
from leaderboards.models import SnapshotJob
from tests.factories import DocumentFactory, make_study

BEFORE = [
    ("models_runner", "0004_document_terms"),
    ("annotations", "0020_quality_snapshot_help"),
    ("leaderboards", "0003_releases"),
    ("api", "0002_webhooks"),
]


class OlderJobs:
    """One study with jobs of every kind: made in the present tables, filled in the older ones, found in the present."""

    def __init__(self):
        self.study = make_study(systems=2, documents=1)
        self.documents = [DocumentFactory(dataset=self.study.dataset).pk for _ in range(4)]
        self.criterion = self.study.criteria.get().pk
        self.now = timezone.now()

    def fill(self, old):
        held = {"owner": "elsewhere/1:1:1:1", "lease_until": self.now + timedelta(hours=1)}
        evidence = old.get_model("annotations", "EvidenceJob").objects
        attempts = ({}, {"attempts": 1, "reason": "x"}, {"attempts": 3}, {"attempts": 1} | held)
        for document, values in zip(self.documents, attempts, strict=True):
            evidence.create(document_id=document, **values)
        key = {
            "study_id": self.study.pk,
            "criterion_id": self.criterion,
            "asked_at": self.now,
            "announced_at": self.now,
        }
        states = ({"wanted": False}, {}, {"attempts": 3, "reason": "y"}, {"attempts": 1, "stage": "computing"} | held)
        for seed, values in enumerate(states):
            old.get_model("leaderboards", "SnapshotJob").objects.create(seed=seed, **key, **values)
        old.get_model("annotations", "QualitySnapshot").objects.create(study_id=self.study.pk, reason="z")
        owner = old.get_model("auth", "User").objects.create(username="of the webhook")
        webhook = old.get_model("api", "Webhook").objects.create(
            owner_id=owner.pk, url="https://example.org/", events=[]
        )
        old.get_model("api", "Delivery").objects.create(
            webhook=webhook, event="run.finished", about="1", payload={}, status="sending", lease_until=self.now
        )
        old.get_model("models_runner", "Worker").objects.create(owner="elsewhere/1:1:1:1", seen_at=self.now)

    def found(self):
        """By kind, how they stand in the present tables."""
        evidence = EvidenceJob.objects.filter(document__in=self.documents).order_by("pk")
        snapshots = SnapshotJob.objects.order_by("seed")
        quality, delivery = QualitySnapshot.objects.get(), Delivery.objects.get()
        return {
            "evidence": list(evidence.values_list("status", "failure_reason")),
            "snapshots": list(snapshots.values_list("status", "step", "failure_reason")),
            "quality": (quality.status, quality.failure_reason),
            "delivery": (delivery.status, bool(delivery.owner), delivery.lease_until == self.now),
            "workers": Worker.objects.count(),
        }
