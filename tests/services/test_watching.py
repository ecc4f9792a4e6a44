"""One vote, one summary and two errors, followed through real processes to a collector of traces and one of errors."""

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings

from accounts.roles import give_role
from annotations.models import Judgement
from annotations.people.links import invitation_path
from api.tokens import make_token
from models_runner.models import Run, ScoringJob
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory, UserFactory, make_study
from tests.services.receiver import receiving
from tests.services.test_annotators import Annotator
from tests.services.workers import database_url, empty_broker, wait_until, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

SECRETS = (
    "a-password-of-somebody",
    "a-cookie-of-somebody",
    "a-token-of-somebody",
    "words-of-a-transcript",
    "words-of-a-summary",
)
SERVER, CONSUMER = 2, 5


@contextmanager
def web(environment, log):
    """A web process of the site, with a page that fails."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "tests.services.failing:application", "--bind", f"127.0.0.1:{port}"]
    own = {"DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR), "PORT": str(port)}
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [*command, "--threads", "2", "--no-control-socket"],
            env=os.environ | own | environment, cwd=settings.BASE_DIR, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_until(lambda: _answers(port), what=f"an answer; see {log}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(port):
    try:
        return urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200
    except (URLError, OSError):
        return False


def start_run(server, dataset, system):
    user = UserFactory()
    give_role(user, "researcher")
    _row, token = make_token(user, "script", "write")
    body = json.dumps({"dataset": dataset.name, "system": system.slug}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(f"{server}/api/v1/runs", body, headers), timeout=60) as answer:
        return json.load(answer)["id"], token


def vote(server, study):
    annotator = Annotator(server, invitation_path(study))
    votes = []
    annotator.rate_until_done(votes)
    return votes


def fail(server):
    address = f"{server}/resume/{SECRETS[2]}/fail?why={SECRETS[2]}"
    request = Request(address, f"password={SECRETS[0]}".encode(), {"Cookie": SECRETS[1]})
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=60)
    assert refused.value.code == 500


@pytest.fixture
def watched(tmp_path):
    """What came of a vote, a run with its scores, and of a page and a metric that fail."""
    study = make_study(systems=2, documents=1)
    study.dataset.documents.update(language="de")  # whose evidence needs no weights
    dataset = DatasetFactory()
    DocumentFactory(dataset=dataset, external_id="m0", transcript=[{"speaker": "Maya", "content": SECRETS[3]}])
    system = SystemFactory(adapter="scripted", engine={"default": SECRETS[4]})
    empty_broker()
    with receiving() as (address, received):
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{address}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "SENTRY_DSN": f"http://public@{address}/1",
        }
        with web(environment, tmp_path / "web.log") as server:
            votes = vote(server, study)
            fail(server)
            run, token = start_run(server, dataset, system)
            queues = ("generation", "metrics")
            options = {"include": "tests.services.failing", "cold": True} | environment
            with worker(*queues, log=tmp_path / "worker.log", **options):
                jobs = ScoringJob.objects.filter(run=run)
                wait_until(lambda: jobs.filter(metric="rouge", status="done").exists(), what="scores")
                wait_until(lambda: jobs.filter(metric="bertscore", status="failed").exists(), what="a failed metric")
                wait_until(lambda: received.named("score") and len(received.events) > 1, what="what was sent")
    empty_broker()
    return study, Run.objects.get(pk=run), votes, received, token


def test_a_vote_a_summary_and_errors_are_followed_and_nobodys_words_are(watched):
    """One start of real processes for all of it: they are what takes long."""
    study, run, votes, received, token = watched
    assert votes == [200]
    assert Judgement.objects.count() == 1
    _check_vote(received, study)
    _check_summary(received, run)
    _check_errors(received)
    for secret in (*SECRETS, token, study.title, invitation_path(study).split("/")[-2]):
        assert secret.encode() not in received.raw


def _check_vote(received, study):
    (saved,) = received.named("vote", study=study.pk)
    (request,) = received.named("POST vote")
    assert (saved["trace"], saved["parent"]) == (request["trace"], request["id"])
    assert (request["kind"], request["parent"]) == (SERVER, "")
    assert request["attributes"]["http.route"] == "rate/<uuid:public_id>/vote"
    assert received.named("POST fail")[0]["failed"]
    assert {resource["service.name"] for resource in received.resources} == {"punchweight"}


def _check_summary(received, run):
    (request,) = [span for span in received.spans if span["name"].startswith("POST api")]
    task, *announced_again = sorted(
        received.named("generate_summaries", run=run.pk), key=lambda task: task["trace"] != request["trace"]
    )
    assert (task["trace"], task["parent"], task["kind"]) == (request["trace"], request["id"], CONSUMER)
    for name in ("claim", "generate", "save"):
        assert task["id"] in {span["parent"] for span in received.named(name, run=run.pk)}
    # By the sweep of the worker's start: traces of their own, led to by the run.
    assert all(task["parent"] == "" and task["trace"] != request["trace"] for task in announced_again)
    scored = [span for span in received.named("scoring job", run=run.pk) if not span["failed"]]
    assert {span["trace"] for span in scored} == {request["trace"]}
    assert received.named("score")[0]["trace"] == request["trace"]


def _check_errors(received):
    assert received.kinds == {"event"}
    page, metric = sorted(
        received.events, key=lambda event: event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"]
    )
    for event, function, tag in ((page, "fail", "request"), (metric, "score", "scoringjob")):
        (exception,) = event["exception"]["values"]
        frame = exception["stacktrace"]["frames"][-1]
        assert (exception["type"], frame["function"], frame["filename"]) == (
            "ValueError",
            function,
            "tests/services/failing.py",
        )
        assert "value" not in exception
        assert "vars" not in frame
        assert event["release"] == "punchweight@0.1.0"
        assert event["tags"][tag]
        assert not {"request", "user", "extra", "breadcrumbs", "contexts", "modules"} & set(event)
    assert metric["logentry"] == {"message": "%s failed"}
