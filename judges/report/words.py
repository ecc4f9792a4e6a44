"""Say in a sentence whether a judge may stand in for a person."""

from collections.abc import Mapping
from typing import Any

from stats.judges.figures import WhyNot

REASONS = {
    WhyNot.TOO_FEW: "people gave too few votes to say",
    WhyNot.FAILS: "it does not pass the alternative annotator test",
    WhyNot.BELOW_PEOPLE: "it agrees with people less than they agree with each other",
    WhyNot.POSITION: "it prefers the summary in one place",
    WhyNot.LENGTH: "it prefers longer, or shorter, summaries more than people do",
    WhyNot.FAMILY: "it prefers systems of its own family more than people do",
}


def stand_in(report: Mapping[str, Any]) -> str:
    """Return the sentence of a report."""
    key, may = report["criterion"], report["may_stand_in"]
    why = "; ".join(REASONS[WhyNot(reason)] for reason in report["why_not"])
    if may:
        return f"On {key} it may stand in for a person here: nothing measured speaks against it."
    if may is None:
        return f"On {key} it is not known whether it may stand in for a person here: {why}."
    return f"On {key} it may not stand in for a person here: {why}."
