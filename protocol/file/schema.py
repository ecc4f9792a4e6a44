"""The schema of a protocol: every key with its kind, default and meaning, as docs/protocol.md lists them.

A default is part of the format: another default would change what older files mean, and is another version.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from annotations.models import AskMarks, LookSpending, Sampling, SummaryFormat, Wanted
from annotations.models.studies import DEFAULT_TITLE
from models_runner.importing.readers.registry import FORMATS
from models_runner.importing.reading import AUTO, Missing
from models_runner.metrics.registry import METRICS
from models_runner.models import FineTuning, InstructionKind, Regime
from models_runner.runs.lifecycle import DEFAULT_METRICS
from stats.decisions.sampling import EPSILON

VERSION = 1
DIGEST = "sha256:"


def _one_of(known: Iterable[str]) -> AfterValidator:
    """known: Read when a value is checked, because packages may add to it."""

    def check(value: str) -> str:
        names = [str(name) for name in known]
        if value not in names:
            raise PydanticCustomError("choice", "expected one of {known}.", {"known": ", ".join(names)})
        return value

    return AfterValidator(check)


def _that(holds: Callable[[Any], bool], expected: str) -> AfterValidator:
    def check(value: Any) -> Any:
        if not holds(value):
            raise PydanticCustomError("expected", "expected {expected}.", {"expected": expected})
        return value

    return AfterValidator(check)


Name = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=100)]
Line = Annotated[str, Field(max_length=200)]
Whole = Annotated[int, Field(ge=0, le=2_147_483_647)]
Count = Annotated[int, Field(ge=1, le=2_147_483_647)]
Kind = Annotated[str, _one_of(InstructionKind.values)]
Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$")]
Asked = Annotated[str, _one_of(Wanted.values)]


class Part(BaseModel):
    """A part of the file: unknown keys and values of another kind are refused."""

    # Built when a file is first read: most processes read none.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Source(Part):
    """Files of a dataset, and how they are read."""

    path: str = Field(
        default="", description="A file, folder or .zip, from this file's folder. Empty: nobody wrote it down."
    )
    format: Annotated[str, _one_of(FORMATS)] = Field(default=AUTO, description="As in import_dataset; auto finds it.")
    map: dict[str, list[str]] = Field(default={}, description="Which column is which field of a record.")
    split: str = Field(default="", max_length=50, description="Of documents that name none.")
    language: str = Field(default="en", max_length=60, description="Of documents that name none.")
    encoding: str = Field(default="", max_length=50, description="Of text files that are not UTF-8.")
    sheet: str = Field(default="", max_length=200, description="Of a workbook with several.")
    missing: Annotated[str, _one_of([kind.value for kind in Missing])] = Field(
        default=Missing.ASK.value, description="What a cell such as nan is."
    )
    licence: Line = Field(default="", description="Of documents that name none.")
    redistributable: bool | None = Field(default=None, description="Whether releases may hold texts that do not say.")


class DatasetPart(Part):
    """A dataset: where its documents come from, and what they are."""

    content: Digest = Field(default="", description="Fingerprint of all texts; refused if the documents are others.")
    documents: Whole | None = Field(default=None, description="How many there are.")
    sources: list[Source] = Field(default=[], description="In the order of the import.")


class SystemPart(Part):
    """A system, as in a file of systems (docs/adapters.md)."""

    name: Line = Field(description="For researchers.")
    adapter: str = Field(description="What runs it.")
    regime: Annotated[str, _one_of(Regime.values)] = Field(description="How it came to its task.")
    model_id: str = Field(default="", max_length=300, description="Weights: a folder, a file, a package or a hub id.")
    revision: str = Field(default="", max_length=100, description="Of the weights.")
    parameters: Annotated[int, Field(ge=1, le=10**15)] | None = Field(default=None, description="Of the model.")
    context_window: Count | None = Field(default=None, description="Tokens, prompt and output together.")
    prompt_template: str = Field(default="", description="With {instruction} and {transcript}.")
    decoding: dict[str, Any] = Field(default={}, description="Output limits, temperature, seed and the like.")
    long_input: dict[str, Any] = Field(default={}, description="What happens to a transcript that does not fit.")
    engine: dict[str, Any] = Field(default={}, description="Settings of the engine; a key by the name of its variable.")
    base: str = Field(default="", max_length=100, description="The system whose weights it was tuned from.")
    price: dict[str, float] = Field(
        default={}, description="US dollars: input, output (a million tokens), hour; batch: part of it, in batches."
    )
    licence: Line = Field(default="", description="Of the weights.")
    about: str = Field(default="", description="For readers of results.")


class FineTuningPart(Part):
    """A fine-tuning; its name is the new system's."""

    base: Name = Field(description="The system to start from.")
    dataset: Name = Field(description="What it learns from.")
    split: str = Field(default="", max_length=50, description="Documents to learn from; empty: all.")
    validation_split: str = Field(
        default="", max_length=50, description="Documents to watch; empty: a tenth, held out."
    )
    instruction: Annotated[str, _one_of(FineTuning.Lengths.values)] = Field(
        default=FineTuning.Lengths.ALL.value, description="What is asked for."
    )
    method: Annotated[str, _one_of(FineTuning.Method.values)] = Field(
        default=FineTuning.Method.LORA.value, description="Which weights change."
    )
    settings: dict[str, int | float] = Field(default={}, description="As in docs/finetuning.md.")


