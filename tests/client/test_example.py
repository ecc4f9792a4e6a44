"""docs/examples/study_through_the_api.py, as a user runs it: another process, against a real server and real workers' work."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection

from models_runner.models import Run, Summary
from models_runner.runs.generation import work_on_run

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
MEETING = """Maya: We ship the {n} checkout on Friday. The tests of the payment pages still fail.
Leo: I will fix the payment tests by Wednesday. Then the whole checkout can be tried by everybody.
Maya: Good, then we keep the date. Please tell the support team about the new checkout before Friday comes.
Leo: I tell them tomorrow. They asked for a page with the most common questions about the payment.
"""


@pytest.fixture
def worker():
    """Does what the site's workers do, in a thread: the same functions, called for whatever waits."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.2):
            for pk in Run.objects.filter(status__in=["pending", "running"]).values_list("pk", flat=True):
                work_on_run(pk, owner="test:1:1")
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_from_a_folder_of_transcripts_to_a_board(live_server, token, worker, tmp_path):
    folder = tmp_path / "transcripts"
    folder.mkdir()
    for n in ("first", "second", "third"):
        (folder / f"{n}.txt").write_text(MEETING.format(n=n))
    votes = tmp_path / "votes.jsonl"
    asked = ["--url", live_server.url, "--token", token, "--folder", str(folder), "--votes", str(votes)]
    command = [sys.executable, str(ROOT / "docs/examples/study_through_the_api.py"), *asked]
    env = os.environ | {"PYTHONPATH": str(ROOT / "client")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 documents added" in done.stdout
    assert done.stdout.count("rated 3 pairs") == 3
    assert "9 votes in" in done.stdout
    lengths = _lengths()
    for line in votes.read_text().splitlines():
        vote = json.loads(line)
        a, b = (lengths[vote["document_id"], vote[side]] for side in ("model_a", "model_b"))
        assert vote["winner"] == ("tie" if a == b else "model_a" if a < b else "model_b")


def _lengths():
    rows = Summary.objects.values_list("document__external_id", "run__system__slug", "text")
    return {(document, system): len(text) for document, system, text in rows}
