"""The tables of judges, and the triggers that keep them; imports no other room."""

from judges.models.judges import Judge, JudgeLanguage, Mode, OrderRule, RubricSource

__all__ = ["Judge", "JudgeLanguage", "Mode", "OrderRule", "RubricSource"]
