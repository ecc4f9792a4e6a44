"""The texts behind votes: prompts and summaries, read for a few hundred votes at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from annotations.models import Study
from leaderboards.exports.rows import ExportVote
from models_runner.adapters.prompts import DEFAULT_TEMPLATE
from models_runner.datasets.instructions import instruction_text, texts_of
from models_runner.models import Document, Summary, Transcript

VOTES_AT_ONCE = 200


class SummaryText(NamedTuple):
    text: str
    output_tokens: int | None


class Meeting(NamedTuple):
    text: str
    language: str
    title: str
    split: str


class Texts:
    """Holds the texts of the votes that `follow` gave out last, and of no others."""

    def __init__(self, study: Study) -> None:
        self._kind = study.instruction
        self._wordings: dict[int, dict[str, str]] = {}
        self._summaries: dict[int, SummaryText] = {}
        self._meetings: dict[int, Meeting] = {}

    def follow(self, votes: Iterable[ExportVote]) -> Iterator[ExportVote]:
        """The same votes, each with its texts at hand while it is looked at."""
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
        """What both summaries were asked for: the transcript, then the instruction in the meeting's language.

        Systems have templates of their own and may read a long meeting in parts, so no prompt that a model saw is
        the prompt of both summaries; this one is.
        """
        wording = self._wordings.get(vote.instruction_version)
        if wording is None:
            wording = self._wordings[vote.instruction_version] = texts_of(self._kind, vote.instruction_version)
        meeting = self.meeting(vote)
        instruction = instruction_text(wording, meeting.language, vote.query or "")
        before, _, after = DEFAULT_TEMPLATE.partition("{transcript}")
        return before + meeting.text + after.replace("{instruction}", instruction)