class SummariesPart(Part):
    """Summaries that were written elsewhere."""

    dataset: Name = Field(description="What they are summaries of.")
    path: str = Field(default="", description="A file, from this file's folder. Empty: nobody wrote it down.")
    system: str = Field(default="", max_length=100, description="Of lines that name none.")
    instruction: Kind = Field(default=InstructionKind.MEDIUM.value, description="Of lines that name none.")
    regime: Annotated[str, _one_of(Regime.values)] = Field(
        default=Regime.ZERO_SHOT.value, description="Of systems that are new."
    )
    content: Digest = Field(default="", description="Fingerprint of the summaries, where there is no path.")


class RunsPart(Part):
    """Summaries that systems write here: each system, under each instruction."""

    dataset: Name = Field(description="What is summarized.")
    split: str = Field(default="", max_length=50, description="Empty: every split.")
    instructions: list[Kind] = Field(min_length=1, description="One run each.")
    systems: list[Name] = Field(min_length=1, description="One run each.")
    limit: Count | None = Field(default=None, description="Only the first documents.")
    force: bool = Field(default=False, description="Also documents that a system was trained on; marked on boards.")


class DocumentsPart(Part):
    """Which documents people compare."""

    split: str = Field(default="", max_length=50, description="Empty: every split.")
    sample: Count | None = Field(default=None, description="How many to draw by the seed.")
    chosen: list[str] = Field(default=[], description="Ids; not together with sample.")


class PairsPart(Part):
    """Which pairs of systems people compare."""

    anchor: str = Field(default="", max_length=100, description="Compare this system with each other one only.")
    per_document: Count | None = Field(default=None, description="How many pairs of each document to draw by the seed.")


class CriterionPart(Part):
    """A question about a pair."""

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")] = Field(description="Its short name.")
    question: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="What annotators are asked.")
    help: str = Field(default="", description="Below the question.")


