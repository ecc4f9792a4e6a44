"""`make run` as a person meets it: start, look, Ctrl-C, start again."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

pytestmark = [pytest.mark.worker, pytest.mark.weights]
HEAVY = ("torch", "vl_convert", "xllamacpp")
# What is under way when a site stops is given back at once, and nothing computes BERTScore, which no test here looks at.
SHORT = {"DRAIN_SECONDS": "0.5", "BERTSCORE_MODEL": str(Path(__file__).parent)}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    def __init__(self, data_dir, port, output, **environment):
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "CELERY_BROKER_URL")}
        env = kept | {"DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1"} | SHORT | environment
        self.port, self.output, self.data_dir = port, output, data_dir
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"], stdout=file, stderr=file, env=env, cwd=settings.BASE_DIR
            )

    def text(self):
        return self.output.read_text()

    def rows(self, query):
        with sqlite3.connect(self.data_dir / "db.sqlite3", timeout=30) as connection:
            return connection.execute(query).fetchall()

    def shorten(self):
        """Leave little of the meetings, in a language whose evidence needs no weights, while the site does not run."""
        turns = json.dumps([{"speaker": "Maya", "content": "We ship the checkout on Friday."}])
        with sqlite3.connect(self.data_dir / "db.sqlite3") as connection:
            connection.execute("UPDATE models_runner_document SET language = 'de'")
            changed = connection.execute("UPDATE models_runner_transcript SET turns = ?", [turns])
        assert changed.rowcount >= 10

    def wait_until(self, condition, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.text()
            try:
                if condition():
                    return
            except (OSError, sqlite3.OperationalError):
                pass
            time.sleep(0.3)
        raise AssertionError(self.text())

    def answers(self):
        with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
            return json.load(answer) == {"status": "ok"}

    def metrics(self, token):
        """Values by name and last label, in the order of the labels' names; the last of those that share both."""
        address = Request(f"http://127.0.0.1:{self.port}/metrics", headers={"Authorization": f"Bearer {token}"})
        with urlopen(address, timeout=30) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return {
            (sample.name, ["", *sample.labels.values()][-1]): sample.value
            for family in families
            for sample in family.samples
        }

    def assets(self, path):
        """What a page loads, by address, with its status."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            addresses = re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg))"', answer.read().decode())
        statuses = {}
        for address in addresses:
            with urlopen(f"http://127.0.0.1:{self.port}{address}", timeout=30) as answer:
                statuses[address] = answer.status
        return statuses

    def stop(self):
        """Press Ctrl-C, and tell it again while it stops, as what ends a whole process group does."""
        self.process.send_signal(signal.SIGINT)
        while "Stopping ..." not in self.text() and self.process.poll() is None:
            time.sleep(0.05)
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def processes_of(data_dir):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={data_dir}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def heavy_libraries(data_dir):
    """What each process of the site has loaded of those that cost hundreds of megabytes, by a word of its command."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={data_dir}\0".encode() in (process / "environ").read_bytes():
                command, maps = (process / "cmdline").read_text(), (process / "maps").read_text()
                (role,) = (word for word in ("serve", "gunicorn", "generation", "metrics") if word in command)
                found.setdefault(role, set()).update(name for name in HEAVY if f"/{name}" in maps)
        except OSError:
            continue
    return found


def test_start_stop_and_start_again(tmp_path):
    data_dir, port = tmp_path / "data", free_port()
    of_sample = (
        "SELECT s.run_id, s.document_id FROM models_runner_summary s JOIN models_runner_document d ON d.id = s.document_id "
        "JOIN models_runner_dataset m ON m.id = d.dataset_id WHERE m.name = 'sample-meetings'"
    )
    written = f"{of_sample} AND s.status = 'done'"
    studies = "SELECT slug FROM annotations_study ORDER BY slug"
    first = Site(data_dir, port, tmp_path / "first", METRICS_TOKEN="of-the-operator")
    try:
        first.wait_until(first.answers)
        first.wait_until(lambda: "Annotators join at" in first.text())
        first.wait_until(lambda: first.rows(studies) == [("demo",), ("example",)])
        # Both baselines are written, and the real weights are at their first summary.
        first.wait_until(lambda: len(first.rows(written)) >= 20 and first.rows(f"{of_sample} AND s.status = 'running'"))
        measured = first.metrics("of-the-operator")
        loaded = heavy_libraries(data_dir)
    finally:
        assert first.stop() == 0
    assert "Password" in first.text()
    assert processes_of(data_dir) == []
    # Whoever draws or computes for the start alone has ended; llama.cpp needs no PyTorch.
    assert (loaded["serve"], loaded["gunicorn"], loaded["generation"]) == (set(), set(), {"xllamacpp"})
    assert measured[("punchweight_workers", "generation")] == 1
    assert measured[("punchweight_up", "broker")] == 1
    assert measured[("punchweight_request_seconds_count", "healthz")] >= 2
    before = first.rows(written)
    first.shorten()

    second = Site(data_dir, port, tmp_path / "second", EXAMPLE="0", SITE_URL=f"http://127.0.0.1:{port}/below")
    try:
        second.wait_until(second.answers)
        assets = second.assets("/below/login/")
        second.wait_until(lambda: len(second.rows(written)) > len(before))
        second.wait_until(lambda: second.rows(studies) == [("demo",)])
    finally:
        assert second.stop() == 0
    assert len(assets) >= 3
    assert all(address.startswith("/below/static/") and status == 200 for address, status in assets.items()), assets
    after = second.rows(of_sample)
    assert len(after) == len(set(after)) == 40
    assert "the one shown at the first start" in second.text()
    assert second.rows("SELECT count(*) FROM auth_user") == [(1,)]


def test_after_a_kill_of_the_command_nothing_goes_on_writing(tmp_path):
    data_dir, port = tmp_path / "data", free_port()
    site = Site(data_dir, port, tmp_path / "out", EXAMPLE="0")
    held = "SELECT count(*) FROM models_runner_summary WHERE status = 'running'"
    try:
        site.wait_until(lambda: site.rows(held) != [(0,)])
    finally:
        site.process.kill()
        site.process.wait()
    end = time.monotonic() + 60
    while processes_of(data_dir) and time.monotonic() < end:
        time.sleep(0.3)
    assert processes_of(data_dir) == []
    assert site.rows(held) == [(0,)]
    written = "SELECT DISTINCT status, attempts FROM models_runner_summary WHERE NOT (status = 'done' AND attempts = 1)"
    assert set(site.rows(written)) <= {("pending", 0)}


def test_a_port_in_use_is_a_clear_message(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        site = Site(tmp_path / "data", port, tmp_path / "out")
        assert site.process.wait(60) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in site.text()
    assert "make run PORT=" in site.text()
    assert processes_of(tmp_path / "data") == []
