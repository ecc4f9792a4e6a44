"""Put protocols on record, and tell whether that was before the first vote."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import AuditEntry, JudgementRevision, Study
from annotations.studies import audit
from annotations.studies.audit import COMMAND_LINE
from models_runner.models import Dataset
from protocol.file.completing import completed
from protocol.file.schema import Protocol
from protocol.file.writing import as_text, digest_of, plan_digest
from protocol.file.yaml_text import read_yaml
from protocol.models import ProtocolRecord
from protocol.study.contents import dataset_content


@transaction.atomic
def put_on_record(study: Study, protocol: Protocol, by: User | None) -> ProtocolRecord:
    """Write the protocol down, unless the newest record says the same."""
    Study.objects.select_for_update().get(pk=study.pk)
    newest = newest_record(study)
    if newest is not None and newest.sha256 == digest_of(protocol):
        return newest
    record = ProtocolRecord.objects.create(
        study=study,
        text=as_text(protocol),
        sha256=digest_of(protocol),
        plan_sha256=plan_digest(protocol),
        contents={
            dataset.name: dataset_content(dataset).digest
            for dataset in Dataset.objects.filter(name__in=protocol.datasets)
        },
        recorded_by=by.get_username() if by is not None else COMMAND_LINE,
    )
    audit.record(study, by, AuditEntry.Action.SETTING, "protocol on record", after=record.sha256)
    return record


def newest_record(study: Study) -> ProtocolRecord | None:
    return study.protocol_records.order_by("pk").last()


def recorded_protocol(record: ProtocolRecord) -> Protocol:
    """Return what is on record. It was checked when it was written; what the site allows may have changed since."""
    return Protocol.model_validate(completed(read_yaml(record.text), []))


def first_vote(study: Study) -> datetime | None:
    """Return when the first answer of the study was given."""
    answers = JudgementRevision.objects.filter(criterion__study=study)
    return answers.order_by("pk").values_list("created_at", flat=True).first()


@dataclass(frozen=True)
class Standing:
    """What is on record of a planned analysis.

    Attributes:
        plan_sha256: Of the planned analysis as it is now.
        recorded_at: Since when exactly this is on record; None if it is not.
        first_vote_at: None if there is no vote.
        pair_named_at: When the two systems in question were named; None if they were not.
        changed: Settings that were changed after the first vote.
    """

    plan_sha256: str
    recorded_at: datetime | None
    first_vote_at: datetime | None
    pair_named_at: datetime | None
    changed: tuple[str, ...] = ()

    @property
    def is_before_votes(self) -> bool:
        """Whether the planned analysis was on record before the first vote; True if there is no vote yet."""
        if self.recorded_at is None:
            return False
        return self.first_vote_at is None or self.recorded_at <= self.first_vote_at


def standing_of(study: Study, protocol: Protocol) -> Standing:
    """Tell what is on record of this protocol's planned analysis."""
    plan = plan_digest(protocol)
    same = study.protocol_records.filter(plan_sha256=plan).order_by("pk").first()
    voted = first_vote(study)
    changes = study.audit_entries.filter(action=AuditEntry.Action.SETTING).exclude(subject="protocol on record")
    after = changes.filter(at__gt=voted).order_by("subject") if voted else changes.none()
    return Standing(
        plan_sha256=plan,
        recorded_at=same.recorded_at if same else None,
        first_vote_at=voted,
        pair_named_at=study.pair_named_at,
        changed=tuple(after.values_list("subject", flat=True).distinct()),
    )
