"""Run the study of docs/qmsum-study.md, from the meetings to the table.

    python -m benchmarks.qmsum_study --qmsum FOLDER [--data-dir DIR] [--limit N] [--output FILE.md]

FOLDER has the folders train and val of QMSum, with one JSON file per meeting. Every step is a command of manage.py that
resumes: called again with the same data folder, it does only what is missing. The study takes about two hours on two
cores.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean, median

ROOT = Path(__file__).resolve().parent.parent
DATASET, SPLIT, INSTRUCTION = "qmsum", "val", "medium"
TUNED, BASE = "smollm2-135m-qmsum", "smollm2-135m-instruct"
SYSTEMS = ("lead-3", "lexrank", BASE, "smollm2-135m-resummarize", TUNED)
TRAINING = ("--max-steps", "240", "--accumulation", "1", "--max-tokens", "512", "--evaluate-every", "40")
COLUMNS = (
    *("system", "n", "ROUGE-1", "ROUGE-2", "ROUGE-L", "BERTScore", "words"),
    *("seconds", "tokens left out", "calls", "cut outputs"),
)
SCORES = ("rouge1", "rouge2", "rougeL", "bertscore_f1", "words")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qmsum", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var" / "qmsum-study")
    parser.add_argument("--limit", type=int, help="The first N meetings only, to try it out.")
    parser.add_argument("--output", type=Path, help="Write the table here too.")
    options = parser.parse_args()
    options.data_dir.mkdir(parents=True, exist_ok=True)
    os.environ |= {"DATA_DIR": str(options.data_dir.resolve()), "DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    os.environ.pop("DATABASE_URL", None)
    manage("migrate", "-v0")
    for split in ("val", "train"):
        folder = str((options.qmsum / split).resolve())
        manage("import_dataset", folder, "--name", DATASET, "--format", "qmsum", "--split", split)
    run_systems(["--limit", str(options.limit)] if options.limit else [])
    manage("score", "--dataset", DATASET, "--wait")
    text = report()
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def manage(*arguments: str) -> None:
    print("$ manage.py", *arguments, flush=True)
    subprocess.run([sys.executable, str(ROOT / "manage.py"), *arguments], check=True, cwd=ROOT)


def run_systems(limit: list[str]) -> None:
    import django

    django.setup()
    from models_runner.models import FineTuning

    for system in SYSTEMS:
        if system == TUNED:
            train(FineTuning.objects.filter(name=TUNED).first())
        manage("generate", "--dataset", DATASET, "--split", SPLIT, "--system", system, "--wait", *limit)


def train(job: object) -> None:
    """Start the training, resume one that was interrupted, or leave a finished one alone."""
    named = ("--name", TUNED, "--base", BASE, "--dataset", DATASET)
    status = getattr(job, "status", "")
    if status == "done":
        return
    more = ("--resume",) if status else ("--split", "train", "--instruction", INSTRUCTION, *TRAINING)
    manage("finetune", *named, *more, "--wait")


def report() -> str:
    """Return a Markdown table with a row per system, the metric signatures, and the machine."""
    from leaderboards.presentation.tables import markdown_table
    from models_runner.models import Run

    runs = Run.objects.filter(dataset__name=DATASET, split=SPLIT, instruction=INSTRUCTION, system__slug__in=SYSTEMS)
    by_slug = {run.system.slug: run for run in runs.select_related("system")}
    rows = [_row(slug, by_slug[slug]) for slug in SYSTEMS if slug in by_slug]
    return "\n".join([markdown_table(COLUMNS, rows), "", *_signatures(), "", _machine(by_slug)])


def _row(slug: str, run: object) -> list[str]:
    from models_runner.models import Score, SummaryCall

    done = list(run.summaries.done())  # type: ignore[attr-defined]
    values = {name: _mean_score(Score.objects.filter(summary__in=done, name=name)) for name in SCORES}
    calls = SummaryCall.objects.filter(summary__in=done).count() / len(done)
    return [
        f"`{slug}`",
        str(len(done)),
        *(f"{values[name]:.3f}" for name in SCORES[:-1]),
        f"{values['words']:.0f}",
        f"{median(s.seconds or 0 for s in done):.1f}",
        f"{mean(s.dropped_tokens or 0 for s in done):,.0f}",
        f"{calls:.1f}",
        str(sum(s.stop_reason == "length" for s in done)),
    ]


def _mean_score(scores: object) -> float:
    return mean(score.value for score in scores if score.value is not None)  # type: ignore[attr-defined]


def _signatures() -> list[str]:
    from models_runner.models import MetricSignature

    return [f"- `{signature.text}`" for signature in MetricSignature.objects.exclude(metric="length")]


def _machine(runs: dict[str, object]) -> str:
    record = runs[BASE].environment["machine"]  # type: ignore[attr-defined]
    return f"Machine: {record['processor']}, {record['cores']} cores, {record['memory_bytes'] / 1e9:.0f} GB."


if __name__ == "__main__":
    main()
