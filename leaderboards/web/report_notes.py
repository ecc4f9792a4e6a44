"""What stands on top of a report, before its verdict."""

from leaderboards.presentation.report.report import DecisionReport

# As on every page of the study (evalsite/_simulated.html), which has it above the report; a file has it in itself.
SIMULATED = (
    "Simulated votes. A program drew the votes of this study, to show what results look like. Four of its systems are "
    "invented: their summaries were written by hand, and their seconds, memory and prices are stated, not measured."
)
GOES_ON = "Rating is not over: the verdict may still change."
# Beside planned looks that said their last.
NUMBERS_GO_ON = "Rating is not over: the numbers may still change. What the planned looks found stays."


def notes_of(report: DecisionReport) -> list[str]:
    """List the notes of the page."""
    goes_on = NUMBERS_GO_ON if report.looks_settled else GOES_ON
    return [*([report.looks] if report.looks else []), *([goes_on] if report.goes_on else [])]


def file_notes(report: DecisionReport, *more: str) -> list[str]:
    """List the notes of a file, which says by itself what pages say around the report. more: Of a shared page."""
    return [*([SIMULATED] if report.simulated else []), *more, *notes_of(report)]
