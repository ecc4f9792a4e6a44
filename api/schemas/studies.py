"""Studies, and who rates in them."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

from annotations.studies.setup import MARGIN
from api.gate.paging import PageQuery
from api.schemas.common import BodySchema, Instruction, Positive, Slug, SummaryFormat

Wanted = Literal["off", "optional", "required"]
AskMarks = Literal["off", "optional", "required"]
StudyStatus = Literal["draft", "open", "paused", "closed"]


class CriterionOut(Schema):
    key: str
    question: str
    help_text: str


class StudyProgress(Schema):
    """Gold and training pairs left out."""

    comparisons: int
    places: int = Field(description="Comparisons times the annotators each is to get.")
    rated: int


class StudyOut(Schema):
    slug: str
    title: str
    status: StudyStatus
    dataset: str
    instruction: str
    systems: list[str]
    criteria: list[CriterionOut]
    quota: int
    sampling: str
    guidelines: str
    allow_tie: bool
    allow_both_bad: bool
    strength: Wanted
    comments: Wanted
    ask_marks: AskMarks
    summary_format: SummaryFormat
    seed: int
    simulated: bool = Field(description="Its votes were drawn by a program, to show what results look like.")
    annotator_title: str
    margin: float | None = Field(description="Below one half; null: no verdict on small versus large.")
    small_system: str | None
    large_system: str | None
    look_votes: list[int] | None = Field(description="Planned looks, in votes between the two; null: none are planned.")
    look_dates: list[datetime] | None = Field(description="Planned looks at dates; null: none are planned.")
    look_maximum: int | None = Field(description="Votes between the two that are planned for looks at dates.")
    look_spending: str = Field(description="How strict early looks are.")
    pair_named_at: datetime | None = Field(description="When the two systems in question were named.")
    open_link: bool
    consent: str = Field(description="What annotators agree to; empty: nothing.")
    questions_before: list[str]
    questions_after: list[str]
    gold_every: int
    repeat_every: int
    ask_guess: bool
    completion_code: str
    completion_url: str
    opens_at: datetime | None
    closes_at: datetime | None
    created_at: datetime
    progress: StudyProgress


class StudyPage(Schema):
    items: list[StudyOut]
    next: str | None


class StudyQuery(PageQuery):
    status: StudyStatus | Literal[""] = ""
    dataset: Slug | Literal[""] = ""


class OwnCriterionIn(BodySchema):
    key: Annotated[str, Field(min_length=1, max_length=50)]
    question: Annotated[str, Field(min_length=1, max_length=200)]
    help_text: Annotated[str, Field(max_length=2_000)] = ""


Moment = Annotated[datetime, Field(strict=False)]
QuestionLines = Annotated[list[Annotated[str, Field(max_length=10_000)]], Field(max_length=20)]


class StudyIn(BodySchema):
    """A study over the summaries of these systems; docs/studies.md says what the settings mean."""

    slug: Slug
    dataset: Slug
    systems: Annotated[list[Slug], Field(min_length=2, max_length=500)]
    title: Annotated[str, Field(max_length=200)] = ""
    instruction: Instruction = "medium"
    criteria: Annotated[list[Slug], Field(max_length=50)] = ["overall"]
    own_criteria: Annotated[list[OwnCriterionIn], Field(max_length=50)] = []
    quota: Annotated[int, Field(ge=1, le=1000)] = 3
    guidelines: Annotated[str, Field(max_length=50_000)] = ""
    draft: bool = Field(False, description="Make it without opening it.")
    split: Annotated[str, Field(max_length=50)] = ""
    sample: Positive | None = Field(None, description="So many documents, drawn by the seed.")
    chosen: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=10_000)] = []
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 0
    anchor: Slug | None = None
    pairs_per_document: Positive | None = None
    sampling: Literal["even", "question", "adaptive", "directed"] = Field(
        "even", description="Which pairs come first; question: those of small_system and large_system."
    )
    epsilon: Annotated[float, Field(gt=0, le=1)] = 0.2
    allow_tie: bool = True
    allow_both_bad: bool = True
    strength: Wanted = "off"
    comments: Wanted = "optional"
    ask_marks: AskMarks = Field(
        "off",
        description="Whether annotators mark what is wrong in the summaries. required: one that loses has a mark, or "
        "they say that they find no error.",
    )
    break_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    summary_format: SummaryFormat = Field(
        "rendered", description="How annotators see the summaries: Markdown, text without markup, or as written."
    )
    annotator_title: Annotated[str, Field(max_length=200)] = Field("", description="Heading; empty: the usual one.")
    margin: Annotated[float, Field(gt=0, lt=0.5)] | None = Field(
        MARGIN, description="How far below one half the small system's share may lie; null: no verdict."
    )
    small_system: Slug | None = Field(None, description="The small system in question, named before any vote.")
    large_system: Slug | None = Field(None, description="What it is held against.")
    look_votes: Annotated[list[Positive], Field(min_length=2, max_length=10)] | None = Field(
        None, description="Planned looks: rising numbers of votes between the two; null: none are planned."
    )
    look_dates: Annotated[list[Moment], Field(min_length=2, max_length=10)] | None = Field(
        None, description="Planned looks at rising dates instead, with a time zone; null: none are planned."
    )
    look_maximum: Positive | None = Field(
        None, description="Of looks at dates: votes between the two that are planned, 20 or more."
    )
    look_spending: Literal["obrien-fleming", "pocock"] = Field(
        "obrien-fleming",
        description="How strict early looks are: obrien-fleming, hardly any claim early; pocock, alike.",
    )
    open_link: bool = Field(True, description="Whoever has the link can join.")
    consent: Annotated[str, Field(max_length=20_000)] = Field(
        "", description="What annotators agree to before their first pair; empty: nothing."
    )
    questions_before: QuestionLines = Field(
        [], description="About the person, before rating: text | question, choice | question | a; b, …"
    )
    questions_after: QuestionLines = Field([], description="About the person, after rating.")
    gold_every: Annotated[int, Field(ge=0, le=1000)] = Field(0, description="One gold item in so many pairs; 0: none.")
    repeat_every: Annotated[int, Field(ge=0, le=1000)] = Field(
        0, description="One pair in so many comes again to who rated it, sides swapped; 0: none."
    )
    ask_guess: bool = Field(False, description="Ask at the end which text was the large model's.")
    completion_code: Annotated[str, Field(max_length=50)] = Field("", description="Shown at the end, for a platform.")
    completion_url: Annotated[str, Field(max_length=200)] = Field("", description="Where annotators go at the end.")
    opens_at: Moment | None = Field(None, description="When rating begins, with a time zone; null: once it is open.")
    closes_at: Moment | None = Field(None, description="When rating ends; null: when it is closed.")


class StatusIn(BodySchema):
    change: Literal["open", "pause", "close"]


class AnnotatorIn(BodySchema):
    external_id: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="What your own front end calls this person; the same again is the same annotator."
    )
    expires_at: Moment | None = Field(None, description="End of the token; with a time zone.")


class AnnotatorOut(Schema):
    pseudonym: str
    rated: int
    left: bool
    excluded: bool


class AnnotatorPage(Schema):
    items: list[AnnotatorOut]
    next: str | None


class NewAnnotatorOut(Schema):
    pseudonym: str
    token: str = Field(description="Shown this once; asked again, another token is made.")
