"""Where marks are required: which summaries lose, and which of them have neither a mark nor the word that none fits."""

from django.db.models import Max

from annotations.models import AskMarks, Assignment, Outcome, Study
from marks.models import Mark, NoErrorFound


def losing_summaries(assignment: Assignment) -> set[int]:
    """Return the ids of the summaries that lose on some question of the pair, by the answers so far."""
    pair = assignment.comparison
    loses = {
        Outcome.A.value: {pair.summary_b_id},
        Outcome.B.value: {pair.summary_a_id},
        Outcome.BOTH_BAD.value: {pair.summary_a_id, pair.summary_b_id},
    }
    outcomes = assignment.judgements.values_list("outcome", flat=True)
    return set().union(*(loses.get(outcome, set()) for outcome in outcomes))


def explained_summaries(assignment: Assignment) -> set[int]:
    """Return the ids of those that have a standing mark, or of which the annotator said that they find no error."""
    marked = Mark.objects.standing().filter(assignment=assignment).values_list("summary_id", flat=True)
    none_found = NoErrorFound.objects.filter(assignment=assignment).values_list("summary_id", flat=True)
    return {*marked, *none_found}


def lacking_summaries(assignment: Assignment) -> set[int]:
    return losing_summaries(assignment) - explained_summaries(assignment)


def lacks_marks(assignment: Assignment) -> bool:
    return bool(lacking_summaries(assignment))


def newest_required_mark(study: Study) -> list[int | None] | None:
    """Return the newest mark, and the newest word that there is none; None where marks complete no pair."""
    if study.ask_marks != AskMarks.REQUIRED:
        return None
    return [rows.aggregate(last=Max("pk"))["last"] for rows in (Mark.objects.all(), NoErrorFound.objects.all())]
