"""Read an evaluation with people's votes and judges' verdicts from a folder."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stats.judges.arrays import NO_VERDICT, Items, OrderRule, PeopleVotes, Verdicts, answers
from stats.votes.arrays import SWAPPED, FloatArray, OutcomeCode

WINNERS = {
    "model_a": OutcomeCode.A,
    "model_b": OutcomeCode.B,
    "tie": OutcomeCode.TIE,
    "both_bad": OutcomeCode.BOTH_BAD,
    "tie (bothbad)": OutcomeCode.BOTH_BAD,
    "tie (inconsistent)": OutcomeCode.TIE,
}
DOCUMENT_FIELDS = ("document_id", "item_id", "question_id", "document")


class UnknownFolderError(ValueError):
    """A folder in which no evaluation was found; the message says what was looked for."""


@dataclass(frozen=True)
class Evaluation:
    """One evaluation.

    Attributes:
        items, votes: What was compared, and people's answers.
        shares: Each judge's share of a by item, NaN without verdict, shape (n_items, k).
        judges: Their names.
        metrics: Differences a minus b of each metric, NaN where unknown, shape (n_items, m).
        metric_names: Their names.
        systems: Names of the systems.
    """

    items: Items
    votes: PeopleVotes
    shares: FloatArray
    judges: tuple[str, ...]
    metrics: FloatArray
    metric_names: tuple[str, ...]
    systems: tuple[str, ...]


@dataclass
class Rows:
    """Rows as they are read, all seen from the system whose name comes first."""

    items: dict[tuple[str, str, str], int] = field(default_factory=dict)
    votes: dict[tuple[int, str], int] = field(default_factory=dict)
    verdicts: dict[str, list[tuple[int, int, bool, int, float]]] = field(default_factory=lambda: defaultdict(list))
    scores: dict[tuple[str, str, str], float] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    against: dict[str, str] = field(default_factory=dict)

    def item(self, document: str, a: str, b: str) -> int:
        """Number the pair of two systems' summaries."""
        first, second = sorted((a, b))
        return self.items.setdefault((document, first, second), len(self.items))

    def vote(self, document: str, a: str, b: str, outcome: int, person: str) -> None:
        """Add a person's answer; a later one counts."""
        self.votes[self.item(document, a, b), person] = _seen(outcome, a, b)

    def verdict(
        self,
        document: str,
        a: str,
        b: str,
        outcome: int,
        judge: str,
        *,
        a_first: bool = True,
        sample: int = 0,
        share: float = np.nan,
    ) -> None:
        """Add a judge's verdict."""
        turned = a > b
        item, told = self.item(document, a, b), 1 - share if turned else share
        self.verdicts[judge].append((item, _seen(outcome, a, b), a_first != turned, sample, told))

    def evaluation(self) -> Evaluation:
        """Make arrays of the items that people voted on, or judges gave verdicts on."""
        keys = list(self.items)
        documents = _numbers([key[0] for key in keys])
        names = sorted({name for key in keys for name in key[1:]})
        place = {name: i for i, name in enumerate(names)}
        a, b = (np.array([place[key[side]] for key in keys], dtype=np.int64) for side in (1, 2))
        items = Items(a, b, documents)
        people = _numbers([person for _, person in self.votes])
        item = np.array([i for i, _ in self.votes], dtype=np.int64)
        votes = PeopleVotes(item, people, np.array(list(self.votes.values()), dtype=np.int64))
        judges, metrics = tuple(sorted(self.verdicts)), tuple(sorted({key[2] for key in self.scores}))
        shares = [self._shares(self.verdicts[judge], len(keys)) for judge in judges]
        gaps = [self._gaps(keys, metric) for metric in metrics]
        empty = np.zeros((len(keys), 0))
        return Evaluation(
            items,
            votes,
            np.column_stack(shares) if shares else empty,
            judges,
            np.column_stack(gaps) if gaps else empty,
            metrics,
            tuple(names),
        )

    def _shares(self, rows: list[tuple[int, int, bool, int, float]], n: int) -> FloatArray:
        item, outcome, first, sample, share = (np.array(column) for column in zip(*rows, strict=True))
        verdicts = Verdicts(item, outcome, first, sample, share.astype(np.float64))
        return answers(verdicts, n, OrderRule.MEAN).share

    def _gaps(self, keys: list[tuple[str, str, str]], metric: str) -> FloatArray:
        nothing = float("nan")
        return np.array(
            [self.scores.get((d, a, metric), nothing) - self.scores.get((d, b, metric), nothing) for d, a, b in keys]
        )


