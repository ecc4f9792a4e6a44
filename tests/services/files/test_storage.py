"""Files in object storage: a worker on another disk writes them, and the site serves them, whole or not at all."""

import json
import os
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from evalsite.backup.archive import restore_backup, write_backup
from evalsite.backup.shared_files import delete_left_over
from leaderboards.exports.preferences import Counting
from leaderboards.exports.rows import Selection
from leaderboards.exports.service import Export, get_format
from leaderboards.files import jobs as file_jobs
from leaderboards.models.releases import Release
from leaderboards.releases import publishing
from lib.storage.address import bucket_storage
from lib.storage.bucket import DamagedFileError, StorageError
from lib.storage.shared import Shared, delete_old_copies, file_sha256, the_bucket
from models_runner.adapters.protocol import WeightsMissingError
from models_runner.adapters.weights import local_weights
from models_runner.finetune.lifecycle import start_finetuning
from models_runner.importing.drafts import jobs as import_jobs
from models_runner.importing.drafts import service
from models_runner.models import ImportJob
from models_runner.systems.readiness import system_needs
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, SystemFactory, UserFactory, make_study
from tests.leaderboards.helpers import make_rated_study
from tests.models_runner.checkpoints import saved_decoder
from tests.people import annotator, researcher
from tests.services.files.object_storage import BUCKET, object_storage
from tests.services.workers import empty_broker, wait_until, worker
from tests.written import published_release

