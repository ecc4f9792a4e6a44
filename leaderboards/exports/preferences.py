"""Write votes as training data: which of two texts people preferred."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from annotations.models import Outcome
from leaderboards.exports.rows import ExportVote, Row, as_row
from leaderboards.exports.texts import Texts

# Fields of a vote that OpenAI's format has under other names.
HAVE_A_PLACE = {"document_id", "query", "model_a", "model_b", "winner", "judge"}
DECIDED = {Outcome.A.value, Outcome.B.value}
TIES = "ties and both bad: neither text was preferred"
UNDECIDED = "on pairs where no answer has more votes than each other one"
SAME_TEXT = "on pairs of equal texts"
TIES_WITHOUT_LABEL = "ties: they call neither text good nor bad"


class Counting(StrEnum):
    """How votes become training examples.

    MAJORITY: One for each comparison, the answer with more votes than each other answer. EACH: One for every vote.
    """

    MAJORITY = "majority"
    EACH = "each"


def majority(outcomes: Iterable[str]) -> str | None:
    """Return the answer given more often than each other one; None if there is none."""
    first, *others = Counter(outcomes).most_common(2)
    return None if others and others[0][1] == first[1] else first[0]


def results(votes: Iterator[ExportVote], counting: Counting, left_out: Counter[str]) -> Iterator[ExportVote]:
    """Yield each result as a vote. A majority needs the votes ordered by comparison."""
    if counting == Counting.EACH:
        yield from votes
        return
    for _, group in groupby(votes, key=lambda vote: vote.comparison):
        together = list(group)
        outcome = majority(vote.outcome for vote in together)
        if outcome is None:
            left_out[UNDECIDED] += len(together)
        else:
            yield together[0]._replace(outcome=outcome, votes=len(together))


def dpo_rows(results: Iterator[ExportVote], texts: Texts, left_out: Counter[str]) -> Iterator[Row]:
    """Yield rows in TRL's preference format with an explicit prompt."""
    for vote in texts.follow(results):
        a, b = texts.summary(vote.summary_a).text, texts.summary(vote.summary_b).text
        if vote.outcome not in DECIDED:
            left_out[TIES] += vote.votes
        elif a == b:
            left_out[SAME_TEXT] += vote.votes
        else:
            chosen, rejected = (a, b) if vote.outcome == Outcome.A else (b, a)
            yield {"prompt": texts.prompt(vote), "chosen": chosen, "rejected": rejected}


def kto_rows(results: Iterator[ExportVote], texts: Texts, left_out: Counter[str]) -> Iterator[Row]:
    """Yield rows in TRL's unpaired format: the preferred text is good, the other bad; after both_bad both are bad."""
    for vote in texts.follow(results):
        if vote.outcome == Outcome.TIE:
            left_out[TIES_WITHOUT_LABEL] += vote.votes
            continue
        prompt = texts.prompt(vote)
        for pk, side in ((vote.summary_a, Outcome.A), (vote.summary_b, Outcome.B)):
            yield {"prompt": prompt, "completion": texts.summary(pk).text, "label": vote.outcome == side}


def openai_rows(
    votes: Iterator[ExportVote],
    texts: Texts,
    left_out: Counter[str],
    *,
    study: str,
    dataset: str,
    flagged: frozenset[int],
) -> Iterator[Row]:
    """Yield comparisons as in OpenAI's summarize-from-feedback, in its form for CNN/DM articles.

    What it has no place for is in `extra`, so that the votes can be imported.
    """
    for vote in texts.follow(votes):
        if vote.outcome not in DECIDED:
            left_out[TIES] += 1
            continue
        meeting = texts.meeting(vote)
        info = {"id": vote.document_id, "site": dataset, "title": meeting.title, "article": meeting.text}
        yield {
            "info": info | ({"query": vote.query} if vote.query else {}),
            "summaries": [
                {"text": texts.summary(pk).text, "policy": model, "note": ""}
                for pk, model in ((vote.summary_a, vote.model_a), (vote.summary_b, vote.model_b))
            ],
            "choice": 0 if vote.outcome == Outcome.A else 1,
            "worker": vote.judge,
            "batch": study,
            "split": meeting.split,
            "extra": {name: value for name, value in as_row(vote, flagged).items() if name not in HAVE_A_PLACE},
        }