def read_evaluation(folder: Path, criterion: str = "", *, texts: bool = False) -> Evaluation:
    """Read the evaluation of a folder: PandaLM's test set, or votes, verdicts, scores and texts as JSON Lines.

    texts: Score texts by ROUGE-L and BERTScore, against references where there are some.
    Raises:
        UnknownFolderError: Neither is there, or nobody voted.
    """
    rows = Rows()
    if (folder / "testset-v1.json").exists():
        _read_pandalm(folder, rows)
    else:
        _read_lines(folder, rows, criterion)
    if not rows.votes:
        raise UnknownFolderError(
            f"No votes in {folder}. Expected testset-v1.json (PandaLM), or *.jsonl with rows of votes (document_id, "
            "model_a, model_b, winner, annotator), verdicts (judge, shown_first) or scores (judge, system, score)."
        )
    if texts:
        from benchmarks.replays.text_metrics import text_scores

        rows.scores |= text_scores(rows.texts, rows.against)
    return rows.evaluation()


def _read_pandalm(folder: Path, rows: Rows) -> None:
    """Read three people's answers, and those of each judge in a file of its own, by position."""
    codes = {"1": OutcomeCode.A, "2": OutcomeCode.B, "0": OutcomeCode.TIE, "tie": OutcomeCode.TIE}
    pairs = json.loads((folder / "testset-v1.json").read_text(encoding="utf-8"))
    asked = []
    for row in pairs:
        document = f"{row['instruction']}\n{row['input']}"
        a, b = row["cmp_key"].split("_", 1)
        asked.append((document, a, b))
        rows.against[document] = document
        rows.texts |= {(document, system): str(row.get(f"response{n}", "")) for n, system in ((1, a), (2, b))}
        for person in sorted(key for key in row if key.startswith("annotator")):
            rows.vote(document, a, b, codes[str(row[person])], person)
    for path in sorted(folder.glob("*-testset-v1.json")):
        judge = path.name.removesuffix("-testset-v1.json")
        for (document, a, b), row in zip(asked, json.loads(path.read_text(encoding="utf-8")), strict=True):
            said = next(str(value) for key, value in row.items() if key.endswith("_result")).lower()
            rows.verdict(document, a, b, codes.get(said, NO_VERDICT), judge)


def _read_lines(folder: Path, rows: Rows, criterion: str) -> None:
    """Read rows of votes, verdicts and scores; those of the commonest criterion if none is named."""
    paths = [*sorted(folder.glob("*.jsonl")), *sorted(folder.glob("*.json"))]
    lines = [{"file": path.stem.lower(), **row} for path in paths for row in _lines(path)]
    criteria = Counter(str(row.get("criterion", "")) for row in lines)
    wanted = criterion or (criteria.most_common(1)[0][0] if criteria else "")
    for row in lines:
        if str(row.get("criterion", "")) in ("", wanted):
            _read_row(row, rows)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        if path.suffix == ".json":
            yield from json.load(file)
            return
        for line in file:
            if line.strip():
                yield json.loads(line)


def _read_row(row: dict[str, Any], rows: Rows) -> None:
    """Read a row by its fields."""
    document = next((str(row[name]) for name in DOCUMENT_FIELDS if row.get(name) is not None), "")
    document += f"\n{row.get('query') or ''}\n{row.get('turn', '')}"
    judge = row.get("judge")
    if "score" in row:
        rows.scores[document, str(row["system"]), str(judge)] = float(row["score"])
        return
    if "text" in row:
        _read_text(document, row, rows)
        return
    a, b = str(row["model_a"]), str(row["model_b"])
    outcome = WINNERS.get(str(row["winner"]).lower(), NO_VERDICT)
    person = row.get("annotator") or (judge if _of_a_person(row) else None)
    if person is not None:
        if outcome != NO_VERDICT:
            rows.vote(document, a, b, outcome, str(person))
        return
    chance, tie = row.get("p_a"), row.get("p_tie") or 0
    share = float("nan") if chance is None else float(chance) + float(tie) / 2
    name = str(judge[0]) if isinstance(judge, list) else str(judge)
    first, sample = row.get("shown_first", "a") == "a", int(row.get("sample") or 0)
    rows.verdict(document, a, b, outcome, name, a_first=first, sample=sample, share=share)


def _read_text(document: str, row: dict[str, Any], rows: Rows) -> None:
    """Read a text: of a system; or of a reference, which goes before what the texts are about, without a system."""
    if row.get("system"):
        rows.texts[document, str(row["system"])] = str(row["text"])
    elif row.get("reference") or document not in rows.against:
        rows.against[document] = str(row["text"])


def _of_a_person(row: dict[str, Any]) -> bool:
    """Tell whether the judge of a row is a person: by its type, by its file's name, or by what only verdicts have."""
    if isinstance(row.get("judge"), list) or row.get("judge_type"):
        return row.get("judge_type") == "human"
    if "vote" in row["file"] or "human" in row["file"]:
        return True
    return "verdict" not in row["file"] and "shown_first" not in row


def _seen(outcome: int, a: str, b: str) -> int:
    """See an outcome from the system whose name comes first."""
    return int(SWAPPED[outcome]) if a > b and outcome != NO_VERDICT else int(outcome)


def _numbers(names: list[str]) -> Any:
    """Number names from 0 in the order in which they come."""
    place: dict[str, int] = {}
    return np.array([place.setdefault(name, len(place)) for name in names], dtype=np.int64)
