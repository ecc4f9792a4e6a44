"""Time the export of votes over HTTP by this site and by another tool, from the request to the last byte.

    python -m benchmarks.export_http [--tasks 2000] [--votes-per-task 10] [--repeat 3] [--postgresql URL]

benchmarks.export --peers runs this module; each tool is measured in a separate process, one after the other.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tabulate import tabulate

from benchmarks.parts import stored
from benchmarks.parts.site import database, serving, temporary_site

MEGABYTE = 1_000_000
WARM_UP = 8
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class HttpExport:
    """The exports of one tool in one format.

    Attributes:
        votes: Votes counted in the answer.
        seconds: Time of each repeat.
        megabytes: Size of the answer.
    """

    tool: str
    format: str
    votes: int
    seconds: list[float]
    megabytes: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def ours(options: argparse.Namespace) -> HttpExport:
    """Measure this site: one pair of summaries per meeting, and all votes as JSON Lines through the API."""
    with _site(options) as (server, path, token):
        for _ in range(WARM_UP):
            _get(server, f"{path}?judges=llm", token)  # no votes: every web process has loaded what it needs
        seconds, body = [], b""
        for _ in range(options.repeat):
            started = time.perf_counter()
            body = _get(server, path, token)
            seconds.append(time.perf_counter() - started)
    votes = [json.loads(line) for line in body.splitlines()]
    wanted = options.tasks * options.votes_per_task
    if len({vote["id"] for vote in votes}) != wanted:
        raise SystemExit(f"NOT sound: {wanted} votes are stored, {len(votes)} came.")
    return HttpExport("Punchweight", "JSON Lines", len(votes), seconds, len(body) / MEGABYTE)


@contextmanager
def _site(options: argparse.Namespace) -> Iterator[tuple[str, str, str]]:
    """Serve a site with its votes; yield its host, the address of the export, and a token for it."""
    with ExitStack() as stack:
        url = stack.enter_context(database(options.postgresql)) if options.postgresql else ""
        stack.enter_context(temporary_site(1, database_url=url))
        from django.contrib.auth.models import User
        from django.core.management import call_command
        from django.db import connections

        from api.tokens import make_token
        from evalsite.launcher import web_command

        call_command("collectstatic", verbosity=0, interactive=False)
        study = stored.make_study(options.tasks)
        people = stored.add_annotators(study, 5 * options.votes_per_task)
        study.comparisons.all().delete()
        stored.store_votes(study, study.dataset, people, options.tasks * options.votes_per_task, options.votes_per_task)
        stored.settle_database()
        token = make_token(User.objects.create_user("reader", is_staff=True), "benchmark", "read")[1]
        connections.close_all()
        host = f"127.0.0.1:{options.port}"
        stack.enter_context(serving([*web_command("127.0.0.1", options.port), "--log-level", "error"], host))
        yield host, f"/api/v1/studies/{study.slug}/votes", token


def _get(host: str, path: str, token: str) -> bytes:
    connection = HTTPConnection(host, timeout=600)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}: {body[:300]!r}")
    return body


def theirs(folder: Path, binary: str, options: argparse.Namespace) -> list[HttpExport]:
    """Measure Label Studio by the folder's own script, with the same counts and without the settings of this site."""
    environment = {key: value for key, value in os.environ.items() if key in PASSED_ON}
    counts = ["--tasks", options.tasks, "--votes-per-task", options.votes_per_task, "--repeat", options.repeat]
    with tempfile.TemporaryDirectory(prefix="punchweight-peer-") as report_folder:
        report = Path(report_folder) / "report.jsonl"
        command = [sys.executable, "export.py", "--bin", binary, *map(str, counts), "--json", str(report)]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr, env=environment)
        measured: dict[str, Any] = json.loads(report.read_text())
    return [
        HttpExport("Label Studio", name, figures["votes_in_file"], figures["seconds"], figures["mb"])
        for name, figures in measured.items()
        if isinstance(figures, dict)
    ]


def compare(folder: Path, binary: str, options: argparse.Namespace) -> list[HttpExport]:
    command = [sys.executable, "-m", "benchmarks.export_http", "--tasks", options.tasks, "--port", options.port]
    command += ["--votes-per-task", options.votes_per_task, "--repeat", options.repeat]
    command += ["--postgresql", options.postgresql] if options.postgresql else []
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
    own = HttpExport(**json.loads(done.stdout.splitlines()[-1]))
    others = theirs(folder, binary, options)
    _show([own, *others])
    return [own, *others]


def _show(rows: list[HttpExport]) -> None:
    own = rows[0]
    print(f"\n{own.votes:,} votes over HTTP, from the request to the last byte (median of {len(own.seconds)})\n")
    headings = ("tool", "format", "seconds", "votes", "votes/s", "file MB", "Punchweight is")
    lines = [
        (
            *(row.tool, row.format, row.median, row.votes, row.votes / row.median, row.megabytes),
            f"{row.median / own.median:.1f}x as fast" if row is not own else "",
        )
        for row in rows
    ]
    print(tabulate(lines, headings, intfmt=",", floatfmt=("", "", ".2f", "", ",.0f", ".1f", "")))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tasks", type=int, default=2_000, help="Comparisons exported over HTTP.")
    parser.add_argument("--votes-per-task", type=int, default=10, help="Of each of them.")
    parser.add_argument("--repeat", type=int, default=3, help="Exports over HTTP of each format.")
    parser.add_argument("--port", type=int, default=8767)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--postgresql", metavar="URL", default="")
    options = parser.parse_args()
    os.environ["PORT"] = str(options.port)
    print(json.dumps(asdict(ours(options))))


if __name__ == "__main__":
    main()
