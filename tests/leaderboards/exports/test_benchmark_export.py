"""The benchmark of exports runs over HTTP, beside another tool. Nothing here is about how fast."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import export_http
from benchmarks.export_http import HttpExport

ROOT = Path(__file__).parents[3]
PEER = """
import argparse, json
parser = argparse.ArgumentParser()
for name in ("--bin", "--tasks", "--votes-per-task", "--repeat", "--json"):
    parser.add_argument(name)
given = parser.parse_args()
assert given.bin == "label-studio"
votes = int(given.tasks) * int(given.votes_per_task)
measured = {"seconds": [5000.0] * int(given.repeat), "median_s": 5000.0, "mb": 1.5, "votes_in_file": votes}
with open(given.json, "w") as file:
    file.write(json.dumps({"bench": "export", "votes": votes, "JSON": measured}))
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "WEB_CONCURRENCY": "1"
    }
    command = [sys.executable, "-m", "benchmarks.export", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)


def test_votes_are_exported_over_http_beside_another_tool(tmp_path):
    (tmp_path / "export.py").write_text(PEER)
    report = tmp_path / "found.json"
    counts = ["--tasks", "6", "--votes-per-task", "3", "--repeat", "2", "--port", str(free_port())]
    peers = ["--peers", str(tmp_path), "--label-studio", "label-studio"]
    done = run("--formats", "", *counts, *peers, "--json", str(report))
    assert done.returncode == 0, done.stderr
    own, other = json.loads(report.read_text())["over HTTP"]
    assert (own["tool"], own["votes"], len(own["seconds"])) == ("Punchweight", 18, 2)
    assert (other["tool"], other["format"], other["votes"]) == ("Label Studio", "JSON", 18)
    assert float(done.stdout.split("x as fast")[0].split()[-1]) > 100


def test_a_peer_needs_both_options():
    done = run("--peers", "somewhere")
    assert (done.returncode, "go together" in done.stderr) == (2, True)


def test_another_number_of_votes_is_no_measurement(monkeypatch):
    class Site:
        def __enter__(self):
            return "host", "path", "token"

        def __exit__(self, *error):
            return False

    class Options:
        tasks, votes_per_task, repeat = 2, 3, 1

    monkeypatch.setattr(export_http, "_site", lambda options: Site())
    monkeypatch.setattr(export_http, "_get", lambda *asked: b'{"id": "one"}\n' * 6)
    with pytest.raises(SystemExit, match="NOT sound: 6 votes are stored"):
        export_http.ours(Options())


def test_the_median_is_shown():
    assert HttpExport("x", "csv", 1, [3.0, 1.0, 2.0], 1.0).median == 2.0
