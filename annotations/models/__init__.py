"""The tables of studies, assignments, judgements and people; imports tables of accounts and models_runner."""

from annotations.models.annotators import (
    Annotator,
    AnnotatorQuerySet,
    Consent,
    ConsentText,
    JudgeType,
    PersonalAnswer,
    PersonalQuestion,
    included,
)
from annotations.models.assignments import Assignment, AssignmentQuerySet, Side
from annotations.models.audit import AuditEntry
from annotations.models.comparisons import Comparison, Purpose
from annotations.models.counts import PairTally, SideLead
from annotations.models.evidence import EvidenceJob, SummaryEvidence
from annotations.models.gold import ControlItem, ExpectedAnswer, ForeignEvidence
from annotations.models.guesses import Guess
from annotations.models.judgements import Judgement, JudgementQuerySet, JudgementRevision, Outcome, Strength
from annotations.models.leak_checks import GiveawayCheck
from annotations.models.people import Invitation, InvitedMember, Membership
from annotations.models.remarks import Remark
from annotations.models.reports import QualitySnapshot, StudyReport
from annotations.models.studies import Criterion, Study
from annotations.models.study_choices import (
    AskMarks,
    KeyOrder,
    LookSpending,
    Sampling,
    SummaryFormat,
    Wanted,
    WhichDocuments,
    WhichPairs,
)

__all__ = [
    "Annotator",
    "AnnotatorQuerySet",
    "AskMarks",
    "Assignment",
    "AssignmentQuerySet",
    "AuditEntry",
    "Comparison",
    "Consent",
    "ConsentText",
    "ControlItem",
    "Criterion",
    "EvidenceJob",
    "ExpectedAnswer",
    "ForeignEvidence",
    "GiveawayCheck",
    "Guess",
    "Invitation",
    "InvitedMember",
    "JudgeType",
    "Judgement",
    "JudgementQuerySet",
    "JudgementRevision",
    "KeyOrder",
    "LookSpending",
    "Membership",
    "Outcome",
    "PairTally",
    "PersonalAnswer",
    "PersonalQuestion",
    "Purpose",
    "QualitySnapshot",
    "Remark",
    "Sampling",
    "Side",
    "SideLead",
    "Strength",
    "Study",
    "StudyReport",
    "SummaryEvidence",
    "SummaryFormat",
    "Wanted",
    "WhichDocuments",
    "WhichPairs",
    "included",
]
