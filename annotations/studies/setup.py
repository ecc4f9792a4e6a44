"""Making a study: its questions, documents, pairs and settings, all checked before anything is stored."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import (
    AskMarks,
    AuditEntry,
    Criterion,
    LookSpending,
    Membership,
    PersonalQuestion,
    Sampling,
    Study,
    SummaryFormat,
    Wanted,
    WhichDocuments,
)
from annotations.studies import audit, checks
from annotations.studies.checks import StudySetupError, check_sampling
from annotations.studies.consent import set_consent_text
from annotations.studies.criteria import LIBRARY
from annotations.studies.pair_generation import build_comparisons
from annotations.studies.personal_questions import QuestionError, QuestionLine, parse_questions, set_questions
from annotations.studies.scope import StudyScope, check_scope, drawn_from, scope_documents
from lib.lines import text_lines
from lib.text.visible import visible_text
from models_runner.datasets.lookup import stored_split
from models_runner.models import Dataset, System
from stats.decisions.sampling import EPSILON

__all__ = [
    "MARGIN",
    "NewStudy",
    "OwnCriterion",
    "PeopleOptions",
    "RatingOptions",
    "StudyScope",
    "StudySetupError",
    "check_sampling",
    "create_study",
    "own_criteria",
    "store_once",
]

Moment = PersonalQuestion.Moment
# To be preferred in 45 of 100 comparisons instead of 50 is still good enough.
MARGIN = 0.05


@dataclass(frozen=True)
class OwnCriterion:
    """A question that is not in the library."""

    key: str
    question: str
    help_text: str = ""


def own_criteria(text: str) -> list[OwnCriterion]:
    """Parse questions, one per line: short name | question | help. The help is optional and may contain |."""
    lines = [[part.strip() for part in line.split("|", 2)] for line in text_lines(text) if line.strip()]
    return [OwnCriterion(*parts, *[""] * (2 - len(parts))) for parts in lines]


@dataclass(frozen=True)
class RatingOptions:
    """How annotators see the summaries, what they may answer and are asked besides; see the fields of Study."""

    allow_tie: bool = True
    allow_both_bad: bool = True
    strength: str = Wanted.OFF
    comments: str = Wanted.OPTIONAL
    ask_marks: str = AskMarks.OFF
    break_minutes: int = 0
    summary_format: str = SummaryFormat.RENDERED


@dataclass(frozen=True)
class PeopleOptions:
    """Who may join, what people are asked besides their pairs, and how they end; see the fields of Study.

    Attributes:
        consent: What annotators agree to before their first pair; "" for nothing.
        questions_before, questions_after: About the person, before and after rating, one a line; see parse_questions.
    """

    open_link: bool = True
    consent: str = ""
    questions_before: Sequence[str] = ()
    questions_after: Sequence[str] = ()
    gold_every: int = 0
    repeat_every: int = 0
    ask_guess: bool = False
    completion_code: str = ""
    completion_url: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """Return those that are fields of Study."""
        names = ("open_link", "gold_every", "repeat_every", "ask_guess", "completion_code", "completion_url")
        return {name: getattr(self, name) for name in names}

    def questions(self) -> dict[str, list[QuestionLine]]:
        """Return the questions by moment. Raises StudySetupError."""
        read = {}
        for moment, field in ((Moment.BEFORE, "questions_before"), (Moment.AFTER, "questions_after")):
            try:
                read[moment.value] = parse_questions("\n".join(getattr(self, field)))
            except QuestionError as error:
                raise StudySetupError(str(error), field) from error
        return read


class StudySettings(TypedDict, total=False):
    """The settings of a new study that have a default; NewStudy says what they mean."""

    instruction: str
    criteria: Sequence[str]
    own_criteria: Sequence[OwnCriterion]
    quota: int
    title: str
    annotator_title: str
    guidelines: str
    options: RatingOptions | None
    people: PeopleOptions | None
    scope: StudyScope | None
    created_by: User | None
    draft: bool
    sampling: str
    epsilon: float
    margin: float | None
    small_system: System | None
    large_system: System | None
    look_votes: Sequence[int] | None
    look_dates: Sequence[str] | None
    look_maximum: int | None
    look_spending: str
    opens_at: datetime | None
    closes_at: datetime | None
    simulated: bool


@dataclass(frozen=True)
class NewStudy:
    """A study that is to be made; see also the fields of Study.

    Attributes:
        annotator_title: The heading that annotators see; "" for the usual one.
        draft: Nobody can rate until it is opened.
        margin: See Study.noninferiority_margin; None for no verdict on small versus large.
        small_system, large_system: The two that the study asks about, named before any vote.
        look_votes, look_dates, look_maximum, look_spending: Planned looks; see Study.
        simulated: A program draws its votes; the study is closed, so that no person's vote comes in between.
        form_key: Of the form it is made with, which makes one study; None for none.
    """

    slug: str
    dataset: Dataset
    systems: Sequence[System]
    instruction: str = "medium"
    criteria: Sequence[str] = ("overall",)
    own_criteria: Sequence[OwnCriterion] = ()
    quota: int = 3
    title: str = ""
    annotator_title: str = ""
    guidelines: str = ""
    options: RatingOptions | None = None
    people: PeopleOptions | None = None
    scope: StudyScope | None = None
    created_by: User | None = None
    draft: bool = False
    sampling: str = Sampling.EVEN
    epsilon: float = EPSILON
    margin: float | None = MARGIN
    small_system: System | None = None
    large_system: System | None = None
    look_votes: Sequence[int] | None = None
    look_dates: Sequence[str] | None = None
    look_maximum: int | None = None
    look_spending: str = LookSpending.OBRIEN_FLEMING
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    simulated: bool = False
    form_key: UUID | None = None

    @property
    def pair_is_named(self) -> bool:
        return self.small_system is not None or self.large_system is not None

    @property
    def pair_is_complete(self) -> bool:
        return self.small_system is not None and self.large_system is not None

    @property
    def look_plan(self) -> checks.LookPlan:
        return checks.LookPlan(self.look_votes, self.look_dates, self.look_maximum, self.look_spending)

    @property
    def status(self) -> Study.Status:
        if self.simulated:
            return Study.Status.CLOSED
        return Study.Status.DRAFT if self.draft else Study.Status.OPEN

    @cached_property
    def stored_scope(self) -> StudyScope:
        """The documents and pairs, with the split spelled as the dataset has it."""
        scope = self.scope or StudyScope()
        return replace(scope, split=stored_split(self.dataset, scope.split))

    @property
    def questions(self) -> list[OwnCriterion]:
        library = [OwnCriterion(key, *LIBRARY[key]) for key in self.criteria if key in LIBRARY]
        return [*library, *self.own_criteria]

    @property
    def heading(self) -> dict[str, str]:
        return {"annotator_title": self.annotator_title} if visible_text(self.annotator_title) else {}

    def row(self) -> Study:
        """Return the study, not stored."""
        same = (
            "slug",
            "dataset",
            "instruction",
            "quota",
            "guidelines",
            "created_by",
            "status",
            "simulated",
            "sampling",
            "form_key",
        )
        also = ("epsilon", "look_maximum", "look_spending", "small_system", "large_system", "opens_at", "closes_at")
        values: dict[str, Any] = {name: getattr(self, name) for name in (*same, *also)}
        return Study(
            title=visible_text(self.title) or self.slug,
            noninferiority_margin=self.margin,
            look_votes=list(self.look_votes or ()) or None,
            look_dates=list(self.look_dates or ()) or None,
            pair_named_at=timezone.now() if self.pair_is_named else None,
            **values,
            **self.heading,
            **self.stored_scope.fields,
            **asdict(self.options or RatingOptions()),
            **(self.people or PeopleOptions()).fields,
        )


def check_study(wanted: NewStudy) -> None:
    """Raise StudySetupError, which names a setting, if these settings make no study."""
    options = wanted.options or RatingOptions()
    checks.check_name(wanted.slug)
    checks.check_systems(wanted.systems)
    checks.check_quota(wanted.quota)
    checks.check_page(options.break_minutes, options.summary_format)
    checks.check_sampling(wanted.sampling, wanted.epsilon)
    checks.check_margin(wanted.margin)
    checks.check_criteria(wanted.criteria, wanted.own_criteria)
    check_scope(wanted.stored_scope, wanted.systems)
    checks.check_pair(wanted.small_system, wanted.large_system, wanted.systems)
    checks.check_looks(wanted.look_plan, wanted.small_system, wanted.large_system, wanted.closes_at)
    checks.check_dates(wanted.opens_at, wanted.closes_at)
    people = wanted.people or PeopleOptions()
    checks.check_gold_every(people.gold_every)
    checks.check_repeat_every(people.repeat_every)
    checks.check_consent(people.consent)
    people.questions()
    checks.check_columns(wanted.row())


def create_study(slug: str, dataset: Dataset, systems: Sequence[System], **settings: Unpack[StudySettings]) -> Study:
    """Create a study over these systems' summaries, open unless it is a draft; see NewStudy.

    Raises:
        StudySetupError: The settings make no study.
    """
    return store_study(NewStudy(slug, dataset, systems, **settings))


def store_once(wanted: NewStudy) -> tuple[Study, bool]:
    """Store the study of a form, or return the one that the same form has made; True if it is new.

    Raises:
        StudySetupError: The settings make no study.
    """
    if (made := _made_by_form(wanted)) is not None:
        return made, False
    try:
        return store_study(wanted), True
    except (IntegrityError, StudySetupError):
        # Another tab may have been faster: then the constraint refused this one, or the name is taken.
        if (made := _made_by_form(wanted)) is None:
            raise
        return made, False


def _made_by_form(wanted: NewStudy) -> Study | None:
    if wanted.form_key is None or wanted.created_by is None:
        return None
    return Study.objects.filter(created_by=wanted.created_by, form_key=wanted.form_key).first()


@transaction.atomic
def store_study(wanted: NewStudy) -> Study:
    """Store a study with its questions and first owner, and create its comparisons.

    Raises:
        StudySetupError: The settings make no study.
    """
    check_study(wanted)
    which, documents = scope_documents(wanted.dataset, wanted.stored_scope)
    study = wanted.row()
    study.which_documents = which
    for name, value in drawn_from(wanted.dataset, wanted.stored_scope).items():
        setattr(study, name, value)
    study.save()
    study.systems.set(wanted.systems)
    if which != WhichDocuments.ALL:
        study.documents.set(documents)
    Criterion.objects.bulk_create(
        Criterion(study=study, position=position, **asdict(question))
        for position, question in enumerate(wanted.questions)
    )
    if study.created_by is not None:
        Membership.objects.create(study=study, user=study.created_by, role=Membership.Role.OWNER)
    audit.record(study, study.created_by, AuditEntry.Action.CREATED, after=study.status)
    people = wanted.people or PeopleOptions()
    set_consent_text(study, people.consent, study.created_by)
    for moment, questions in people.questions().items():
        set_questions(study, moment, questions, study.created_by)
    build_comparisons(study)
    recount_pairs(study)
    return study
