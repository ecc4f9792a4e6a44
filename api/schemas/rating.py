"""Rating in a front end of one's own: what the rating page shows and sends, and nothing else."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict, model_validator

from annotations.models.remarks import LONGEST_REMARK
from annotations.web.forms.rating import DAY_MS
from api.schemas.common import BodySchema, SummaryFormat
from marks.models import LONGEST_COMMENT, LONGEST_KIND
from marks.web.forms import LONGEST_TEXT

Key = Annotated[UUID, Field(strict=False)]
Place = Annotated[int, Field(ge=0, le=2**31 - 1)]
Milliseconds = Annotated[int, Field(ge=0, le=DAY_MS)]
Choice = Literal["left", "right", "tie", "both_bad"]
Side = Literal["left", "right"]
Severity = Literal["minor", "major"]


class FromPage(Schema):
    """Copies named attributes from annotations.rating.page, so that nothing else leaves the site."""

    model_config = ConfigDict(from_attributes=True)


class TurnOut(FromPage):
    number: int
    speaker: str
    content: str
    start: str = Field(description="When it begins, as the page shows it, such as 1:02:03; empty where nobody knows.")


class ChoiceOut(FromPage):
    value: str = Field(description="left-1 means: choice left, strength 1.")
    label: str


class QuestionOut(FromPage):
    key: str
    text: str
    help_text: str
    answer: str = Field(description="As in choices; empty while unanswered.")


class PartOut(FromPage):
    text: str
    turns: list[int] | None = Field(description="That may support this sentence, best first; null: no sentence.")


class EvidenceOut(FromPage):
    """The parts of a summary make up its whole text."""

    left: list[PartOut]
    right: list[PartOut]


class KindOut(FromPage):
    key: str
    label: str
    help_text: str
    about: Literal["words", "whole"] = Field(description="whole: of what is missing from the whole summary.")


class MarkOut(FromPage):
    key: UUID = Field(description="The client_key of the mark.")
    side: Side
    kind: str
    severity: Severity
    start: int | None
    end: int | None
    text: str


class MarksOut(FromPage):
    required: bool = Field(description="A pair is rated once what loses has a mark, or nobody finds an error there.")
    kinds: list[KindOut]
    standing: list[MarkOut]
    lacking: list[Side] = Field(description="Sides that lose by the answers so far, and still lack a mark.")


class PairOut(FromPage):
    token: UUID = Field(description="Names this pair in votes and remarks.")
    title: str
    guidelines: str
    document_title: str
    language: str
    task: str
    turns: list[TurnOut]
    summary_format: SummaryFormat = Field(
        description="How to show left and right: rendered: as Markdown without links, images and HTML; else as text."
    )
    left: str
    right: str
    evidence: EvidenceOut | None
    questions: list[QuestionOut]
    choices: list[ChoiceOut]
    how_much: list[ChoiceOut]
    comments: Literal["off", "optional", "required"]
    comment: str
    break_minutes: int
    hold_seconds: int = Field(description="POST hold this often while the pair is shown, so that it stays yours.")
    can_undo: bool
    done: int
    total: int
    more_than: int = Field(description="So many are left at least, where total is not all; else 0.")
    practice: bool
    marks: MarksOut | None = Field(None, description="What may be marked, and is; null: the study asks for no marks.")


class NextOut(Schema):
    pair: PairOut | None
    why: Literal["", "left", "not_open", "waiting", "preparing", "done"] = Field(
        description="Why there is no pair. waiting: others hold the last ones; preparing: more is coming."
    )


class AheadIn(BodySchema):
    after: Key = Field(description="The token of the pair that is shown.")


class AheadOut(Schema):
    pair: PairOut | None


class VoteIn(BodySchema):
    token: Key
    criterion: Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=50)]
    choice: Choice
    client_key: Key = Field(description="Chosen by you for this answer: sent again, it is the same answer.")
    strength: Literal[1, 2] | None = Field(None, description="1 slightly, 2 much; with left and right only.")
    lead_time_ms: Milliseconds | None = None
    active_ms: Milliseconds | None = None


class RemarkIn(BodySchema):
    token: Key
    kind: Literal["comment", "problem", "skip"]
    reason: Literal["", "language", "subject", "broken", "identity", "private", "other"] = ""
    text: Annotated[str, Field(max_length=LONGEST_REMARK)] = ""
    client_key: Key


class MarkIn(BodySchema):
    """start, end and text together for words; all left out for the whole summary."""

    token: Key
    side: Side
    kind: Annotated[str, Field(max_length=LONGEST_KIND, description="The key of a kind of the pair.")]
    severity: Severity
    client_key: Key = Field(description="Chosen by you for this mark: sent again, it is the same mark.")
    start: Place | None = Field(None, description="In characters (code points) of the side's text as it was answered.")
    end: Place | None = Field(None, description="The first character behind the mark.")
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = Field("", description="What stands there.")
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] = Field(
        "", description="Why it is wrong, in your words."
    )

    @model_validator(mode="after")
    def _words_or_whole(self) -> "MarkIn":
        places = [self.start is not None, self.end is not None, bool(self.text)]
        if any(places) != all(places):
            raise ValueError("start, end and text belong together; give all three, or none for the whole summary.")
        return self


class TakeBackIn(BodySchema):
    token: Key
    mark: Key = Field(description="The client_key of the mark.")
    client_key: Key


class OfPairIn(BodySchema):
    token: Key


class UndoIn(BodySchema):
    client_key: Key


class RecordedOut(FromPage):
    complete: bool = Field(description="Every question about the pair is answered.")
    repeated: bool = Field(description="The same was saved before.")


class UndoneOut(Schema):
    token: UUID


class HeldOut(Schema):
    held: int


class AnswerOut(FromPage):
    question: str
    given: str
    expected: list[str]
    right: bool | None


class MarkFeedbackOut(FromPage):
    side: Side
    kind: str
    text: str
    found: bool


class FeedbackOut(FromPage):
    answers: list[AnswerOut]
    right: bool
    explanation: str
    marks: list[MarkFeedbackOut] = Field(description="What a careful reader marks, where the study asks for marks.")
