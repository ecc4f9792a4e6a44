"""Measure how fast a judge answers: the platform against the bare engine, and a shared transcript against none.

    python -m benchmarks.judges.speed [--meetings 2] [--tokens 1200] [--systems 6] [--alone 10] [--threads N]
                                      [--repeat 3]

docs/benchmarks.md says what is compared and how to read the output.
"""

import argparse
import io
import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from benchmarks.parts.meetings import Turn, meetings
from benchmarks.parts.processor import ChildrenClock
from benchmarks.parts.site import DATASET, ROOT, import_meetings, temporary_site

SYSTEM = "smollm2-135m-instruct"
SENTENCES = 4  # of a summary
GOALS = (("platform", "bare engine", 0.95), ("platform", "each prompt alone", 3.0))


@dataclass(frozen=True)
class Answered:
    """What one arm did.

    Attributes:
        seconds: Without loading.
        core_seconds: Of processor time meanwhile.
        verdicts: How many were given.
        read: Tokens of all prompts.
        cached: Those of them that came from the engine's cache.
    """

    seconds: float
    core_seconds: float
    verdicts: int
    read: int
    cached: int

    @property
    def speed(self) -> float:
        """Verdicts a second."""
        return self.verdicts / self.seconds

    @property
    def price(self) -> float:
        """Seconds of a core that a verdict takes."""
        return self.core_seconds / self.verdicts


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.transcripts = meetings(options.meetings, options.tokens)
        import_meetings(folder, self.transcripts)
        self._import_summaries()
        self._number = 0

    def _import_summaries(self) -> None:
        """Have each system say some sentences of the meeting, others each time."""
        from django.core.management import call_command

        rng = random.Random(1)
        lines = [
            json.dumps({"document_id": f"meeting-{n}", "system": f"system-{s}", "summary": _said(turns, rng)})
            for n, turns in enumerate(self.transcripts, start=1)
            for s in range(self.options.systems)
        ]
        path = self.folder / "summaries.jsonl"
        path.write_text("\n".join(lines))
        call_command("import_summaries", str(path), dataset=DATASET, instruction="medium", stdout=io.StringIO())

    def platform(self) -> Answered:
        """Ask a new judge about the dataset, with a worker of its own, which loads before the time begins."""
        from django.core.management import call_command
        from django.db.models import Max, Sum

        from judges.models import JudgingJob
        from judges.records.entries import judge_of

        self._number += 1
        judge = judge_of(f"judge-{self._number}", {"system": SYSTEM, "rubric": "library", "reasoning": False})
        judge.save()
        with ChildrenClock() as clock:
            call_command("judge", dataset=DATASET, judge=judge.name, wait=True, stdout=io.StringIO())
        job = JudgingJob.objects.get(judge=judge)
        done = job.verdicts.done()
        sums = done.aggregate(last=Max("answered_at"), read=Sum("prompt_tokens"), cached=Sum("cached_tokens"))
        if done.count() != job.verdicts.count() or job.started_at is None:
            raise RuntimeError(f"{job}: {job.failure_reason or 'not all questions were answered'}")
        seconds, used = (sums["last"] - job.started_at).total_seconds(), clock.between(job.started_at, sums["last"])
        return Answered(seconds, used, done.count(), sums["read"], sums["cached"])

    def bare(self, *, shared: bool) -> Answered:
        """Put the same questions in the same order to the engine alone, with its cache of prefixes or without.

        Without it each question costs the same whichever came before, so that some of them tell the speed of all.
        """
        files = self.folder / "job.json", self.folder / "answer.json"
        job = self._job()
        step = 1 if shared else max(1, len(job["bodies"]) // self.options.alone)
        bodies = [body | {"cache_prompt": shared} for body in job["bodies"][::step]]
        files[0].write_text(json.dumps(job | {"bodies": bodies}))
        command = [sys.executable, "-m", "benchmarks.parts.bare_judge", *map(str, files)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"The bare engine ended with status {done.returncode}:\n{done.stderr[-2000:]}")
        result = json.loads(files[1].read_text())
        read, cached = (sum(one[name] for one in result["answers"]) for name in ("read", "cached"))
        return Answered(result["seconds"], result["core_seconds"], len(result["answers"]), read, cached)

    def _job(self) -> dict[str, Any]:
        """Collect the requests as the platform has sent them, and how the engine was set up."""
        from judges.judging.questions import DocumentQuestions
        from judges.models import JudgingJob
        from models_runner.adapters.llamacpp import ALTERNATIVES
        from models_runner.adapters.reencoding import reencoded
        from models_runner.adapters.registry import load_engine, unload_all
        from models_runner.adapters.texts.thinking import messages
        from models_runner.adapters.weights import resolve_gguf
        from models_runner.models import Document
        from models_runner.runs.requests import adapter_spec

        job = JudgingJob.objects.select_related("judge", "dataset").latest("pk")
        engine: Any = load_engine(job.judge.adapter, adapter_spec(job.judge.as_system()))
        bodies = []
        for document in Document.objects.filter(dataset=job.dataset).order_by("position").select_related("transcript"):
            asking = DocumentQuestions(job, document, engine)
            for asked in asking.ask(job.verdicts.filter(document=document).in_order().values_list("pk", flat=True)):
                prompt = asked.prompt
                bodies.append(
                    {
                        "messages": messages(prompt.text, prompt.system, engine.chat.system_message),
                        "chat_template_kwargs": engine.chat.variables,
                        "max_tokens": prompt.limit,
                        "json_schema": json.loads(prompt.schema),
                        "temperature": 0,
                        "seed": prompt.seed,
                        "logprobs": True,
                        "top_logprobs": ALTERNATIVES,
                    }
                )
        record, path = job.judge.engine, resolve_gguf(job.judge.model_id)
        setup = {
            "path": str(reencoded(path, record["reencode"]) if record.get("reencode") else path),
            "flash_attention": record.get("flash_attention", True),
            "window": job.judge.context_window,
            "threads": self.options.threads,
            "bodies": bodies,
        }
        unload_all()
        return setup


def _said(turns: list[Turn], rng: random.Random) -> str:
    return " ".join(turn["content"].split(". ")[0].rstrip(".") + "." for turn in rng.sample(turns, SENTENCES))


def measure(bench: Bench, repeats: int) -> dict[str, list[Answered]]:
    """Measure every arm once a repeat; the platform first, whose questions the others ask again."""
    found: dict[str, list[Answered]] = {"platform": [], "bare engine": [], "each prompt alone": []}
    for repeat in range(repeats):
        for name, rows in found.items():
            print(f"repeat {repeat + 1} of {repeats}: {name} ...", file=sys.stderr, flush=True)
            rows.append(bench.platform() if name == "platform" else bench.bare(shared=name == "bare engine"))
    check_same_prompts(found)
    return found


def check_same_prompts(found: dict[str, list[Answered]]) -> None:
    """Raise RuntimeError unless all arms read as much for a verdict, but for a start-of-text token."""
    whole = [row for name, rows in found.items() for row in rows if name != "each prompt alone"]
    sizes = {row.verdicts: row.read for row in whole}
    if len(sizes) != 1 or max(row.read for row in whole) - min(row.read for row in whole) > whole[0].verdicts:
        raise RuntimeError(f"The arms read different prompts: {[(row.verdicts, row.read) for row in whole]}.")


def report(found: dict[str, list[Answered]]) -> str:
    """Draw the middle repeat of each arm, and the ratios as medians over repeats, of time and of processor time."""
    middle = {name: sorted(rows, key=lambda row: row.speed)[len(rows) // 2] for name, rows in found.items()}
    table = tabulate(
        [(name, row.seconds, row.verdicts, row.speed, row.price, row.read, row.cached) for name, row in middle.items()],
        ("", "seconds", "verdicts", "verdicts/s", "core-seconds a verdict", "read", "cached"),
        floatfmt=("", ".1f", "", ".2f", ".2f", "", ""),
    )
    lines = [table]
    for better, base, least in GOALS:
        pairs = list(zip(found[better], found[base], strict=True))
        in_time = median(one.speed / other.speed for one, other in pairs)
        in_work = median(other.price / one.price for one, other in pairs)
        met = "met" if in_time >= least else "NOT met"
        lines.append(
            f"{better} against {base}: {in_time:.2f}x in time, {in_work:.2f}x in core-seconds, goal {least:g}x: {met}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=1200, help="Of a meeting, within 15 per cent.")
    parser.add_argument("--systems", type=int, default=6)
    parser.add_argument("--alone", type=int, default=10, help="Questions that are put without a shared prefix.")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    # Exit in order, so that the worker ends and the folder is deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with temporary_site(options.threads) as folder:
        print(report(measure(Bench(options, folder), options.repeat)), flush=True)


if __name__ == "__main__":
    main()
