"""Make the questions about one document: transcript, texts without names, references, evidence, all read once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from annotations.models import SummaryEvidence
from judges.models import JudgeLanguage, JudgingJob, Verdict
from judges.prompts.blinding import blinded
from judges.prompts.fitting import fitted
from judges.prompts.question import Form, Question, prompt_of
from judges.rubrics.library import Rubric
from lib.language import normalise_language
from models_runner.adapters.longinput.truncate import Truncated
from models_runner.adapters.prompts import transcript_lines
from models_runner.adapters.protocol import Prompt, SummaryRequest, TextEngine, TransientAdapterError
from models_runner.datasets.references import fitting_references
from models_runner.models import Document, Summary

FIRST_SEED = 1
TURNS_A_SENTENCE = 2
TEXTS = (
    *("comparison__summary_a", "comparison__summary_b", "comparison__query"),
    *("summary_a__query", "summary_b", "summary__query"),
)
CHINESE = "zh"


@dataclass(frozen=True)
class AskedPrompt:
    """A question as the engine gets it.

    Attributes:
        form: How it is to be answered.
        dropped_tokens: Of the transcript, left out to fit the window.
    """

    prompt: Prompt
    form: Form
    dropped_tokens: int


class DocumentQuestions:
    """The questions of a job about one document. All of them show the same part of the transcript."""

    def __init__(self, job: JudgingJob, document: Document, engine: TextEngine) -> None:
        self.job, self.judge = job, job.judge
        self.document, self.engine = document, engine
        self.turns = document.transcript.turns
        self.names = [name for system in job.systems for name in (system.slug, system.name)]
        rows = Verdict.objects.filter(job=job, document=document).select_related("criterion", *TEXTS)
        self._rows = {row.pk: row for row in rows}
        self._blinded: dict[int, str] = {}

    def covers(self, rows: Iterable[Verdict]) -> bool:
        """Whether these questions were among the job's when this was made."""
        return all(row.pk in self._rows for row in rows)

    def ask(self, ids: Iterable[int]) -> list[AskedPrompt]:
        """Return the prompts of these questions. Raises AdapterError."""
        kept = self._transcript
        prompts = [self._prompt(self._rows[pk], kept.text) for pk in ids]
        return [AskedPrompt(prompt, form, kept.dropped_tokens) for prompt, form in prompts]

    @cached_property
    def language(self) -> str:
        wanted = self.judge.language
        if wanted == JudgeLanguage.DOCUMENT:
            wanted = CHINESE if normalise_language(self.document.language) == CHINESE else "en"
        return str(wanted)

    @cached_property
    def _transcript(self) -> Truncated:
        request = SummaryRequest(self.document.external_id, self.turns, self.document.language, "", "")
        # Both orders have the same length, and so have all samples.
        rows = [row for row in self._rows.values() if row.sample == 0 and row.shown_first in ("", "a")]
        builders = [partial(self._text_prompt, row) for row in rows or self._rows.values()]
        return fitted(transcript_lines(request), builders, self.engine, self.judge.keep)

    def _text_prompt(self, row: Verdict, transcript: str) -> Prompt:
        return self._prompt(row, transcript)[0]

    def _prompt(self, row: Verdict, transcript: str) -> tuple[Prompt, Form]:
        form = self._form()
        return prompt_of(self._question(row), form, transcript, seed=FIRST_SEED + row.sample), form

    def _form(self) -> Form:
        judge = self.judge
        if judge.scale_min is not None and judge.scale_max is not None:
            return Form(self.language, judge.reasoning, (), (judge.scale_min, judge.scale_max), judge.answer_tokens)
        return Form(self.language, judge.reasoning, self.job.letters, None, judge.answer_tokens)

    def _question(self, row: Verdict) -> Question:
        summaries = self._summaries(row)
        query = row.query
        references = self._references.get((self.document.pk, query.pk if query else None), [])
        return Question(
            texts=[self._blind(summary.pk, summary.text) for summary in summaries],
            rubric=self._rubrics[row.key][self.language],
            query=query.text if query else "",
            references=references[:1],
            evidence=[self._evidence_of(summary.pk) for summary in summaries] if self.judge.reads_evidence else None,
        )

    def _summaries(self, row: Verdict) -> list[Summary]:
        if row.pair is None:
            return [row.summary] if row.summary else []
        return list(row.pair if row.shown_first == "a" else row.pair[::-1])

    @property
    def _rubrics(self) -> Mapping[str, Rubric]:
        rubrics: Mapping[str, Rubric] = self.job.rubrics
        return rubrics

    def _blind(self, pk: int, text: str) -> str:
        if pk not in self._blinded:
            self._blinded[pk] = blinded(text, self.document.transcript.text, self.names)
        return self._blinded[pk]

    @cached_property
    def _references(self) -> Mapping[tuple[int, int | None], list[str]]:
        if not self.judge.reads_reference:
            return {}
        return fitting_references([self.document.pk], self.job.asked_instruction)

    @cached_property
    def _evidence(self) -> Mapping[int, Sequence[Mapping[str, Any]]]:
        current = SummaryEvidence.objects.current().filter(summary__document=self.document)
        return dict(current.values_list("summary_id", "spans"))

    def _evidence_of(self, summary: int) -> list[str]:
        if summary not in self._evidence:
            raise TransientAdapterError("The turns that may support this summary are not found yet.")
        spans = self._evidence[summary]
        numbers = sorted({turn["number"] for span in spans for turn in span["turns"][:TURNS_A_SENTENCE]})
        turns = [self.turns[number - 1] for number in numbers if number <= len(self.turns)]
        return [f"{turn['speaker']}: {turn['content']}" if turn["speaker"] else turn["content"] for turn in turns]
