"""See how often "No support found" falls on wrong sentences, and how often marked turns are the right ones.

    python -m benchmarks.marks.evidence --qmsum FOLDER [--meetings 24] [--seed 1] [--tables FOLDER]

FOLDER has QMSum's training part, one JSON file a meeting; the numbers of the method were chosen on the validation part.
Right sentences are those of human answers to questions about the meeting, each with the stretch of the transcript that
QMSum says it rests on. Wrong ones are made of them: a number is another, a speaker is another, what was said is denied;
or they are right about another meeting. --tables: the tables of benchmarks.marks.meeting_errors, whose summaries people
called hallucinated or not.
"""

import argparse
import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

QUESTIONS = 5  # of a meeting
OTHERS = 12  # sentences about other meetings, of a meeting
NUMBER = re.compile(
    r"\d+|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty|hundred)\b", re.I
)
NUMBERS = ("three", "seven", "eleven", "forty", "60", "85", "2,000")
SAID = re.compile(r"\b(would|should|could|is|was|were|are|can|will|did|had|has)\b(?! not|n't)")
WRONG = ("another number", "another speaker", "denied", "another meeting, of another kind", "another meeting, alike")


@dataclass(frozen=True)
class Told:
    """A sentence: what it is, of which meeting, whether turns were marked for it, and whether these are right.

    Attributes:
        best, some: Whether the best of the turns, or one of them, lies in the named stretch; None where there is none.
    """

    kind: str
    meeting: int
    flagged: bool
    best: bool | None = None
    some: bool | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qmsum", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--meetings", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    import django

    django.setup()
    rng = random.Random(options.seed)
    paths = sorted(options.qmsum.glob("*.json"))
    chosen = sorted(rng.sample(paths, min(options.meetings, len(paths))))
    meetings = [json.loads(path.read_text(encoding="utf-8")) for path in chosen]
    kinds = [kind_of(path.stem) for path in chosen]
    told = [one for number in range(len(meetings)) for one in tell(meetings, kinds, number, rng)]
    print("\n".join(report(told)), flush=True)
    if options.tables:
        print("\n".join(hallucinated(options.tables)))


def kind_of(name: str) -> str:
    """Return whether a meeting is about a product, of researchers, or of a committee, by the name of its file."""
    return "product" if name[:2] in ("ES", "IS", "TS") else "academic" if name[:1] == "B" else "committee"


def index_of(turns: Sequence[dict[str, str]]) -> Any:
    from annotations.evidence.alignment import TranscriptIndex
    from annotations.evidence.encoder import encoder_for

    return TranscriptIndex(turns, "en", encoder_for("en"))


def tell(meetings: list[dict[str, Any]], kinds: list[str], number: int, rng: random.Random) -> Iterator[Told]:
    """Find the evidence of one meeting's sentences, right and wrong ones."""
    meeting = meetings[number]
    index = index_of(meeting["meeting_transcripts"])
    speakers = sorted({turn["speaker"] for turn in meeting["meeting_transcripts"]})
    for query in rng.sample(meeting["specific_query_list"], min(QUESTIONS, len(meeting["specific_query_list"]))):
        stretches = [(int(first), int(last)) for first, last in query["relevant_text_span"]]
        for sentence in sentences(query["answer"]):
            turns = supporting(index, sentence)
            inside = [any(first <= turn - 1 <= last for first, last in stretches) for turn in turns]
            yield Told("right", number, not turns, *((inside[0], any(inside)) if turns else ()))
            for kind, changed in made_wrong(sentence, speakers, rng):
                yield Told(kind, number, not supporting(index, changed))
    for sentence in sentences(meeting["general_query_list"][0]["answer"]):
        yield Told("right, of a summary of the whole", number, not supporting(index, sentence))
    for alike, kind in ((False, WRONG[3]), (True, WRONG[4])):
        others = [i for i in range(len(meetings)) if i != number and (kinds[i] == kinds[number]) == alike]
        for sentence in drawn_sentences([meetings[i] for i in others], rng):
            yield Told(kind, number, not supporting(index, sentence))


