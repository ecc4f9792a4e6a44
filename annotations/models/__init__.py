from annotations.models.annotators import Annotator, JudgeType
from annotations.models.assignments import Assignment, Side
from annotations.models.evidence import EvidenceJob, SummaryEvidence
from annotations.models.giveaways import GiveawayCheck
from annotations.models.guesses import Guess
from annotations.models.judgements import Judgement, JudgementRevision, Outcome, Strength
from annotations.models.known import ExpectedAnswer, ForeignEvidence, KnownPair
from annotations.models.pairs import PairCount
from annotations.models.people import Invitation, Membership
from annotations.models.quality import QualitySnapshot
from annotations.models.records import AuditEntry
from annotations.models.remarks import Remark
from annotations.models.sides import SideLead
from annotations.models.studies import (
    Comparison,
    Criterion,
    Purpose,
    Sampling,
    Study,
    Wanted,
    WhichDocuments,
    WhichPairs,
)

__all__ = [
    "Annotator",
    "Assignment",
    "AuditEntry",
    "Comparison",
    "Criterion",
    "EvidenceJob",
    "ExpectedAnswer",
    "ForeignEvidence",
    "GiveawayCheck",
    "Guess",
    "Invitation",
    "JudgeType",
    "Judgement",
    "JudgementRevision",
    "KnownPair",
    "Membership",
    "Outcome",
    "PairCount",
    "Purpose",
    "QualitySnapshot",
    "Remark",
    "Sampling",
    "Side",
    "SideLead",
    "Strength",
    "Study",
    "SummaryEvidence",
    "Wanted",
    "WhichDocuments",
    "WhichPairs",
]