class StudyPart(Part):
    """The study in which people compare."""

    slug: Name = Field(description="Its name in addresses and commands.")
    title: Line = Field(default="", description="For researchers; empty: the slug.")
    annotator_title: Line = Field(default=str(DEFAULT_TITLE), description="The heading annotators see.")
    dataset: Name = Field(description="Whose documents.")
    instruction: Kind = Field(description="Which summaries.")
    systems: list[Name] = Field(min_length=2, description="Which systems.")
    documents: DocumentsPart = Field(default=DocumentsPart(), description="Which documents.")
    pairs: PairsPart = Field(default=PairsPart(), description="Which pairs.")
    seed: Whole = Field(default=0, description="Draws documents and pairs.")
    criteria: list[CriterionPart] = Field(min_length=1, description="Names of the library, or questions of your own.")
    quota: Annotated[int, Field(ge=1, le=1000)] = Field(description="Annotators for each pair.")
    sampling: Annotated[str, _one_of(Sampling.values)] = Field(
        default=Sampling.EVEN.value, description="Which pairs come first."
    )
    epsilon: Annotated[float, Field(gt=0, le=1)] = Field(
        default=EPSILON, description="Share drawn evenly, if pairs are drawn."
    )
    guidelines: str = Field(default="", description="For annotators, in Markdown.")
    summary_format: Annotated[str, _one_of(SummaryFormat.values)] = Field(
        default=SummaryFormat.RENDERED.value, description="How summaries are shown."
    )
    allow_tie: bool = Field(default=True, description="“Equally good” is an answer.")
    allow_both_bad: bool = Field(default=True, description="“Both bad” is an answer.")
    strength: Asked = Field(default=Wanted.OFF.value, description="Slightly or much better.")
    comments: Asked = Field(default=Wanted.OPTIONAL.value, description="A comment on each pair.")
    ask_marks: Annotated[str, _one_of(AskMarks.values)] = Field(
        default=AskMarks.OFF.value,
        description="Annotators mark what is wrong in the summaries; required: in one that loses.",
    )
    break_minutes: Annotated[int, Field(ge=0, le=1440)] = Field(
        default=0, description="Suggest a break after; 0: never."
    )
    gold_every: Annotated[int, Field(ge=0, le=1000), _that(lambda n: n != 1, "0 for none, or 2 or more")] = Field(
        default=0, description="One gold item in so many pairs; 0: none."
    )
    repeat_every: Annotated[int, Field(ge=0, le=1000), _that(lambda n: n != 1, "0 for none, or 2 or more")] = Field(
        default=0, description="One pair in so many comes again, sides swapped; 0: none."
    )
    ask_guess: bool = Field(default=False, description="Ask at the end which text was the large model's.")
    open_link: bool = Field(default=True, description="Whoever has the link can join.")
    consent: str = Field(default="", description="What annotators agree to before their first pair.")
    questions_before: list[str] = Field(default=[], max_length=20, description="About the person, before rating.")
    questions_after: list[str] = Field(default=[], max_length=20, description="About the person, after rating.")
    opens_at: str = Field(default="", max_length=40, description="When rating begins, such as 2026-12-01T09:00:00Z.")
    closes_at: str = Field(default="", max_length=40, description="When rating ends.")
    completion_code: str = Field(default="", max_length=50, description="Shown at the end, for a platform.")
    completion_url: Line = Field(default="", description="Where annotators go at the end.")
    draft: bool = Field(default=False, description="Do not open it for rating yet.")


class AnalysisPart(Part):
    """The planned analysis; its fingerprint goes on record before the first vote."""

    margin: Annotated[float, Field(gt=0, lt=0.5)] | None = Field(
        description="How far below one half the small system's share may lie; null: no verdict."
    )
    small_system: str = Field(default="", max_length=100, description="The small system in question; empty: the best.")
    large_system: str = Field(default="", max_length=100, description="What it is held against; empty: the best.")
    looks: list[Count] = Field(
        default=[],
        max_length=10,
        description="Votes between the two, after each of which the site looks; none: no looks.",
    )
    look_dates: list[Annotated[str, Field(max_length=40)]] = Field(
        default=[],
        max_length=10,
        description="Dates at which the site looks instead, such as 2026-12-01T17:00:00Z; none: no looks at dates.",
    )
    look_maximum: Count | None = Field(
        default=None, description="Of looks at dates: votes between the two that are planned by the last one."
    )
    look_spending: Annotated[str, _one_of(LookSpending.values)] = Field(
        default=LookSpending.OBRIEN_FLEMING.value, description="How strict early looks are."
    )
    criterion: str = Field(default="", max_length=50, description="The question that decides; empty: the first.")
    exclusion: str = Field(default="", description="Whose votes are left out, in words.")
    stopping: str = Field(default="", description="When rating ends, in words.")
    notes: str = Field(default="", description="What else was decided beforehand.")


class Protocol(Part):
    """A whole study."""

    punchweight_protocol: Literal[1] = Field(description="The version of this format.")
    about: str = Field(default="", description="What this study is, for readers of the file.")
    datasets: dict[Name, DatasetPart] = Field(min_length=1, description="By name.")
    systems: dict[Name, SystemPart] = Field(
        default={}, description="By name; the word catalogue takes the site's own entry."
    )
    finetunings: dict[Name, FineTuningPart] = Field(default={}, description="By the new system's name.")
    instructions: dict[Kind, dict[str, Annotated[str, Field(min_length=1)]]] = Field(
        default={}, description="The words, by kind and language; left out: the site's own."
    )
    summaries: list[SummariesPart] = Field(default=[], description="Summaries that were written elsewhere.")
    runs: list[RunsPart] = Field(default=[], description="Left out: what the study needs.")
    metrics: list[Annotated[str, _one_of(METRICS)]] = Field(
        default=list(DEFAULT_METRICS), description="Computed for all summaries."
    )
    study: StudyPart = Field(description="What people compare.")
    analysis: AnalysisPart = Field(description="What will be made of it.")
