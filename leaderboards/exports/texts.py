"""Read the texts that votes are about, prompts and summaries, for a few hundred votes at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from annotations.models import Study
from leaderboards.exports.rows import ExportVote
from lib.markup.counts import MarkupCounts, count_markup
from models_runner.adapters.prompts import DEFAULT_TEMPLATE
from models_runner.datasets.instructions import instruction_text, texts_of
from models_runner.models import Document, Summary, Transcript

VOTES_AT_ONCE = 200


@dataclass(frozen=True)
class SummaryText:
    """A summary as written."""

    text: str
    output_tokens: int | None

    @cached_property
    def markup(self) -> MarkupCounts:
        return count_markup(self.text)


class Meeting(NamedTuple):
    """A transcript with what formats write about it."""

    text: str
    language: str
    title: str
    split: str


class Texts:
    """The texts of the votes that `follow` yielded last; no others are held."""

    def __init__(self, study: Study) -> None:
        self._kind = study.instruction
        self._wordings: dict[int, dict[str, str]] = {}
        self._summaries: dict[int, SummaryText] = {}
        self._meetings: dict[int, Meeting] = {}

    def follow(self, votes: Iterable[ExportVote]) -> Iterator[ExportVote]:
        """Yield the same votes; the texts of each can be read until the next one is asked for."""
        iterator = iter(votes)
        while chunk := list(islice(iterator, VOTES_AT_ONCE)):
            self._summaries = self._read_summaries({pk for vote in chunk for pk in (vote.summary_a, vote.summary_b)})
            self._meetings = self._read_meetings({vote.document for vote in chunk})
            yield from chunk

    def _read_summaries(self, wanted: set[int]) -> dict[int, SummaryText]:
        kept = {pk: text for pk, text in self._summaries.items() if pk in wanted}
        rows = Summary.objects.filter(pk__in=wanted - kept.keys()).order_by()
        read = rows.values_list("pk", "text", "output_tokens")
        return kept | {pk: SummaryText(text, tokens) for pk, text, tokens in read}

    def _read_meetings(self, wanted: set[int]) -> dict[int, Meeting]:
        kept = {pk: meeting for pk, meeting in self._meetings.items() if pk in wanted}
        missing = wanted - kept.keys()
        about = Document.objects.in_bulk(missing) if missing else {}
        for transcript in Transcript.objects.filter(pk__in=missing).only("turns").iterator(20):
            document = about[transcript.pk]
            kept[transcript.pk] = Meeting(transcript.text, document.language, document.title, document.split)
        return kept

    def summary(self, pk: int) -> SummaryText:
        return self._summaries[pk]

    def meeting(self, vote: ExportVote) -> Meeting:
        return self._meetings[vote.document]

    def prompt(self, vote: ExportVote) -> str:
        """Return the prompt of both summaries: the transcript, then the instruction in the meeting's language.

        Systems have templates of their own and may read a long meeting in parts, so no prompt that one model saw is
        the prompt of both summaries.
        """
        wording = self._wordings.get(vote.instruction_version)
        if wording is None:
            wording = self._wordings[vote.instruction_version] = texts_of(self._kind, vote.instruction_version)
        meeting = self.meeting(vote)
        instruction = instruction_text(wording, meeting.language, vote.query or "")
        before, _, after = DEFAULT_TEMPLATE.partition("{transcript}")
        return before + meeting.text + after.replace("{instruction}", instruction)
