"""See which metrics go with the errors that people found: the tables of Kirstein et al. (2024), from files to figures.

    python -m benchmarks.marks.meeting_errors --tables FOLDER [--data-dir DIR] [--output FILE.json]

FOLDER has the five tables `*_summaries.csv` of "What's under the hood: Investigating Automatic Metrics on Meeting
Summarization" (EMNLP 2024), one a system, with the same 35 meetings of QMSum in each. Rows without a transcript or
without a summary are left out: as published, four meetings have none, and 26 cells of GPT-3.5 are empty. Every step is
a command of manage.py; called again with the same data folder, it does only what is missing. Takes some ten minutes on
one core.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "qmsum-errors"
METRICS = "rouge,bertscore,length,novelty,entities,chrf"
KINDS = (
    *("Missing Information", "Redundancy", "Wrong References", "Incorrect Reasoning", "Hallucination"),
    *("Incoherence", "Linguistic Inaccuracy", "Structural Disorganization"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var" / "meeting-errors")
    parser.add_argument("--output", type=Path, help="Keep what analyse says here.")
    options = parser.parse_args()
    folder = options.data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    os.environ.pop("DATABASE_URL", None)
    tables = sorted(options.tables.resolve().glob("*_summaries.csv"))
    if not tables:
        parser.error(f"{options.tables} has no *_summaries.csv.")
    prepare(tables, folder)
    output = options.output or folder / "analysis.json"
    manage("analyse", NAME, "--format", "json", "--output", str(output.resolve()))
    print("\n".join(report(json.loads(output.read_text(encoding="utf-8")))))


def prepare(tables: list[Path], folder: Path) -> None:
    """Import meetings, summaries and marks, and score the summaries."""
    manage("migrate", "-v0")
    rows = [row for path in tables for row in read_table(path)]
    meetings = {row["Meeting"]: row for row in rows}
    write_lines(folder / "meetings.jsonl", (meeting(row) for row in meetings.values()))
    write_lines(folder / "summaries.jsonl", (summary(row) for row in rows))
    write_lines(folder / "errors.jsonl", (errors(row) for row in rows))
    manage("import_dataset", str(folder / "meetings.jsonl"), "--name", NAME, "--language", "en")
    manage("import_summaries", str(folder / "summaries.jsonl"), "--dataset", NAME)
    if not study_exists():
        systems = ",".join(sorted({row["Model"] for row in rows}))
        manage("create_study", NAME, "--dataset", NAME, "--systems", systems, "--criteria", "overall")
    maps = ["document_id=Meeting", "system=Model", *(f"kind.{kind.lower()}={kind}" for kind in KINDS)]
    told = [part for pair in maps for part in ("--map", pair)]
    marks = str(folder / "errors.jsonl")
    manage("import_marks", marks, "--study", NAME, "--annotator", "kirstein", "--severity", "major", *told)
    manage("score", "--dataset", NAME, "--metrics", METRICS, "--wait")


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table as published: semicolons, a byte order mark, a header with a trailing blank."""
    csv.field_size_limit(2**30)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    stripped = [{key.strip(): value for key, value in row.items()} for row in rows]
    numbered = [row | {"Meeting": f"m{number}"} for number, row in enumerate(stripped, 1)]
    return [row for row in numbered if row["Input"].strip() and row["Predicted"].strip()]


def meeting(row: dict[str, str]) -> dict[str, Any]:
    return {"id": row["Meeting"], "transcript": row["Input"], "references": [row["Gold"]], "language": "en"}


def summary(row: dict[str, str]) -> dict[str, Any]:
    return {"document_id": row["Meeting"], "system": row["Model"], "summary": row["Predicted"]}


def errors(row: dict[str, str]) -> dict[str, Any]:
    return {column: row[column] for column in ("Meeting", "Model", *KINDS)}


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def study_exists() -> bool:
    import django

    django.setup()
    from annotations.models import Study

    return Study.objects.filter(slug=NAME).exists()


def manage(*arguments: str) -> None:
    print("$ manage.py", *arguments, flush=True)
    subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], check=True, cwd=ROOT)


def report(analysis: dict[str, Any]) -> Iterator[str]:
    """Say how many errors there are, and which metrics go with few of them."""
    seen = analysis["marks_seen"]
    yield f"{seen['documents']} meetings, {seen['readings']} summaries, {seen['marks']} errors"
    for system in analysis["marks"]["systems"]:
        yield f"{system['system']}: {written(system['errors_per_summary'])} errors in {system['readings']} summaries"
    yield "| metric | within meetings: Kendall's tau | Pearson's r | systems: Kendall's tau |"
    yield "|---|---|---|---|"
    for metric in seen["metrics"]:
        if not metric["reason"]:
            figures = (metric["summary"]["kendall"], metric["summary"]["pearson"], metric["system"]["kendall"])
            yield f"| `{metric['metric']}` | {' | '.join(written(figure) for figure in figures)} |"


def written(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "—"
    if figure["lower"] is None:
        return f"{figure['value']:.2f}"
    return f"{figure['value']:.2f} ({figure['lower']:.2f} to {figure['upper']:.2f})"


if __name__ == "__main__":
    main()
