"""Attack the site while people rate and workers write, and count what was lost or came twice.

    python -m benchmarks.chaos [--on postgresql-redis] [--seed 1] [--minutes 15] [--kills 100] [--quick] [--calm]

For each combination of database and broker it starts servers of its own, two web processes, three workers, annotators
who send each answer until it is acknowledged, as the page does, and a researcher who opens boards and asks for exports
and releases, while summaries are written and scored. Meanwhile workers and web processes are killed, the database is
ended without a shutdown, the broker loses its messages, the disk is full for some seconds, and the clock is an hour
ahead for a while. At the end everything must be done, once. Then every page, form and parameter is asked with values
that nobody means, on both databases.

With --calm nothing goes wrong: the same people, researcher, runs, scores, exports and releases, 64 annotators unless
--annotators says otherwise, and the report says how long *next* and *save* took them.

The seed says what is attacked, and when; how processes share the machine it does not. Ends with status 1 on any
violation. Root may mount a small disk, and is needed for one that fills; a C compiler for the clock.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tabulate import tabulate

from benchmarks.chaos.one import COMBINATIONS
from benchmarks.chaos.servers import Disk, MissingError, PostgreSQL
from benchmarks.parts.site import ROOT

QUICK = ["--seconds", "14", "--bound", "60", "--kills", "4", "--restarts", "1", "--wipes", "1", "--annotators", "3"]
QUICK += ["--comparisons", "60", "--runs", "1", "--summaries", "12"]
# Of the time of a combination: for how long things go wrong. The rest is for servers before and unfinished work after.
PART_WITH_FAULTS = 0.62
FUZZ_SECONDS = 240
FUZZED = ["tests/evalsite/test_fuzz.py", "tests/api/test_bad_input.py"]


def combination_options(options: argparse.Namespace, combinations: int) -> list[str]:
    if options.quick:
        return [*QUICK, *["--calm"] * options.calm]
    bound = (options.minutes * 60 - (FUZZ_SECONDS if options.fuzz else 0)) / combinations
    counts = {"kills": options.kills, "restarts": options.restarts, "wipes": options.wipes}
    counts |= {"comparisons": options.comparisons, "annotators": options.annotators}
    words = [word for name, count in counts.items() for word in (f"--{name}", str(count))]
    words += ["--calm"] * options.calm
    return [*words, "--bound", str(bound), "--seconds", str(bound * PART_WITH_FAULTS)]


def attack(name: str, options: argparse.Namespace, words: list[str]) -> dict[str, Any]:
    """Run one combination in a process of its own; return its report."""
    logs = options.logs / name
    command = [sys.executable, "-m", "benchmarks.chaos.one", "--on", name, "--seed", str(options.seed)]
    done = subprocess.run([*command, *words, "--logs", str(logs)], cwd=ROOT, check=False)
    report = logs / "report.json"
    if not report.exists():
        wrong = f"ended with status {done.returncode} and no report"
        return {"on": name, "seconds": 0, "faults": {}, "violations": [[wrong, 1, str(logs)]], "checked": 0}
    return json.loads(report.read_text())


def fuzz(url: str) -> dict[str, Any]:
    """Ask every address with values that nobody means, by the tests that do so."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="punchweight-chaos-") as folder:
        environment = os.environ | {"DATA_DIR": folder} | ({"DATABASE_URL": url} if url else {})
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FUZZED]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return {
        "on": f"fuzz, {'PostgreSQL' if url else 'SQLite'}",
        "seconds": round(time.monotonic() - begun),
        "faults": {},
        "said": done.stdout.strip().rpartition("\n")[2],
        "violations": [["tests of odd values that fail", 1, done.stdout[-2000:]]] if done.returncode else [],
        "checked": 1,
    }


def fuzz_both() -> list[dict[str, Any]]:
    with ExitStack() as stack:
        cluster = PostgreSQL(stack, Disk(stack).folder)
        return [fuzz(""), fuzz(cluster.url)]


def summed(faults: dict[str, int]) -> dict[str, int]:
    kills = sum(count for name, count in faults.items() if name.startswith("kill"))
    return {"kills": kills} | {name: count for name, count in faults.items() if not name.startswith("kill")}


def show(reports: list[dict[str, Any]]) -> None:
    names = ("kills", "restart", "wipe", "disk full", "clock forward", "clock back")
    columns = ("", "seconds", *names, "votes", "summaries", "sent again", "violations")
    rows = []
    for report in reports:
        faults = summed(report["faults"])
        again = sum(report.get("sent again", {}).values())
        done = [faults.get(name, 0) for name in names]
        counts = (report.get("votes", ""), report.get("summaries", ""), again)
        rows.append((report["on"], report["seconds"], *done, *counts, sum(row[1] for row in report["violations"])))
    print(tabulate(rows, columns))
    for report in reports:
        if took := report.get("took"):
            times = ", ".join(f"{what} p50 {half} ms, p95 {most} ms" for what, (half, most) in took.items())
            print(f"{report['on']}: {times}; the researcher: {report['did']}")
        if said := report.get("said"):
            print(f"{report['on']}: {said}")
        for name, count, examples in report["violations"]:
            print(f"VIOLATED on {report['on']}: {name}: {count} {examples}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", choices=COMBINATIONS, action="append", help="May be given several times; all if not.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=15, help="For everything together.")
    parser.add_argument("--kills", type=int, default=100, help="On each combination; so are the next two.")
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--wipes", type=int, default=5)
    parser.add_argument("--annotators", type=int, help="8 if not said, 64 with --calm.")
    parser.add_argument("--comparisons", type=int, default=600, help="Of two places each, that people rate.")
    parser.add_argument("--calm", action="store_true", help="Without faults, and without odd values at the end.")
    parser.add_argument("--no-fuzz", dest="fuzz", action="store_false")
    parser.add_argument(
        "--quick", action="store_true", help="SQLite with files alone, half a minute, one of each fault."
    )
    parser.add_argument("--logs", type=Path, help="A folder that keeps the logs and reports.")
    options = parser.parse_args()
    if options.quick:
        options.on, options.fuzz = options.on or ["sqlite-files"], False
    options.fuzz = options.fuzz and not options.calm
    options.annotators = options.annotators or (64 if options.calm else 8)
    return options


def main() -> None:
    options = arguments()
    combinations = options.on or list(COMBINATIONS)
    options.logs = options.logs or Path(tempfile.mkdtemp(prefix="punchweight-chaos-logs-"))
    print(f"seed {options.seed}, logs in {options.logs}, load before {os.getloadavg()[0]:.1f}", flush=True)
    words = combination_options(options, len(combinations))
    reports = []
    for name in combinations:
        print(f"{name} ...", file=sys.stderr, flush=True)
        reports.append(attack(name, options, words))
    if options.fuzz:
        print("fuzz ...", file=sys.stderr, flush=True)
        try:
            reports += fuzz_both()
        except MissingError as error:
            reports.append({"on": "fuzz", "seconds": 0, "faults": {}, "violations": [[str(error), 1, ""]]})
    show(reports)
    sound = not any(report["violations"] for report in reports)
    print("sound" if sound else "NOT sound")
    sys.exit(not sound)


if __name__ == "__main__":
    main()
