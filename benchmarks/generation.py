"""Measure how fast summaries are written: the platform against bare engines, and three instructions in one pass.

    python -m benchmarks.generation [--meetings 4] [--tokens N] [--max-new 100] [--threads N] [--repeat 3]
                                    [--only {engines,instructions}] [--limits {equal,catalogue,both}] [--json FILE]

docs/benchmarks.md says what is compared and how to read the output.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from benchmarks.parts.meetings import Turn, meetings
from benchmarks.parts.site import (
    Measured,
    add_system,
    generate,
    import_meetings,
    kept_worker,
    temporary_site,
    together,
)

SYSTEM = "smollm2-135m-instruct"
INSTRUCTIONS = ("long", "medium", "short")
# Tokens of a meeting, by part. Equal limits of 100 output tokens leave more of the window to the meeting.
TOKENS = {"engines": 1200, "equal": 1600, "catalogue": 1200}
LIBRARIES = ("xllamacpp", "transformers", "torch", "django", "celery")
ROOT = Path(__file__).resolve().parent.parent

Arm = Callable[[], Measured]


@dataclass(frozen=True)
class Goal:
    """A ratio of two arms, and the least that it should be.

    Attributes:
        what: The ratio's name in the report.
        better: The arm that is expected to be faster.
        base: The arm that it is compared with.
        least: The goal; None where the ratio is only reported.
    """

    what: str
    better: str
    base: str
    least: float | None


@dataclass
class Section:
    """Arms that are compared; each is measured once per repeat."""

    title: str
    arms: Mapping[str, Arm]
    goals: Sequence[Goal]
    measured: dict[str, list[Measured]] = field(default_factory=dict)

    def ratio(self, goal: Goal) -> float:
        """Return the ratio of summaries per second, as the median over the repeats."""
        pairs = zip(self.measured[goal.better], self.measured[goal.base], strict=True)
        return median(speed(better) / speed(base) for better, base in pairs)


class Bench:
    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self._numbers = count(1)
        self.transcripts = {part: self._imported(part) for part in parts(options)}

    def _imported(self, part: str) -> list[list[Turn]]:
        transcripts = meetings(self.options.meetings, self._tokens(part))
        import_meetings(self.folder, transcripts, part)
        return transcripts

    def _tokens(self, part: str) -> int:
        return self.options.tokens or TOKENS[part]

    def _length(self, part: str) -> str:
        return f"meetings of {self._tokens(part):,} tokens"

    def sections(self) -> list[Section]:
        return [self._engines() if part == "engines" else self._instructions(part) for part in self.transcripts]

    def _engines(self) -> Section:
        max_new = self.options.max_new
        return Section(
            f"One instruction (medium), {self._length('engines')}, {max_new} new tokens, greedy, no prefix cache",
            {
                "platform": self._platform_without_cache,
                "bare xllamacpp": partial(self._bare, "xllamacpp"),
                "bare transformers": partial(self._bare, "transformers"),
            },
            [
                Goal("platform against the bare engine", "platform", "bare xllamacpp", 0.95),
                Goal("platform against transformers, one at a time", "platform", "bare transformers", 1.6),
            ],
        )

    def _instructions(self, part: str) -> Section:
        equal = part == "equal"
        limits = dict.fromkeys(INSTRUCTIONS, self.options.max_new) if equal else catalogue_limits()
        # Only reading is shared; with the catalogue's limits, writing takes most of the time.
        least = 2.0 if equal else None
        named = ", ".join(f"{kind} {limits[kind]}" for kind in INSTRUCTIONS)
        return Section(
            f"Three instructions, {self._length(part)}, at most {named} new tokens",
            {
                "together": partial(self._passes, part, limits, ["all"]),
                "three passes": partial(self._passes, part, limits, INSTRUCTIONS),
                "three passes, worker kept": partial(self._passes, part, limits, INSTRUCTIONS, keep=True),
            },
            [Goal(f"together against three passes ({named})", "together", "three passes", least)],
        )

    def _new_system(self, **changes: object) -> str:
        slug = f"benchmark-{next(self._numbers)}"
        add_system(slug, SYSTEM, changes)
        return slug

    def _platform_without_cache(self) -> Measured:
        # The same work in every arm: no text ends before its limit.
        decoding = {"max_tokens": self.options.max_new, "temperature": 0, "seed": 1, "ignore_eos": True}
        engine = catalogue_record()["engine"] | {"prefix_cache": False}
        return generate(self._new_system(decoding=decoding, engine=engine), "medium", "engines")

    def _passes(
        self, part: str, limits: Mapping[str, int], instructions: Sequence[str], *, keep: bool = False
    ) -> Measured:
        slug = self._new_system(decoding=catalogue_record()["decoding"] | {"max_tokens": dict(limits)})
        with kept_worker() if keep else nullcontext():
            return together([generate(slug, instruction, part) for instruction in instructions])

    def _bare(self, engine: str) -> Measured:
        job, answer = self.folder / "job.json", self.folder / "answer.json"
        job.write_text(json.dumps(self._job(engine)))
        command = [sys.executable, "-m", "benchmarks.parts.bare", engine, str(job), str(answer)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{engine} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
        result = json.loads(answer.read_text())
        answers = result["answers"]
        return Measured(
            seconds=result["seconds"],
            summaries=len(answers),
            read=[chat_answer["read"] for chat_answer in answers],
            cached=0,
            written=sum(chat_answer["written"] for chat_answer in answers),
            texts=[chat_answer["text"].strip() for chat_answer in answers],
        )

    def _job(self, engine: str) -> dict[str, Any]:
        from models_runner.adapters.reencoding import reencoded
        from models_runner.adapters.weights import resolve_gguf

        record = catalogue_record()
        path = resolve_gguf(record["model_id"])
        if engine == "xllamacpp":
            path = reencoded(path, record["engine"]["reencode"])
        return {
            "path": str(path),
            "flash_attention": record["engine"]["flash_attention"],
            "window": record["context_window"],
            "threads": self.options.threads,
            "max_new": self.options.max_new,
            "chats": [chat(turns, record) for turns in self.transcripts["engines"]],
        }


def parts(options: argparse.Namespace) -> list[str]:
    instructions = [part for part in ("equal", "catalogue") if options.limits in (part, "both")]
    chosen = {"engines": ["engines"], "instructions": instructions}
    return [part for only, named in chosen.items() if options.only in (None, only) for part in named]


def chat(turns: Sequence[Turn], record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Build the messages that the platform sends to the engine about a meeting."""
    from models_runner.adapters.prompts import SYSTEM_MESSAGE, transcript_lines, user_text
    from models_runner.adapters.protocol import SummaryRequest, SystemSpec
    from models_runner.datasets.instructions import instruction_text, wordings

    request = SummaryRequest("", turns, "en", instruction_text(wordings()["medium"], "en"), "medium")
    spec = SystemSpec(slug=SYSTEM, prompt_template=record["prompt_template"])
    text = user_text(spec, request.instruction, "\n".join(transcript_lines(request)))
    return [{"role": "system", "content": SYSTEM_MESSAGE}, {"role": "user", "content": text}]


