"""Measure how fast votes given elsewhere are imported and how much memory that takes, on SQLite and PostgreSQL.

    python -m benchmarks.import_votes [--votes 1000000] [--systems 20] [--documents 250] [--judges 200]
                                      [--only sqlite] [--format jsonl] [--json FILE]

The file has the fields of an export, each vote by another judge on another pair. Databases, processes and peaks are
those of benchmarks.importing; docs/benchmarks.md says how to read the output.
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from tabulate import tabulate

from benchmarks.importing import MEGABYTE, _databases, _environment, _peak, _set_up

SLUG = "imported"
OUTCOMES = ("model_a", "model_a", "model_b", "model_b", "tie", "both_bad")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--systems", type=int, default=20)
    parser.add_argument("--documents", type=int, default=250)
    parser.add_argument("--judges", type=int, default=200)
    parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        _store_study(options.systems, options.documents)
    elif options.one:
        print(json.dumps(_measure(options.one)))
    else:
        rows = _compare(options)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=2))


def _compare(options: argparse.Namespace) -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = _write(Path(folder), options)
        for database, environment in _databases(folder, options.only):
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=_environment(environment))
            size = ("--systems", str(options.systems), "--documents", str(options.documents))
            _in_own_process(environment, "--prepare", *size)
            first, again = (json.loads(_in_own_process(environment, "--one", str(path))) for _ in range(2))
            assert (first["added"], again["added"]) == (options.votes, 0)
            row = {"database": database, "file MB": round(path.stat().st_size / MEGABYTE), "seconds": first["seconds"]}
            row |= {
                "processor (s)": first["processor"],
                "votes/s": round(options.votes / first["seconds"]),
                "peak MB": first["peak"],
            }
            rows.append(row | {"again (s)": again["seconds"], "again, peak MB": again["peak"]})
    print(
        f"{options.votes:,} votes on {options.systems} systems, {options.documents} documents, {options.judges} judges"
    )
    print(tabulate(rows, headers="keys"))
    return rows


def _in_own_process(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.import_votes", *arguments]
    done = subprocess.run(command, check=True, env=_environment(environment), stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1] if done.stdout else ""


def _measure(path: Path) -> dict[str, Any]:
    _set_up()
    from annotations.imports.ratings_import import import_ratings
    from annotations.models import Study

    study = Study.objects.get(slug=SLUG)
    before, worked = time.perf_counter(), time.process_time()
    result = import_ratings(path, study)
    seconds = {"seconds": round(time.perf_counter() - before, 1), "processor": round(time.process_time() - worked, 1)}
    return seconds | {"added": result.added, "peak": _peak()}


def _store_study(systems: int, documents: int) -> None:
    """Store a study that compares all systems on all documents, without a vote."""
    _set_up()
    from annotations.models import Comparison, Criterion, Study
    from benchmarks.parts import stored
    from models_runner.models import Dataset, Document, Summary

    dataset = Dataset.objects.create(name=SLUG)
    runs = stored.make_runs(dataset, (f"system-{n}" for n in range(systems)))
    about = {"dataset": dataset, "word_count": 1}
    texts = Document.objects.bulk_create(
        Document(external_id=f"m{n}", position=n, content_hash=f"{n:064d}", **about) for n in range(documents)
    )
    done = {"status": "done", "stop_reason": "end", "dropped_tokens": 0}
    Summary.objects.bulk_create(
        (Summary(run=run, document=document, text=f"Text {run.pk}", **done) for document in texts for run in runs),
        batch_size=500,
    )
    study = Study.objects.create(slug=SLUG, title=SLUG, dataset=dataset, quota=1, status="closed")
    study.systems.set([run.system for run in runs])
    Criterion.objects.create(study=study, key="overall", question="Which summary is better overall?", position=0)
    columns = ("study_id", "document_id", "summary_a_id", "summary_b_id", "shuffle", "quota")
    pairs = ((study.pk, *pair, n, 1) for n, pair in enumerate(stored._summary_pairs(dataset)))
    stored.insert_rows(Comparison, columns, pairs)
    stored.settle_database()


def _write(folder: Path, options: argparse.Namespace) -> Path:
    path = folder / f"votes.{options.format}"
    votes = _votes(options.votes, options.systems, options.documents, options.judges)
    with path.open("w", newline="") as file:
        if options.format == "jsonl":
            file.writelines(json.dumps(vote) + "\n" for vote in votes)
        else:
            first = next(votes)
            writer = csv.DictWriter(file, list(first))
            writer.writeheader()
            writer.writerow(first)
            writer.writerows(votes)
    return path


def _votes(votes: int, systems: int, documents: int, judges: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(20_261_129)
    pairs = list(combinations(range(systems), 2))
    if votes > len(pairs) * documents * judges:
        raise SystemExit("There are not so many places: ask for more systems, documents or judges.")
    for number in range(votes):
        # Round by round over all pairs of all documents, so that the votes on one comparison stand far apart.
        place, judge = number % (len(pairs) * documents), number // (len(pairs) * documents)
        a, b = dice.sample(pairs[place // documents], 2)
        yield {
            "id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            "document_id": f"m{place % documents}",
            "criterion": "overall",
            "model_a": f"system-{a}",
            "model_b": f"system-{b}",
            "winner": dice.choice(OUTCOMES),
            "judge": f"expert-{(judge + place) % judges}",
            "judge_type": "human",
            "shown_left": dice.choice("ab"),
            "lead_time": round(dice.uniform(5, 60), 3),
            "active_time": round(dice.uniform(2, 5), 3),
            "tstamp": 1_700_000_000 + number,
        }


if __name__ == "__main__":
    main()
