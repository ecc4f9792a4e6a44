"""The version before works on the present tables: its code does what people and workers do.

The present code begins and hands over, as where both run beside each other during an upgrade; the older one goes on, in
a process of its own; then the present one reads everything, and goes on where the other stopped.
"""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from annotations.models import Assignment, Judgement
from annotations.rating.votes import choice_of
from api.tokens import make_token
from benchmarks.soak import violations
from jobs.registry import registered_jobs
from leaderboards.models.releases import Release
from leaderboards.releases.publishing import changed_files
from models_runner.models import Run, Score, Summary
from tests.migration import older_acts
from tests.services.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)
# Kept here, because a shallow clone has no history: the version before, and what whoever releases renews it with.
#     git archive TAG -- . ':!tests' ':!docs' ':!benchmarks' ':!locale' ':!tools' ':!client' ':!deploy' ':!protocols' \
#         | xz -9 > tests/migration/older_code.tar.xz
OLDER_CODE = Path(__file__).with_name("older_code.tar.xz")
PAGES = (
    "study", "board", "report", "study-quality", "study-people", "disagreements", "trust", "study-pairs", "study-history",
    "study-gold", "study-judges", "exports", "study-releases", "figures", "planning", "errors",
)  # fmt: skip


def older_code(folder):
    with tarfile.open(OLDER_CODE) as archive:
        archive.extractall(folder)
    (folder / "older_acts.py").write_bytes(Path(older_acts.__file__).read_bytes())


def run_older_code(folder, handed):
    older_code(folder)
    file = folder / "handed.json"
    file.write_text(json.dumps(handed))
    same = {"DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR), "SECRET_KEY": settings.SECRET_KEY}
    # Boards are made by workers, however few votes there are.
    how = {"BOARD_IN_REQUEST_VOTES": "0", "BOARD_DEBOUNCE_SECONDS": "0", "LOG_LEVEL": "ERROR", "DEBUG": "0"}
    command = [sys.executable, "older_acts.py", str(file)]
    done = subprocess.run(command, cwd=folder, env=os.environ | same | how, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-30000:]
    return json.loads(file.read_text())


def test_it_does_everything_on_the_present_tables(tmp_path, settings):
    settings.BOARD_IN_REQUEST_VOTES = settings.BOARD_DEBOUNCE_SECONDS = 0
    workers = older_acts.Workers()
    try:
        browser, handed = begin(workers)
        told = run_older_code(tmp_path, handed)
        did = told["did"]
        assert len(did) >= 6, did
        go_on(browser, handed, told, workers)
    finally:
        workers.leave()


def begin(workers):
    """Of the present code: an account, a study that somebody rates, and runs that nobody has written."""
    owner = get_user_model().objects.create_superuser("lead", password=older_acts.PASSWORD)
    _, token = make_token(owner, "test", "admin")
    api, browser = older_acts.Api(token), older_acts.logged_in("lead")
    systems = older_acts.begin_runs(api, "present")
    workers.work()
    older_acts.begin_study(api, "present", systems)
    person = older_acts.Person()
    person.join(older_acts.invitation(browser, "present"))
    person.ahead(person.vote("left"))
    older_acts.begin_runs(api, "announced")
    handed = {"token": token, "username": "lead", "person": person.handed(), "messages": workers.messages}
    return browser, handed


def go_on(browser, handed, told, workers):
    """Of the present code, with what the older one left; then everything must be as it was told."""
    workers.messages[:] = [tuple(message) for message in told["messages"]]
    workers.work()
    people = [older_acts.Person(**person) for person in told["people"]]
    people[-1].rate()
    assert_as_told(people)
    assert_all_is_done()
    assert_the_release_is_whole("present")
    for name in PAGES:
        older_acts.ok(browser.get(reverse(name, args=["older"])))
        workers.work()
    assert older_acts.Api(handed["token"]).get("/studies/older/boards/overall").json()


def assert_as_told(people):
    rows = Judgement.objects.values_list("assignment__token", "assignment__shown_left", "outcome")
    stored = {str(token): choice_of(outcome, left) for token, left, outcome in rows}
    told = [person.acknowledged for person in people]
    assert stored == told[0] | told[1] | told[2]
    assert len(stored) == sum(map(len, told)) > 8
    assert {name: rows for name, rows in violations().items() if rows} == {}
    assert Assignment.objects.filter(state="skipped").count() >= 2


def assert_all_is_done():
    kinds = {*registered_jobs(), Run, Summary}
    states = {(kind.__name__, status) for kind in kinds for status in statuses(kind)}
    assert {status for _, status in states} <= {"done", "idle"}, states
    assert {"Release", "ScoringJob", "SnapshotJob", "Run", "Summary"} <= {name for name, _ in states}
    assert Run.objects.count() == 8
    for summary in Summary.objects.select_related("run__system", "document"):
        assert summary.text == f"It ships on {summary.document.external_id} Friday, says {summary.run.system.slug[-1]}"
        assert Score.objects.filter(summary=summary).exists(), summary


def statuses(kind):
    return kind._default_manager.values_list("status", flat=True).distinct()


def assert_the_release_is_whole(slug):
    release = Release.objects.get(study__slug=slug)
    assert release.published_at
    assert changed_files(release) == []
