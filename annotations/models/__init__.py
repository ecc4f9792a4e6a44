from annotations.models.annotators import Annotator
from annotations.models.assignments import Assignment, Side
from annotations.models.evidence import EvidenceJob, SummaryEvidence
from annotations.models.judgements import Judgement, JudgementRevision, Outcome
from annotations.models.studies import Comparison, Criterion, Study

__all__ = [
    "Annotator",
    "Assignment",
    "Comparison",
    "Criterion",
    "EvidenceJob",
    "Judgement",
    "JudgementRevision",
    "Outcome",
    "Side",
    "Study",
    "SummaryEvidence",
]
