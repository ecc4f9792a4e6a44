"""One combination of database and broker: servers, site and people, faults by schedule, and the checks at the end.

    python -m benchmarks.chaos.one --on postgresql-redis --seed 1

A process of its own for each, because settings are read once in a process. `python -m benchmarks.chaos` runs all.
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.annotate import percentile
from benchmarks.chaos.faults import Faults, Plan, schedule
from benchmarks.chaos.material import QUOTA, RESEARCHER, make_site, start_runs
from benchmarks.chaos.people import Pace, Researcher, make_people
from benchmarks.chaos.processes import Clock, Site, wait_for
from benchmarks.chaos.servers import Disk, Files, PostgreSQL, RabbitMQ, Redis, SQLite, free_port

COMBINATIONS = ("postgresql-redis", "postgresql-rabbitmq", "sqlite-files")
# Lost work is looked for often, so that much of it comes back within the time. No check depends on these.
OFTEN = {
    "SUMMARY_LEASE_SECONDS": "20",
    "SWEEP_SECONDS": "5",
    "RESEND_SECONDS": "10",
    "RETRY_SECONDS": "1",
    "ASSIGNMENT_LEASE_SECONDS": "20",
    "BOARD_IN_REQUEST_VOTES": "20",
    "BOARD_DEBOUNCE_SECONDS": "2",
    "WEB_CONCURRENCY": "2",
    "DRAIN_SECONDS": "5",
    "LOG_LEVEL": "WARNING",
}
AT_LEAST_SECONDS = 20.0
ELSEWHERE = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "DEBUG", "HUB_ONLINE", "STORAGE_URL", "SITE_URL")


class Combination:
    def __init__(self, stack: ExitStack, name: str) -> None:
        self.disk = Disk(stack)
        self.data = self.disk.folder / "data"
        self.data.mkdir()
        kind, broker = name.split("-")
        self.database: Any = SQLite(self.data / "db.sqlite3")
        if kind == "postgresql":
            self.database = PostgreSQL(stack, self.disk.folder)
        brokers = {"redis": Redis, "rabbitmq": RabbitMQ}
        self.broker = brokers[broker](stack, self.disk.folder) if broker in brokers else Files(self.data / "broker")

    def set_up(self) -> None:
        """Set up Django in this process, and the environment of those that the site starts."""
        for variable in ELSEWHERE:
            os.environ.pop(variable, None)
        os.environ |= OFTEN | {"DJANGO_SETTINGS_MODULE": "evalsite.settings", "DATA_DIR": str(self.data)}
        servers = {"DATABASE_URL": self.database.url, "CELERY_BROKER_URL": self.broker.url}
        os.environ |= {variable: url for variable, url in servers.items() if url}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)


def run(options: argparse.Namespace, logs: Path) -> dict[str, Any]:
    begun = time.monotonic()
    with ExitStack() as stack:
        combination = Combination(stack, options.on)
        combination.set_up()
        study, names = make_site(options.annotators, options.comparisons)
        clock = Clock(logs)
        site = stack.enter_context(Site(free_port(), logs, clock))
        people, researcher = _people(stack, options, site, study, names)
        runs = start_runs(options.runs, options.summaries, options.seconds_each)
        for person in (*people, researcher):
            person.start()
        for person in people:
            person.joined.wait(AT_LEAST_SECONDS)
        researcher.pace.end = time.monotonic() + options.seconds
        faults = Faults(site, combination.database, combination.broker, combination.disk, clock, options.seed)
        plan = Plan(options.seconds, options.kills, options.restarts, options.wipes)
        _close_connections()
        faults.run([] if options.calm else schedule(plan, random.Random(options.seed)))
        finished = _finish(people, researcher, study, begun + options.bound)
        report = _report(options, faults, [*people, researcher], study, runs, finished)
    return report | {"seconds": round(time.monotonic() - begun)}


def _people(
    stack: ExitStack, options: argparse.Namespace, site: Site, study: Any, names: list[str]
) -> tuple[list[Any], Researcher]:
    from annotations.people.links import invitation_path

    pace = Pace(study.comparisons.count() * QUOTA, len(names))
    stack.callback(setattr, pace, "gives_up", True)
    people = make_people(site.address, names, invitation_path(study), options.seed, pace)
    return people, Researcher(site.address, RESEARCHER, study, options.seed, pace)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _finish(people: list[Any], researcher: Researcher, study: Any, deadline: float) -> bool:
    """Let people rate what is left, and workers end all work; False if that takes too long."""
    from benchmarks.chaos.checks import board_is_current, jobs_left, retry_what_a_full_disk_failed

    for person in people:
        person.join(max(0.0, deadline - time.monotonic()))
    # Who is not done ends after the pair before them: what they were told must not change while it is read.
    researcher.pace.stopped = True
    researcher.stopped.set()
    for person in (*people, researcher):
        person.join(AT_LEAST_SECONDS + max(0.0, deadline - time.monotonic()))

    def at_rest() -> bool:
        researcher.done["retry failed"] += retry_what_a_full_disk_failed()
        return board_is_current(study) and not jobs_left()

    return wait_for(at_rest, deadline - time.monotonic())


def _report(
    options: argparse.Namespace, faults: Faults, everybody: list[Any], study: Any, runs: list[Any], finished: bool
) -> dict[str, Any]:
    from annotations.models import Judgement
    from benchmarks.chaos.checks import checks
    from models_runner.models import Summary

    *people, researcher = everybody
    found = [*_of_people(everybody, finished), *_of_faults(faults), *checks(people, study, runs)]
    summaries = Summary.objects.filter(run__in=runs)
    return {
        "on": options.on,
        "seed": options.seed,
        "faults": dict(sorted(faults.did.items())),
        "starts": dict(faults.site.started),
        "votes": Judgement.objects.count(),
        "summaries": summaries.filter(status="done").count(),
        "attempts": sum(summaries.values_list("attempts", flat=True)),
        "took": _took(people),
        "sent again": dict(sum((person.faults for person in everybody), Counter())),
        "did": dict(researcher.done),
        "violations": [row for row in found if row[1]],
        "checked": len(found),
    }


def _took(people: list[Any]) -> dict[str, list[float]]:
    """Return of *next* and *save* the milliseconds within which half and 95 of 100 were answered."""
    took = {what: [seconds for person in people for seconds in person.took[what]] for what in ("next", "save")}
    return {what: [percentile(seconds, share) for share in (0.5, 0.95)] for what, seconds in took.items()}


def _of_people(everybody: list[Any], finished: bool) -> list[tuple[str, int, str]]:
    failures = [person.failure for person in everybody if person.failure]
    failures += [f"{person.name} did not end" for person in everybody if person.is_alive()]
    wrong = [answer for person in everybody for answer in person.wrong]
    return [
        ("not at rest within the time", int(not finished), ""),
        ("people who could not go on", len(failures), "; ".join(failures[:3])),
        ("answers of 500 or more but 503", len(wrong), "; ".join(wrong[:5])),
    ]


def _of_faults(faults: Faults) -> list[tuple[str, int, str]]:
    return [("faults that could not be done", len(faults.failed), "; ".join(faults.failed[:3]))]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", choices=COMBINATIONS, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=160, help="For how long things go wrong.")
    parser.add_argument("--bound", type=float, default=270, help="Within which everything must have ended.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--wipes", type=int, default=5)
    parser.add_argument("--calm", action="store_true", help="Nothing goes wrong.")
    parser.add_argument("--annotators", type=int, default=8)
    parser.add_argument("--comparisons", type=int, default=600)
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--summaries", type=int, default=60, help="Of each run.")
    parser.add_argument("--seconds-each", type=float, default=0.4, help="What a summary takes to write.")
    parser.add_argument("--logs", type=Path, required=True, help="A folder for the logs and report.json.")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    # Exit in order, so that everything started here ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options.logs.mkdir(parents=True, exist_ok=True)
    report = run(options, options.logs.resolve())
    (options.logs / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    sys.exit(bool(report["violations"]))


if __name__ == "__main__":
    main()