def catalogue_record() -> dict[str, Any]:
    from models_runner.systems import catalog

    return catalog.entries()[SYSTEM]


def catalogue_limits() -> dict[str, int]:
    return catalogue_record()["decoding"]["max_tokens"]


def speed(measured: Measured) -> float:
    return measured.summaries / measured.seconds


def measure(section: Section, repeats: int) -> None:
    """Measure every arm once per repeat, every second repeat in the opposite order, because a machine's load drifts."""
    section.measured = {name: [] for name in section.arms}
    for repeat in range(repeats):
        names = list(section.arms)[:: -1 if repeat % 2 else 1]
        for name in names:
            print(f"repeat {repeat + 1} of {repeats}: {name} ...", file=sys.stderr, flush=True)
            section.measured[name].append(section.arms[name]())
    check_same_prompts(section)


def check_same_prompts(section: Section) -> None:
    first, *others = [(name, measured.read) for name, runs in section.measured.items() for measured in runs]
    for name, read in others:
        # A start-of-text token may or may not be counted.
        if len(read) != len(first[1]) or any(abs(a - b) > 1 for a, b in zip(read, first[1], strict=True)):
            raise RuntimeError(f"{name} read other prompts than {first[0]}: {read} tokens, not {first[1]}.")


def table(section: Section) -> str:
    columns = ("", "seconds", "summaries/s", "read", "cached", "written", "same text")
    lines = []
    reference = next(iter(section.measured.values()))[0].texts
    for name, runs in section.measured.items():
        middle = sorted(runs, key=speed)[len(runs) // 2]
        same = sum(a == b for a, b in zip(middle.texts, reference, strict=True))
        lines.append(
            (
                *(name, middle.seconds, speed(middle), sum(middle.read), middle.cached, middle.written),
                f"{same}/{len(reference)}",
            )
        )
    return f"{section.title}\n{tabulate(lines, columns, floatfmt=('', '.1f', '.3f', '', '', '', ''))}"


def verdict(section: Section, goal: Goal) -> str:
    ratio = section.ratio(goal)
    if goal.least is None:
        return f"{goal.what}: {ratio:.2f}x"
    return f"{goal.what}: {ratio:.2f}x, goal {goal.least:g}x: {'met' if ratio >= goal.least else 'NOT met'}"


def report(options: argparse.Namespace, sections: Sequence[Section]) -> dict[str, Any]:
    return {
        "options": {name: value for name, value in vars(options).items() if name != "json"},
        "machine": machine(),
        "versions": {library: version(library) for library in LIBRARIES},
        "sections": [
            {
                "title": section.title,
                "ratios": [{**asdict(goal), "ratio": section.ratio(goal)} for goal in section.goals],
                "measured": {
                    name: [{k: v for k, v in asdict(measured).items() if k != "texts"} for measured in runs]
                    for name, runs in section.measured.items()
                },
            }
            for section in sections
        ],
    }


def machine() -> dict[str, Any]:
    from models_runner.runs.machine.record import machine_record

    return machine_record() | {"load": [round(load, 1) for load in os.getloadavg()]}


def headline(options: argparse.Namespace) -> str:
    on = machine()
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    return (
        f"{on['processor']}, {on['cores']} cores, {on['memory_bytes'] / 2**30:.0f} GiB, Python {on['python']}, "
        f"load before {on['load'][0]}\n{versions}\n{options.meetings} meetings, {options.threads} threads, "
        f"repeats: {options.repeat}; the rows are the middle repeat, the ratios the median of the repeats"
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=4)
    lengths = ", ".join(f"{tokens} for {part}" for part, tokens in TOKENS.items())
    parser.add_argument("--tokens", type=int, help=f"Of a meeting, within 15 per cent; {lengths} if not given.")
    parser.add_argument("--max-new", type=int, default=100, help="Output tokens, but for the catalogue's own limits.")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=["engines", "instructions"], help="One part instead of both.")
    parser.add_argument(
        "--limits", choices=["equal", "catalogue", "both"], default="equal", help="Of three instructions."
    )
    parser.add_argument("--json", type=Path, help="Write everything measured to this file.")
    options = parser.parse_args()
    for name in ("meetings", "tokens", "max_new", "threads", "repeat"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} is {getattr(options, name)}; expected 1 or more")
    return options


def main() -> None:
    options = arguments()
    # Exit in order, so that the worker ends and the folder is deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with temporary_site(options.threads) as folder:
        print(headline(options), flush=True)
        sections = Bench(options, folder).sections()
        for section in sections:
            measure(section, options.repeat)
            verdicts = "".join(f"\n  {verdict(section, goal)}" for goal in section.goals)
            print(f"\n{table(section)}\n  Ratios of summaries a second:{verdicts}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(report(options, sections), indent=1) + "\n")


if __name__ == "__main__":
    main()
