"""A study of the sample meetings as it looks half way, for pictures: four systems, eight people, drawn answers."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from annotations.gold.attention_checks import add_attention_checks
from annotations.models import Annotator, Assignment, Comparison, Invitation, Remark, Study
from annotations.people import members
from annotations.people.invitations import accept, invite
from annotations.rating.assignment import next_assignment
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.votes import Vote, record_vote
from annotations.studies.setup import create_study
from models_runner.importing.sample import import_sample
from models_runner.models import Summary
from models_runner.runs.generation import work_on_run
from models_runner.runs.lifecycle import start_run
from models_runner.systems.catalog import ensure_system

SLUG = "pilot"
# In log-odds; of a pair, the better one wins the more often the further they are apart. A text may turn out otherwise.
STRENGTH = {"lexrank": 0.0, "reference": 1.6, "lead-3": -0.8, "textrank": 0.4}
LUCK = 1.3


@dataclass(frozen=True)
class Person:
    """invitation: its label. pairs: after so many they stop for now. careful: how far the strengths count."""

    invitation: str
    pairs: int
    seconds: int
    external_id: str = ""
    careful: float = 1.0


PROLIFIC, READERS = "Prolific, first batch", "Reading group"
PEOPLE = (
    Person(PROLIFIC, 99, 94, "5f3a91c07be24d10", 1.4),
    Person(PROLIFIC, 99, 71, "60b2ee4d19c83f07", 1.3),
    Person(PROLIFIC, 44, 118, "5e97d02a4cb1866f", 1.5),
    Person(PROLIFIC, 19, 9, "61cc03b7f2a5490e", 0.0),
    Person("ana@example.org", 38, 102, careful=1.2),
    Person(READERS, 16, 133, careful=1.4),
    Person(READERS, 21, 87, careful=1.1),
    Person(READERS, 5, 140),
)
COMMENTS = (
    "Both name the decision, only this one says who does it by when.",
    "It reads like notes; I would not know what was decided.",
    "The other one leaves out the costs.",
    "Stops before the meeting comes to its point.",
    "Close: one is complete, the other easier to read.",
    "Says the date, the other does not.",
    "One sentence contradicts what was said at the end.",
    "Mostly small talk.",
)
HASTY_COMMENTS = ("ok", "better")


def make_pictured_study(owner: User) -> Study:
    dataset = import_sample().dataset
    systems = [ensure_system(slug) for slug in STRENGTH]
    for system in systems:
        work_on_run(start_run(system, dataset).pk, owner="pictures")
    study = create_study(
        *(SLUG, dataset, systems),
        criteria=("overall", "informativeness"),
        title="Pilot: ten sample meetings",
        quota=5,
        created_by=owner,
    )
    Study.objects.filter(pk=study.pk).update(completion_code="C7Q2MEET", gold_every=8)
    study.refresh_from_db()
    add_attention_checks(study, 6, "gold", owner)
    study.refresh_from_db()
    for name, role in (("maya", "owner"), ("leo", "researcher")):
        User.objects.create_user(name)
        members.add_member(study, name, role, owner)
    _rate(study, _invited(study, owner))
    return study


def _invited(study: Study, owner: User) -> list[Annotator]:
    invite(study, "link", owner, label=READERS, max_uses=20)
    invite(study, "email", owner, addresses=["ana@example.org", "ben@example.org"])
    invite(study, "external", owner, label=PROLIFIC, id_parameter="PROLIFIC_PID", max_uses=40)
    joined = []
    for person in PEOPLE:
        invitation = Invitation.objects.get(study=study, label=person.invitation)
        joined.append(accept(invitation, study, None, person.external_id))
    return joined


def _rate(study: Study, annotators: list[Annotator]) -> None:
    """Person by person, each on the morning of a day of last week."""
    rng = random.Random(5)
    for day, (person, annotator) in enumerate(zip(PEOPLE, annotators, strict=True)):
        now = timezone.now().replace(hour=8, minute=11) - timedelta(days=9 - day, minutes=7 * day)
        Annotator.objects.filter(pk=annotator.pk).update(joined_at=now)
        for n in range(person.pairs):
            assignment = next_assignment(annotator, now=now)
            if assignment is None:
                break
            _given_at(assignment, now)
            now += timedelta(seconds=person.seconds * rng.uniform(0.6, 1.5))
            _answer(rng, person, assignment, now)
            if n == 11:
                _skip(annotator, now)


def _answer(rng: random.Random, person: Person, assignment: Assignment, now: datetime) -> None:
    comparison = assignment.comparison
    ms = int(1000 * person.seconds * rng.uniform(0.6, 1.5))
    for position, criterion in enumerate(comparison.study.criteria.all()):
        choice = _choice(rng, person, comparison, assignment.shown_left)
        vote = Vote(assignment.token, criterion.key, choice, uuid.uuid4(), lead_time_ms=ms, active_ms=ms)
        if position == 0 and rng.random() < 0.2:
            text = _comment(comparison) if person.careful else rng.choice(HASTY_COMMENTS)
            record_remark(assignment.annotator, NewRemark(assignment.token, "comment", "", text, uuid.uuid4()), now=now)
        record_vote(assignment.annotator, vote, now=now)


def _choice(rng: random.Random, person: Person, comparison: Comparison, left: str) -> str:
    if comparison.summary_a.document_id != comparison.summary_b.document_id:
        own = "a" if comparison.summary_a.document_id == comparison.document_id else "b"
        outcome = own if rng.random() < 0.5 + 0.49 * bool(person.careful) else "ab"[own == "a"]
    elif rng.random() < 0.12:
        return "tie"
    else:
        a, b = (_strength(summary) for summary in (comparison.summary_a, comparison.summary_b))
        outcome = "a" if rng.random() < 1 / (1 + 2.718281828 ** (person.careful * (b - a))) else "b"
    return "left" if outcome == left else "right"


def _comment(comparison: Comparison) -> str:
    """Not the same twice on a pair."""
    said = Remark.objects.filter(assignment__comparison=comparison).count()
    return COMMENTS[(3 * comparison.pk + said) % len(COMMENTS)]


def _strength(summary: Summary) -> float:
    return STRENGTH[summary.run.system.slug] + random.Random(summary.pk).gauss(0, LUCK)


def _skip(annotator: Annotator, now: datetime) -> None:
    if assignment := next_assignment(annotator, now=now):
        said = NewRemark(assignment.token, "skip", "broken", "One breaks off in the middle.", uuid.uuid4())
        record_remark(annotator, said, now=now)
        _given_at(assignment, now)


def _given_at(assignment: Assignment, now: datetime) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(created_at=now)
