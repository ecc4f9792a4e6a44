"""The tables of judges and verdicts, and the triggers that keep them; imports no other room."""

from judges.models.jobs import JudgingJob
from judges.models.judges import IMPORTED, Judge, JudgeLanguage, Mode, OrderRule, RubricSource
from judges.models.reports import ReportJob
from judges.models.verdicts import ABOUT_PAIRS, Answer, Verdict

__all__ = [
    "ABOUT_PAIRS",
    "IMPORTED",
    "Answer",
    "Judge",
    "JudgeLanguage",
    "JudgingJob",
    "Mode",
    "OrderRule",
    "ReportJob",
    "RubricSource",
    "Verdict",
]
