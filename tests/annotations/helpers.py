import uuid

from annotations.gold.items import ControlItemSpec, make_control_item
from annotations.models import Remark
from annotations.rating.assignment import next_assignment
from annotations.rating.votes import Vote, record_vote


def vote_on(assignment, choice, *, criterion="overall", client_key=None, strength=None, **kwargs):
    vote = Vote(
        token=assignment.token,
        criterion=criterion,
        choice=choice,
        client_key=client_key or uuid.uuid4(),
        strength=strength,
        lead_time_ms=4200,
        active_ms=3000,
    )
    return record_vote(assignment.annotator, vote, **kwargs)


def rate_everything(annotator, choice="left"):
    """Rate until there is no work left; the assignments in order."""
    rated = []
    while assignment := next_assignment(annotator):
        for criterion in annotator.study.criteria.all():
            vote_on(assignment, choice, criterion=criterion.key)
        rated.append(assignment)
    return rated


def make_gold(comparison, purpose="gold", outcomes=("a",), explanation="", criterion="overall"):
    """Turn a pair of a study into gold or training."""
    return make_control_item(comparison, ControlItemSpec(purpose, {criterion: outcomes}, explanation), None)


def answer(assignment, outcome):
    """Give this canonical outcome on every question."""
    choice = {assignment.shown_left: "left", assignment.shown_right: "right"}.get(outcome, outcome)
    for criterion in assignment.annotator.study.criteria.all():
        vote_on(assignment, choice, criterion=criterion.key)


def add_remarks(annotator, number, *, kind="problem", text="Left has <the> date."):
    """On a pair that they rated, or rate now."""
    assignment = annotator.assignments.first() or next_assignment(annotator)
    reason = "" if kind == "comment" else "broken"
    return Remark.objects.bulk_create(
        Remark(assignment=assignment, kind=kind, reason=reason, text=f"{text} {n}", client_key=uuid.uuid4())
        for n in range(number)
    )