pytestmark = pytest.mark.worker
FAST = {"SWEEP_SECONDS": "1", "RESEND_SECONDS": "1", "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with object_storage(tmp_path_factory.mktemp("storage") / "log") as environment:
        yield environment


@pytest.fixture
def storage(server, settings, monkeypatch, tmp_path):
    """This process is a web process of a site with object storage, below a prefix of its own."""
    environment = server | {"STORAGE_URL": f"s3://{BUCKET}/{tmp_path.name}"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = settings.STORAGES | {"shared": bucket_storage(environment["STORAGE_URL"])}
    settings.DATA_DIR = tmp_path / "web"
    settings.DATA_DIR.mkdir()
    return environment


def kept(name="releases/one", **files):
    shared = Shared(name)
    for file, text in files.items():
        path = shared.path / file.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shared.keep()
    return shared


def damage(shared, file, content):
    """Replace a file's content in the bucket, as who has its keys can."""
    bucket = the_bucket()
    key = next(key for key in shared.content_keys() if key.endswith(f"/{file}"))
    bucket._client.put_object(Bucket=BUCKET, Key=bucket._key("files", key), Body=content)


# ---- files


def test_files_go_there_whole_and_come_back_to_another_disk(storage, settings, tmp_path):
    shared = kept(a="first", data__b="second")
    assert not shared.path.exists()
    settings.DATA_DIR = tmp_path / "other"
    assert shared.files() == {"a": 5, "data/b": 6}
    assert shared.open("data/b").read() == b"second"
    folder = shared.fetch()
    assert folder == tmp_path / "other/releases/one"
    assert ((folder / "a").read_text(), (folder / "data/b").read_text()) == ("first", "second")
    with pytest.raises(FileNotFoundError):
        shared.open("../secret_key")
    shared.delete()
    assert (shared.files(), folder.exists(), list(the_bucket().contents())) == ({}, False, [])


def test_a_single_file_stays_one(storage):
    shared = Shared("exports/one.jsonl")
    shared.path.parent.mkdir()
    shared.path.write_text("{}\n")
    shared.keep()
    assert (shared.path.exists(), shared.files()) == (False, {"one.jsonl": 3})
    assert shared.fetch().read_text() == "{}\n"


def test_a_copy_is_fetched_once_and_again_when_other_files_were_kept(storage):
    shared = kept(a="first")
    shared.fetch()
    (shared.path / "a").write_text("of this disk")
    assert (shared.fetch() / "a").read_text() == "of this disk"
    kept(a="other")
    assert (shared.fetch() / "a").read_text() == "other"


def test_old_copies_go_with_the_time_and_what_is_kept_stays(storage):
    old, new = kept("uploads/old", a="old"), kept("uploads/new", a="new")
    for shared in (old, new):
        shared.fetch()
    yesterday = time.time() - 100_000
    os.utime(old.path, (yesterday, yesterday))
    delete_old_copies("uploads", timedelta(days=1))
    assert (old.path.exists(), new.path.exists()) == (False, True)
    assert (old.fetch() / "a").read_text() == "old"


def test_without_object_storage_nothing_is_a_copy(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    shared = kept("uploads/old", a="old")
    os.utime(shared.path, (0, 0))
    delete_old_copies("uploads", timedelta(days=1))
    assert shared.open("a").read() == b"old"


def test_a_broken_off_upload_is_never_seen_and_its_remains_are_cleaned(storage):
    shared = kept(a="first")
    shared.path.mkdir()
    for name in ("a", "b"):
        (shared.path / name).write_text(f"new {name}")

    def broken_off():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        shared.keep(last_look=broken_off)
    assert shared.files() == {"a": 5}
    assert shared.open("a").read() == b"first"
    assert delete_left_over(the_bucket()) == 0
    assert delete_left_over(the_bucket(), now=timezone.now() + timedelta(days=2)) == 2
    assert shared.open("a").read() == b"first"


def test_a_damaged_file_never_arrives_whole(storage, capsys):
    shared = kept(a="x" * 3_000_000, b="fine")
    damage(shared, "a", b"y" * 3_000_000)
    received = bytearray()
    file = shared.open("a")
    with pytest.raises(DamagedFileError):
        while part := file.read(1 << 16):
            received += part
    assert len(received) < 3_000_000
    with pytest.raises(DamagedFileError):
        shared.fetch()
    assert not shared.path.exists()
    with pytest.raises(CommandError, match="releases/one: a"):
        call_command("storage", "check")
    damage(shared, "a", b"x" * 2_000_000)
    with pytest.raises(DamagedFileError):
        shared.open("a").read()


def test_a_storage_that_is_gone_is_said_and_copies_serve_meanwhile(storage, monkeypatch, settings):
    shared, other = kept(a="first"), kept("releases/two", b="second")
    shared.fetch()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    settings.STORAGES = dict(settings.STORAGES)  # connects anew
    with pytest.raises(StorageError, match="does not answer"):
        other.files()
    with pytest.raises(StorageError):
        kept("releases/three", c="third")
    assert (shared.fetch() / "a").read_text() == "first"


@pytest.mark.django_db
def test_pages_answer_503_while_it_is_gone(storage, settings, monkeypatch):
    release = published_release(make_study())
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    settings.STORAGES = dict(settings.STORAGES)
    client = researcher()
    client.raise_request_exception = False
    for path in (release.get_absolute_url(), f"{release.get_absolute_url()}zip"):
        assert client.get(path).status_code == 503


@pytest.mark.parametrize("url", ["punchweight", "https://s3.example.org/bucket", "s3:///prefix"])
def test_an_address_that_names_no_bucket_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="expected s3://bucket"):
        bucket_storage(url)


def test_what_lay_on_a_disk_is_brought_there_once(storage, settings, capsys):
    for name in ("releases/1/r/README.md", "exports/2.csv", "weights/finetuned/tuned/weights/model.safetensors"):
        path = settings.DATA_DIR / name
        path.parent.mkdir(parents=True)
        path.write_text(name)
    call_command("storage", "upload")
    assert the_bucket().names() == ["exports/2.csv", "releases/1", "weights/finetuned/tuned/weights"]
    assert Shared("releases/1").open("r/README.md").read() == b"releases/1/r/README.md"
    call_command("storage", "upload")
    call_command("storage", "check")
    assert "0 uploaded" in capsys.readouterr().out
    assert local_weights("/old/place/weights/finetuned/tuned/weights") == local_weights("finetuned:tuned")
    with pytest.raises(WeightsMissingError, match="not at s3://"):
        local_weights("finetuned:other")


# ---- a web process and a worker


@pytest.fixture
def study():
    return make_rated_study(systems=3, documents=2)


@pytest.fixture
def tuning(tmp_path):
    from transformers import LlamaConfig

    dataset = DatasetFactory(name="tuned on")
    for n in range(4):
        ReferenceFactory(document=DocumentFactory(dataset=dataset, external_id=f"m{n}"), text="we ship on friday .")
    base = SystemFactory(
        adapter="transformers", model_id=saved_decoder(tmp_path / "base", LlamaConfig), context_window=96,
        engine={"device": "cpu"},
    )  # fmt: skip
    settings = {"max_steps": 2, "evaluate_every": 2, "accumulation": 1}
    return start_finetuning("tuned", base, dataset, instruction="medium", settings=settings)


def upload(monkeypatch):
    from django.core.files.uploadedfile import SimpleUploadedFile

    monkeypatch.setattr("models_runner.models.drafts.LARGE", 10)
    file = SimpleUploadedFile("one.vtt", b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Maya>We ship on Friday.\n")
    options = {"format": "auto", "language": "en", "name": "uploaded"}
    draft = service.start_draft([file], "", options, UserFactory())
    import_jobs.start(draft, ImportJob.Kind.READ)
    return draft


def is_done(row):
    row.refresh_from_db()
    assert row.status != "failed", row.failure_reason
    return row.status == "done"


def body(response):
    assert response.status_code == 200, response.status_code
    return b"".join(response.streaming_content)


@pytest.mark.django_db(transaction=True)
def test_what_a_worker_on_another_disk_writes_is_served(storage, settings, study, tuning, tmp_path, monkeypatch):
    """In one test, because a worker that trains takes long to start."""
    empty_broker()
    draft = upload(monkeypatch)
    release = publishing.create_draft(study, publishing.Draft(name="Ratings"), None)
    export = file_jobs.start_export(Export(study, get_format("jsonl"), Selection(), Counting.EACH), UserFactory())
    with worker("generation", "default", log=tmp_path / "log", DATA_DIR=str(tmp_path / "worker"), **storage, **FAST):
        for row in (release, export, draft.job, tuning):
            wait_until(lambda row=row: is_done(row), what=str(row))
    assert not (tmp_path / "worker/releases" / str(release.public_id)).exists()
    assert list(settings.DATA_DIR.glob("releases/*")) == list(settings.DATA_DIR.glob("exports/*")) == []
    check_release(release)
    assert json.loads(body(researcher().get(f"/exports/{export.public_id}/")).splitlines()[0])
    assert service.preview_draft(draft).documents[0].turns[0]["content"] == "We ship on Friday."
    check_weights(tuning, tmp_path)
    check_backup(release, settings, tmp_path)


def check_release(release):
    client, address = researcher(), release.get_absolute_url()
    assert "Ratings" in client.get(address).content.decode()
    answer = client.get(f"{address}zip")
    content = body(answer)
    assert int(answer["Content-Length"]) == len(content) == release.file_bytes
    assert answer["Content-Security-Policy"]
    assert b"  README.md" in body(client.get(f"{address}files/CHECKSUMS"))
    assert publishing.changed_files(release) == []
    for path in (f"{address}zip", f"{address}files/README.md"):
        assert Client().get(path).status_code == 302
        assert annotator().get(path).status_code == 404
    publishing.publish(release)


def check_weights(tuning, tmp_path):
    system = tuning.system
    assert (system.model_id, system_needs(system)) == ("finetuned:tuned", "")
    fetched, written = (tmp_path / name / "weights/finetuned/tuned/weights" for name in ("web", "worker"))
    assert not fetched.exists()
    assert local_weights(system.model_id) == str(fetched)
    (weights,) = fetched.glob("*.safetensors")
    assert file_sha256(weights) == file_sha256(written / weights.name)
    assert file_sha256(weights).startswith(system.revision)


def check_backup(release, settings, tmp_path):
    """Everything is gone, on the disk and in the bucket, and comes back; a published release also from its rows."""
    written = write_backup(tmp_path / "backup.tar", weights=True)
    names = the_bucket().names()
    assert len(names) == 5
    publishing.write_again(release)
    for name in names:
        Shared(name).delete()
    settings.DATA_DIR = tmp_path / "restored"
    settings.DATA_DIR.mkdir()
    call_command("flush", verbosity=0, interactive=False)
    assert restore_backup(tmp_path / "backup.tar") == written
    assert the_bucket().names() == names
    assert publishing.changed_files(Release.objects.get()) == []
    assert Release.objects.get().is_published
