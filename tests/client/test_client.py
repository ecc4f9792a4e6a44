"""The client against a real server."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from annotations.models import Study
from annotations.people.joining import join
from leaderboards.files import jobs
from leaderboards.models.releases import Release
from models_runner.models import Document, Run
from tests.annotations.helpers import rate_everything
from tests.api.helpers import document
from tests.factories import make_study
from tests.marks.files import study_with_texts

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_exported_and_uploaded_again_gives_the_same_board(client_of_site):
    """Documents, summaries and votes go out, and into a dataset and a study of other names."""
    client = client_of_site
    client.upload_documents("one", [document("m1"), document("m2"), document("m3", references=[])])
    for system in ("first", "second", "third"):
        rows = [{"document_id": f"m{n}", "summary": f"{system} of {n}."} for n in (1, 2, 3)]
        client.upload_summaries("one", rows, system=system)
    client.create_study("one", "one", ["first", "second", "third"], criteria=["overall", "fluency"], quota=2)
    for choice in ("left", "tie"):
        rate_everything(join(Study.objects.get(slug="one")), choice)

    client.upload_documents("two", client.export_documents("one"))
    client.upload_summaries("two", client.export_summaries("one"))
    client.create_study("two", "two", ["first", "second", "third"], criteria=["overall", "fluency"], quota=2)
    done = client.upload_votes("two", client.votes("one"))
    assert done == {"added": 36, "unchanged": 0, "judges": 2}

    assert _hashes("one") == _hashes("two")
    for criterion in ("overall", "fluency"):
        one, two = client.board("one", criterion), client.board("two", criterion)
        names = ("study", "title", "dataset", "fingerprint")  # of other names
        assert {k: v for k, v in one.items() if k not in names} == {k: v for k, v in two.items() if k not in names}
        assert one["votes"] == 18


def _hashes(dataset):
    return list(Document.objects.filter(dataset__name=dataset).values_list("external_id", "content_hash"))


def test_a_board_is_a_frame(client_of_site):
    study = make_study(systems=3, documents=2)
    rate_everything(join(study))
    frame, board = client_of_site.board_frame(study.slug), client_of_site.board(study.slug)
    assert list(frame.index) == [line["system"] for line in board["systems"]]
    assert list(frame["votes"]) == [line["votes"] for line in board["systems"]]


def test_lists_are_read_to_their_end(client_of_site):
    client_of_site.upload_documents("many", [document(f"m{n}") for n in range(120)])
    assert [one["id"] for one in client_of_site.documents("many")] == [f"m{n}" for n in range(120)]
    assert "lead-3" in {system["slug"] for system in client_of_site.systems(regime="baseline", ready=True)}


def test_runs_are_started_cancelled_and_waited_for(client_of_site):
    client = client_of_site
    client.upload_documents("one", [document("m1")])
    run = client.start_run("lead-3", "one", limit=1)["id"]
    with pytest.raises(TimeoutError):
        client.wait_for_runs([run], every=0, at_most=0)
    client.cancel_run(run)
    assert [state["status"] for state in client.wait_for_runs([run])] == ["cancelled"]
    assert client.resume_run(run)["status"] == "pending"
    assert next(iter(client.summaries(run)))["document"] == "m1"
    assert Run.objects.count() == 1


def test_planned_looks_are_read(client_of_site):
    study = make_study(systems=2, documents=3)
    small, large = sorted(study.systems.values_list("slug", flat=True))
    client_of_site.create_study(
        *("planned", study.dataset.name, [small, large]),
        small_system=small,
        large_system=large,
        look_votes=[20, 40],
    )
    assert [row["planned_votes"] for row in client_of_site.looks("planned")] == [20, 40]
    assert client_of_site.looks(study.slug) == []


def test_votes_are_written_whole_or_not_at_all(client_of_site, tmp_path, monkeypatch):
    study = make_study(systems=2, documents=3)
    rate_everything(join(study))
    path = tmp_path / "votes.jsonl"
    assert client_of_site.export_votes(study.slug, path) == 3
    assert len(path.read_text().splitlines()) == 3

    def broken(*args, **kwargs):
        yield {"id": 1}
        raise ConnectionError("gone")

    monkeypatch.setattr(client_of_site, "votes", broken)
    with pytest.raises(ConnectionError):
        client_of_site.export_votes(study.slug, tmp_path / "more.jsonl")
    assert [file.name for file in tmp_path.iterdir()] == ["votes.jsonl"]


def test_a_release_is_made_written_published_and_downloaded(client_of_site, tmp_path):
    study, client = make_study(systems=2, documents=2), client_of_site
    rate_everything(join(study))
    version = client.create_release(study.slug, name="Votes", licence="MIT")["version"]
    with pytest.raises(TimeoutError, match="pending"):
        client.wait_for_release(study.slug, version, every=0, at_most=0)
    Release.objects.update(status="failed", failure_reason="The disk is full.")
    assert client.wait_for_release(study.slug, version)["reason"] == "The disk is full."
    assert client.retry_release(study.slug, version)["state"] == "pending"
    jobs.write_job(Release, Release.objects.get().pk, owner="w")
    assert client.wait_for_release(study.slug, version)["state"] == "done"
    published = client.publish_release(study.slug, version)
    assert [one["status"] for one in client.releases(study.slug)] == ["published"]
    path = tmp_path / "votes.zip"
    client.download_release(study.slug, version, path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == published["sha256"]
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["votes.zip"]


def test_a_rater_skips_comments_and_takes_back(client_of_site):
    study = make_study(systems=2, documents=2)
    rater = client_of_site.add_rater(study.slug, "p1")
    first = rater.next()
    rater.comment(first, "Hm.")
    rater.skip(first, "subject")
    second = rater.next()
    assert second["token"] != first["token"]
    assert rater.vote(second, "overall", "left") == {"complete": True, "repeated": False}
    assert rater.next() is None
    assert rater.why_nothing() == "done"
    assert rater.undo() == {"token": second["token"]}
    assert rater.hold() == 1


def test_a_rater_marks_errors(client_of_site):
    rater = client_of_site.add_rater(study_with_texts(ask_marks="required").slug, "p1")
    pair = rater.next()
    assert rater.vote(pair, "overall", "left")["complete"] is False
    rater.mark(pair, "right", "invented", "major", words="by Wednesday", comment="It was Friday.")
    rater.mark(pair, "left", "missing decision")
    pair, key = rater.undo() and rater.next(), "00000000-0000-4000-8000-000000000000"
    words, whole = pair["marks"]["standing"]
    assert pair["right"][words["start"] : words["end"]] == words["text"] == "by Wednesday"
    rater.take_mark_back(pair, words["key"], client_key=key)
    assert rater.take_mark_back(pair, words["key"], client_key=key)["repeated"] is True
    rater.read_for_errors(pair)
    rater.vote(pair, "overall", "left")
    assert rater.next()["marks"]["lacking"] == ["right"]
    assert rater.no_error_to_mark(pair) == {"complete": True, "repeated": False}
    assert whole["start"] is None


def test_a_refusal_has_the_words_of_the_site(client_of_site):
    from punchweight_client import ApiError

    with pytest.raises(ApiError, match="There is no dataset 'none'") as refused:
        client_of_site.start_run("lead-3", "none")
    assert (refused.value.status, refused.value.code, refused.value.field) == (422, "unknown_dataset", "dataset")


def test_a_site_that_is_not_there():
    from punchweight_client import Client, ConnectionFailedError, http

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{free.getsockname()[1]}", "pw_x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "WAITS", (0.0, 0.0))
        with pytest.raises(ConnectionFailedError, match="does not answer"):
            client.study("one")


class Busy(BaseHTTPRequestHandler):
    """Too busy twice, then an answer; keeps what it was sent."""

    seen: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["Idempotency-Key"], body))
        busy = len(self.seen) < 3
        self.send_response(429 if busy else 200)
        if busy:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(
            b'{"error": {"code": "busy", "message": "Wait.", "field": ""}}' if busy else b'{"status": "open"}'
        )

    def log_message(self, *args):
        pass


def test_a_write_is_sent_again_under_the_same_key():
    from punchweight_client import Client

    Busy.seen = []
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(f"http://127.0.0.1:{server.server_port}", "pw_x")
        assert client.change_study("one", "open") == {"status": "open"}
        server.shutdown()
    assert len(Busy.seen) == 3
    assert len({key for key, _ in Busy.seen}) == 1
    assert Busy.seen[0][0]
