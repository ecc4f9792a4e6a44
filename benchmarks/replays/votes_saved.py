"""Replay a real evaluation with fewer of its votes: how many does a judge save?

    python -m benchmarks.replays.votes_saved FOLDER [--criterion C] [--replays 40] [--reference N] [--seed 1]
                                     [--simulated-judge 0.8] [--texts] [--json FILE]

FOLDER holds PandaLM's test set (testset-v1.json and a file of verdicts for each judge), or JSON Lines with rows of
votes (document_id, query?, criterion, model_a, model_b, winner, annotator), of verdicts (judge, shown_first, p_a?,
sample?) and of scores (judge, system, score), as `import_verdicts` reads them; scores count as metrics. With --texts so
do ROUGE-L and BERTScore of the texts, which are rows too (document_id, system, text), against a reference (document_id,
text, reference: true) or else what they are about (document_id, text). All votes of the evaluation are the truth.

A replay draws votes in a random order, rates the systems after some of them, and reads the mean width of the 95 %
intervals of all differences and the share of pairs of systems told apart rightly. Shown is how many votes each way
needs for the width, and for the decisions, that `--reference` votes of people alone give (a third of the pairs if not
set), as mean curves over replays; intervals from replays drawn again.

- document by document: documents at random, all their pairs, each by one of its people.
- scattered: pairs at random over all documents, which in a study means to read a document again and again.
- adaptive: the pair of systems by the rule of adaptive studies, its votes at random over all documents.
- helped by ...: the same votes, and the verdicts on all pairs (stats/judges/helped.py).
- directed: the documents on which judges are unsure or disagree more often, whole, weighed by chances.

--simulated-judge A adds a judge that says what a random person says, or else a random other answer, so that it agrees
with a share A of people's votes; what comes of it is marked as simulated.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from tabulate import tabulate

from benchmarks.replays.reading import Evaluation, read_evaluation
from benchmarks.replays.replay import Drawn, Reading, adaptive, alone, by_document, looked_for, scattered, with_help
from stats.judges.agreement import agreement
from stats.judges.arrays import NO_VERDICT, ItemAnswers
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.votes.arrays import A_SHARE, BoolArray, FloatArray, OutcomeCode

POINTS = 8
LEAST_VOTES = 40
RESAMPLES = 400
UNIFORM = "people alone, document by document"

Way = Callable[[np.random.Generator, dict[str, Drawn], int], Reading | None]


def budgets(data: Evaluation) -> list[int]:
    """Give the numbers of votes after which a replay looks, up to one vote on each pair."""
    most = len(np.unique(data.votes.item))
    return sorted({round(n) for n in np.geomspace(min(LEAST_VOTES, most / 4), most, POINTS)})


def ways(data: Evaluation) -> dict[str, Way]:
    """Give the ways of drawing and helping, by name."""
    truth = fit_bradley_terry(_all_votes(data))
    verdicts = 2 * data.shares - 1

    def drawn_alike(read: Callable[[Evaluation, Drawn, FloatArray], Reading | None], kind: str) -> Way:
        return lambda _, drawn, n: read(data, Drawn(drawn[kind].vote[:n]), truth)

    def directed_by(read: Callable[[Evaluation, Drawn, FloatArray], Reading | None]) -> Way:
        return lambda rng, _, n: read(data, looked_for(data, data.shares, n, rng), truth)

    found = {
        UNIFORM: drawn_alike(alone, "uniform"),
        "people alone, scattered": drawn_alike(alone, "scattered"),
        "people alone, adaptive": drawn_alike(alone, "adaptive"),
    }
    for predictors, judges, name in _helpers(data, verdicts):
        found[f"helped by {name}"] = drawn_alike(with_help(predictors, judges), "uniform")
    if len(data.judges):
        everything = np.column_stack([verdicts, data.metrics])
        by_all = with_help(everything, np.arange(everything.shape[1]) < len(data.judges))
        found["helped by everything, scattered"] = drawn_alike(by_all, "scattered")
        found["helped by everything, directed"] = directed_by(by_all)
    return found


def _helpers(data: Evaluation, verdicts: FloatArray) -> list[tuple[FloatArray, BoolArray, str]]:
    """List what helps: each judge alone, all of them, metrics alone, everything."""
    yes, no = np.ones(len(data.judges), dtype=bool), np.zeros(len(data.metric_names), dtype=bool)
    found = [(verdicts[:, [k]], yes[:1], name) for k, name in enumerate(data.judges)]
    if len(yes) > 1:
        found.append((verdicts, yes, "all judges"))
    if len(no):
        found.append((data.metrics, no, "metrics"))
    if len(yes) and len(no):
        found.append((np.column_stack([verdicts, data.metrics]), np.concatenate([yes, no]), "judges and metrics"))
    return found


def _all_votes(data: Evaluation) -> FloatArray:
    n, item = len(data.systems), data.votes.item
    wins = np.zeros((n, n))
    share = A_SHARE[data.votes.outcome]
    np.add.at(wins, (data.items.system_a[item], data.items.system_b[item]), share)
    np.add.at(wins, (data.items.system_b[item], data.items.system_a[item]), 1 - share)
    return wins


def replay(data: Evaluation, found: dict[str, Way], looks: list[int], seed: int) -> FloatArray:
    """Do one replay: votes, width and decided share by way and look, shape (ways, looks, 3); NaN if not connected."""
    rng = np.random.default_rng(seed)
    drawn = {
        "uniform": by_document(data, rng),
        "scattered": scattered(data, rng),
        "adaptive": adaptive(data, rng, looks[-1]),
    }
    out = np.full((len(found), len(looks), 3), np.nan)
    for i, way in enumerate(found.values()):
        for j, n in enumerate(looks):
            if (reading := way(rng, drawn, n)) is not None:
                out[i, j] = reading.votes, reading.width, reading.decided
    return out


def needed(curves: FloatArray, reference: float) -> FloatArray:
    """Give the votes each way needs for the width, and for the decisions, of the first after so many votes; (ways, 2).

    curves: Mean of readings over replays, shape (ways, looks, 3). NaN where a way does not get there.
    """
    votes, width, decided = np.moveaxis(curves, -1, 0)
    target = np.exp(np.interp(np.log(reference), np.log(votes[0]), np.log(width[0])))
    reached = np.maximum.accumulate(decided, axis=1)
    share = np.interp(np.log(reference), np.log(votes[0]), reached[0])
    out = np.full((len(curves), 2), np.nan)
    for i in range(len(curves)):
        at, narrow = np.log(votes[i]), np.minimum.accumulate(width[i])
        if narrow[-1] <= target <= narrow[0]:
            out[i, 0] = np.exp(np.interp(-np.log(target), -np.log(narrow), at))
        if reached[i, 0] < share <= reached[i, -1]:
            out[i, 1] = np.exp(np.interp(share, reached[i] + 1e-9 * np.arange(len(at)), at))
    return out


def summary(readings: FloatArray, reference: float, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give votes needed as a share of the reference, and bounds from replays drawn again; shape (ways, 2) each."""
    rng = np.random.default_rng(seed)
    with np.errstate(invalid="ignore"):
        value = needed(np.nanmean(readings, axis=0), reference) / reference
        again = [
            needed(np.nanmean(readings[rng.integers(len(readings), size=len(readings))], axis=0), reference) / reference
            for _ in range(RESAMPLES)
        ]
    lower, upper = np.nanpercentile(again, [2.5, 97.5], axis=0)
    return value, lower, upper