def drawn_sentences(meetings: list[dict[str, Any]], rng: random.Random) -> list[str]:
    answers = [query["answer"] for meeting in meetings for query in meeting["specific_query_list"]]
    found = [sentence for answer in answers for sentence in sentences(answer)]
    return rng.sample(found, min(OTHERS, len(found)))


def sentences(text: str) -> list[str]:
    from lib.language import split_sentences, words

    return [sentence for sentence in split_sentences(text, "en") if len(words(sentence, "en")) > 3]


def supporting(index: Any, sentence: str) -> list[int]:
    """Return the turns that may support a sentence, from 1, best first."""
    return [support.turn for one in index.support(sentence) for support in one.support]


def made_wrong(sentence: str, speakers: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield the sentence with one thing wrong, once for each thing that it has."""
    if found := NUMBER.search(sentence):
        others = [number for number in NUMBERS if number.lower() != found[0].lower()]
        yield WRONG[0], sentence[: found.start()] + rng.choice(others) + sentence[found.end() :]
    named = [speaker for speaker in speakers if speaker in sentence]
    if named and len(speakers) > 1:
        yield WRONG[1], sentence.replace(named[0], rng.choice([other for other in speakers if other != named[0]]))
    if found := SAID.search(sentence):
        yield WRONG[2], f"{sentence[: found.end()]} not{sentence[found.end() :]}"


def report(told: list[Told]) -> Iterator[str]:
    yield f"{len({one.meeting for one in told})} meetings"
    for kind in ("right", "right, of a summary of the whole", *WRONG):
        rows = [one for one in told if one.kind == kind]
        yield f"no support found, {kind}: {share([one.flagged for one in rows], rows)}"
    marked = [one for one in told if one.best is not None]
    yield f"best turn in the stretch: {share([bool(one.best) for one in marked], marked)}"
    yield f"some turn in the stretch: {share([bool(one.some) for one in marked], marked)}"


def share(values: list[bool], rows: Sequence[Told]) -> str:
    """Return a share with its interval for other meetings."""
    from stats.judges.clustered import mean

    figure = mean(np.array(values, dtype=np.float64), np.array([one.meeting for one in rows]))
    if figure.value is None or figure.lower is None or figure.upper is None:
        return f"— ({figure.reason})"
    return f"{100 * figure.value:.0f} % ({100 * figure.lower:.0f} to {100 * figure.upper:.0f}), n = {figure.n}"


def hallucinated(folder: Path) -> Iterator[str]:
    """Hold the share of sentences without support against what people called hallucinated."""
    from benchmarks.marks.meeting_errors import read_table
    from stats.marks.seeing import Suspicions, seen

    tables = [read_table(path) for path in sorted(folder.glob("*_summaries.csv"))]
    texts = {row["Meeting"]: row["Input"] for table in tables for row in table}
    rows = []
    for number, (meeting, text) in enumerate(texts.items()):
        index = index_of([turn_of(line) for line in text.splitlines() if line.strip()])
        for row in (row for table in tables for row in table if row["Meeting"] == meeting):
            flags = [not supporting(index, sentence) for sentence in sentences(row["Predicted"])]
            if flags:
                rows.append((float(np.mean(flags)), row["Hallucination"].strip().lower() == "yes", number))
    suspicion, marked, document = (np.array(column) for column in zip(*rows, strict=True))
    result = seen(Suspicions(suspicion, marked, document, np.zeros(len(rows), dtype=np.int64)))
    yield f"summaries called hallucinated: {marked.sum()} of {len(rows)}, {100 * suspicion[marked].mean():.0f} % of"
    yield f"their sentences without support; of the others {100 * suspicion[~marked].mean():.0f} %"
    yield f"AUC {result.auc.value:.2f} ({result.auc.lower:.2f} to {result.auc.upper:.2f})"


def turn_of(line: str) -> dict[str, str]:
    speaker, colon, content = line.partition(" : ")
    return {"speaker": speaker, "content": content} if colon else {"speaker": "", "content": line}


if __name__ == "__main__":
    main()