def with_simulated_judge(data: Evaluation, share: float, seed: int) -> Evaluation:
    """Add a judge that agrees with about this share of people's votes."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.votes))
    outcome = np.full(len(data.items), NO_VERDICT)
    outcome[data.votes.item[order]] = np.minimum(data.votes.outcome[order], OutcomeCode.TIE)
    # A copy of a random person agrees with others only so often; of the rest of the answers a part is turned.
    copied = agreement(data.items, data.votes, ItemAnswers(outcome, _share(outcome))).with_people.value or 1.0
    other = (outcome + rng.integers(1, 3, size=len(outcome))) % 3
    turned = rng.random(len(outcome)) < (copied - share) / (copied - (1 - copied) / 2)
    outcome = np.where(turned & (outcome != NO_VERDICT), other, outcome)
    name = f"a simulated judge of {share:g}"
    return replace(data, shares=np.column_stack([data.shares, _share(outcome)]), judges=(*data.judges, name))


def _share(outcome: FloatArray) -> FloatArray:
    return np.where(outcome == NO_VERDICT, np.nan, A_SHARE[np.maximum(outcome, 0)])


def described(data: Evaluation) -> str:
    """Say what the evaluation holds, and how far its judges agree with people."""
    people = len(np.unique(data.votes.annotator))
    documents = len(np.unique(data.items.document))
    lines = [
        f"{len(data.votes):,} votes of {people} people on {len(data.items):,} pairs of {len(data.systems)} systems"
    ]
    lines[0] += f", {documents:,} documents"
    for k, name in enumerate(data.judges):
        share = data.shares[:, k]
        outcome = np.where(np.isnan(share), NO_VERDICT, np.where(share > 0.5, 0, np.where(share < 0.5, 1, 2)))
        found = agreement(data.items, data.votes, ItemAnswers(outcome, share))
        if k == 0:
            lines.append(f"agreement among people {found.among_people.value or np.nan:.3f}")
        lines.append(f"agreement of {name} with people {found.with_people.value or np.nan:.3f}")
    return "\n".join(lines)


def table(names: list[str], shares: tuple[FloatArray, FloatArray, FloatArray], reference: int) -> str:
    """Draw the table."""

    def cell(i: int, k: int) -> str:
        value, lower, upper = (part[i, k] for part in shares)
        if np.isnan(value):
            return "not reached"
        return f"{value * reference:,.0f}  {value:.2f} ({lower:.2f} to {upper:.2f})"

    rows = [(name, cell(i, 0), cell(i, 1)) for i, name in enumerate(names)]
    return tabulate(rows, headers=["", "votes to the same width", "votes to the same decisions"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--criterion", default="")
    parser.add_argument("--replays", type=int, default=40)
    parser.add_argument("--reference", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--simulated-judge", type=float, default=0, metavar="A")
    parser.add_argument("--texts", action="store_true", help="Help by ROUGE-L and BERTScore too.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = read_evaluation(options.folder, options.criterion, texts=options.texts)
    if options.simulated_judge:
        data = with_simulated_judge(data, options.simulated_judge, options.seed)
    looks, found = budgets(data), ways(data)
    reference = options.reference or looks[-1] // 3
    print(described(data), f"reference {reference} votes, {options.replays} replays\n", sep="\n", flush=True)
    readings = np.array([replay(data, found, looks, options.seed + i) for i in range(options.replays)])
    shares = summary(readings, reference, options.seed)
    print(table(list(found), shares, reference))
    if options.json:
        value, lower, upper = (part.tolist() for part in shares)
        rows = zip(found, value, lower, upper, strict=True)
        options.json.write_text(
            "".join(
                json.dumps(
                    {"way": w, "width": v[0], "decisions": v[1], "lower": lo, "upper": up, "reference": reference}
                )
                + "\n"
                for w, v, lo, up in rows
            )
        )


if __name__ == "__main__":
    main()
