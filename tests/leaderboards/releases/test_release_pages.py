"""Pages of exports and releases, and the files written in the background behind them."""

import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.people.links import invitation_path
from jobs.models import MAX_ATTEMPTS
from jobs.sweeper import sweep_jobs
from leaderboards.files import jobs
from leaderboards.models.releases import ExportJob, Release
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of, zip_of
from leaderboards.releases.publishing import Draft, create_draft, publish, write_files
from leaderboards.web.views import releases
from models_runner.models import Document
from tests.factories import CriterionFactory, StudyFactory, UserFactory
from tests.leaderboards.helpers import make_rated_study
from tests.people import annotator, researcher

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def study():
    study = make_rated_study(systems=3, documents=2)
    Document.objects.update(redistributable=True)
    return study


@pytest.fixture
def release(study):
    return write_files(create_draft(study, Draft(name="Meeting ratings"), None))


def export(client, study, **options):
    return client.post(reverse("start-export", args=[study.slug]), {"format": "jsonl"} | options)


def body(response):
    return b"".join(response.streaming_content)


def test_a_small_export_is_sent_at_once(study):
    response = export(researcher(), study, format="csv", criterion="overall")
    assert response["Content-Disposition"] == f'attachment; filename="{study.slug}-overall-csv.csv"'
    assert len(body(response).splitlines()) == 13
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize(
    "page", ["board", "report", "trust", "combined", "planning", "figures", "study-releases", "exports"]
)
def test_every_page_of_results_leads_to_the_others_and_marks_itself(study, page):
    html = researcher().get(reverse(page, args=[study.slug])).content.decode()
    links = re.search(r'aria-label="Results">(.*?)</nav>', html, re.DOTALL)[1]
    marked = re.search(r'href="([^"?]*)[^"]*" aria-current="page"', links)[1]
    assert marked == reverse(page, args=[study.slug])
    assert links.count("<a ") == 10


def test_a_large_export_is_written_by_a_worker(study, monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: told.append((task, pk)))
    monkeypatch.setattr(releases, "STREAMED_AT_MOST", 11)
    client = researcher()
    with django_capture_on_commit_callbacks(execute=True):
        assert export(client, study, format="dpo").status_code == 302
    job = ExportJob.objects.get()
    assert told == [("leaderboards.files.tasks.write_export", job.pk)]
    jobs.write_job(ExportJob, job.pk, owner="w")
    job.refresh_from_db()
    assert (job.status, job.lines, job.rows_done, job.rows_total) == ("done", 4, 12, 12)
    page = client.get(reverse("exports", args=[study.slug])).content.decode()
    assert "left out on pairs where no answer has more votes" in page
    sent = body(client.get(reverse("export-file", args=[job.public_id])))
    assert {tuple(json.loads(line)) for line in sent.splitlines()} == {("prompt", "chosen", "rejected")}


def test_an_export_expires_and_is_swept_away(study):
    client = researcher()
    job = jobs.start_export(_form_export(study), UserFactory())
    jobs.write_job(ExportJob, job.pk, owner="w")
    ExportJob.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(reverse("export-file", args=[job.public_id])).status_code == 404
    assert jobs.path_of(job).exists()
    jobs.delete_expired()
    assert not jobs.path_of(job).exists()
    assert not ExportJob.objects.exists()


def _form_export(study):
    form = releases.ExportForm(study, {"format": "jsonl"})
    assert form.is_valid()
    return form.export()


def test_a_worker_that_fails_leaves_the_reason_and_no_file(study, monkeypatch):
    job = jobs.start_export(_form_export(study), UserFactory())
    monkeypatch.setattr("leaderboards.exports.service.as_row", lambda *_: 1 / 0)
    assert "division by zero" in jobs.write_job(ExportJob, job.pk, owner="w")
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == ("failed", "division by zero")
    assert list((jobs.path_of(job)).parent.iterdir()) == []


def test_a_failed_export_is_tried_again_from_the_page(study, monkeypatch, django_capture_on_commit_callbacks):
    told, client = [], researcher()
    monkeypatch.setattr("jobs.messages.send", lambda task, pk, delay=None: told.append((task, pk)))
    job = jobs.start_export(_form_export(study), UserFactory())
    ExportJob.objects.update(status="failed", failure_reason="The disk is full.", attempts=MAX_ATTEMPTS)
    page, again = reverse("exports", args=[study.slug]), reverse("retry-export", args=[job.public_id])
    assert f'action="{again}"' in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert "It is being written again." in client.post(again, follow=True).content.decode()
    assert told == [("leaderboards.files.tasks.write_export", job.pk)]
    job.refresh_from_db()
    assert (job.status, job.failure_reason, job.attempts) == ("pending", "", 0)
    jobs.write_job(ExportJob, job.pk, owner="w")
    assert again not in client.get(page).content.decode()
    assert len(body(client.get(reverse("export-file", args=[job.public_id]))).splitlines()) == 12


def test_a_failed_draft_is_tried_again_from_its_page(study, monkeypatch):
    client, draft = researcher(), create_draft(study, Draft(), None)
    with monkeypatch.context() as patch:
        patch.setattr("leaderboards.releases.build.BoardMaker.board", lambda *_: 1 / 0)
        jobs.write_job(Release, draft.pk, owner="w")
    page, again = draft.get_absolute_url(), reverse("retry-release", args=[study.slug, draft.version])
    shown = client.get(page).content.decode()
    assert "Failed: division by zero</p>" in shown and f'action="{again}"' in shown
    client.post(again)
    assert "Waiting" in client.get(page).content.decode()
    jobs.write_job(Release, draft.pk, owner="w")
    draft.refresh_from_db()
    assert (draft.status, draft.failure_reason) == ("done", "")
    assert again not in client.get(page).content.decode()


@pytest.mark.parametrize("state", ["pending", "running", "done"])
def test_what_has_not_failed_is_not_written_again(study, state):
    values = {"pending": {}, "running": {"owner": "w", "lease_until": timezone.now()}, "done": {}}[state]
    job = jobs.start_export(_form_export(study), UserFactory())
    if state == "done":
        jobs.write_job(ExportJob, job.pk, owner="w")
    ExportJob.objects.update(status=state, **values)
    before = ExportJob.objects.values().get()
    answer = researcher().post(reverse("retry-export", args=[job.public_id]), follow=True)
    assert "Only a failed file can be written again" in answer.content.decode()
    assert ExportJob.objects.values().get() == before


def test_a_job_is_held_by_one_worker_and_freed_when_it_is_gone(study):
    job = jobs.start_export(_form_export(study), UserFactory())
    late = {"status": "running", "owner": "w", "lease_until": timezone.now() - timedelta(seconds=1)}
    ExportJob.objects.update(**late)
    assert "held elsewhere" in jobs.write_job(ExportJob, job.pk, owner="other")
    sweep_jobs(ExportJob)
    job.refresh_from_db()
    assert job.status == "pending"
    ExportJob.objects.update(**late, attempts=MAX_ATTEMPTS)
    sweep_jobs(ExportJob)
    job.refresh_from_db()
    assert (job.status, job.failure_reason) == ("failed", ExportJob.WORKER_ENDED)


def test_a_draft_made_on_the_page_is_written_by_a_worker_and_published(study):
    client = researcher()
    values = {"name": "Meeting ratings", "version": "1.0", "licence": "MIT"}
    client.post(reverse("make-release", args=[study.slug]), values)
    made = Release.objects.get()
    page = reverse("release", args=[study.slug, "1.0"])
    assert "Waiting" in client.get(page).content.decode()
    jobs.write_job(Release, made.pk, owner="w")
    shown = client.get(page).content.decode()
    assert "How the votes were given" in shown and "data/votes.parquet" in shown
    client.post(reverse("publish-release", args=[study.slug, "1.0"]))
    client.post(reverse("set-doi", args=[study.slug, "1.0"]), {"doi": "10.5281/zenodo.7"})
    made.refresh_from_db()
    assert (made.publication, made.doi) == ("published", "10.5281/zenodo.7")
    again = client.post(reverse("make-release", args=[study.slug]), values)
    assert "has a release 1.0 already" in again.content.decode()


def test_a_draft_is_the_teams_and_a_published_release_everybodys(study, release):
    outsider, page = annotator(), reverse("release", args=[study.slug, release.version])
    assert outsider.get(page).status_code == 404
    assert "Meeting ratings" not in outsider.get(reverse("releases")).content.decode()
    publish(release)
    assert outsider.get(page).status_code == 200
    assert "Meeting ratings" in outsider.get(reverse("releases")).content.decode()
    assert "Publish permanently" not in outsider.get(page).content.decode()
    sent = body(outsider.get(reverse("release-zip", args=[study.slug, release.version])))
    assert sent == zip_of(release).read_bytes()


def test_who_has_pairs_left_to_rate_sees_nothing_of_it(study, release):
    publish(release)
    study.comparisons.update(quota=9)
    user, client = UserFactory(), Client()
    client.force_login(user)
    client.post(invitation_path(study))
    for name, more in (("release", []), ("release-zip", []), ("release-file", ["board.json"])):
        assert client.get(reverse(name, args=[study.slug, release.version, *more])).status_code == 404
    assert "Meeting ratings" not in client.get(reverse("releases")).content.decode()


def test_who_rates_the_same_texts_in_another_study_sees_nothing_of_it(study, release):
    publish(release)
    other = StudyFactory(dataset=study.dataset, quota=3, status="open")
    CriterionFactory(study=other)
    comparison = study.comparisons.first()
    comparison.pk, comparison.study, comparison.taken = None, other, 0
    comparison.save()
    user, client = UserFactory(), Client()
    client.force_login(user)
    page = reverse("release", args=[study.slug, release.version])
    assert client.get(page).status_code == 200
    client.post(invitation_path(other))
    assert client.get(page).status_code == 404
    assert "Meeting ratings" not in client.get(reverse("releases")).content.decode()
    other.comparisons.update(quota=1, taken=1)
    assert client.get(page).status_code == 200
    assert "Meeting ratings" in client.get(reverse("releases")).content.decode()


def test_the_list_asks_no_more_for_more_releases(study, release, django_assert_max_num_queries):
    publish(release)
    client = annotator()
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("releases"))
    for version in ("2.0", "3.0"):
        publish(write_files(create_draft(study, Draft(name="more", version=version), None)))
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("releases"))


@pytest.mark.parametrize(
    ("version", "status"), [("9.9", 404), ("%00", 400), ("%ED%A0%80", 404), (".hidden", 404), ("x" * 10_000, 404)]
)
def test_a_version_that_there_is_not_is_not_found(study, version, status):
    assert researcher().get(f"/releases/{study.slug}/{version}/").status_code == status


@pytest.mark.parametrize("name", ["../secret", "data/../../secret", "/etc/passwd", "data"])
def test_only_files_of_the_release_are_sent(study, release, name):
    (folder_of(release).parent / "secret").write_text("secret")
    url = reverse("release-file", args=[study.slug, release.version, "x"])[:-1] + name
    client = researcher()
    assert client.get(url).status_code == 404
    wanted = reverse("release-file", args=[study.slug, release.version, "data/votes.jsonl"])
    assert len(body(client.get(wanted)).splitlines()) == 12


def test_a_release_has_a_card_in_each_language_and_a_reader_sees_their_own(study, release):
    folder = folder_of(release)
    chinese = (folder / "README.zh-hans.md").read_text()
    assert "README.zh-hans.md" in (folder / "CHECKSUMS").read_text()
    assert f"{release.folder_name}/README.zh-hans.md" in zipfile.ZipFile(zip_of(release)).namelist()
    prose = re.sub(r"```.*?```|`[^`]*`|^# .*", "", chinese, flags=re.DOTALL | re.MULTILINE)
    assert not re.findall(r"\b[A-Za-z]{2,} [A-Za-z]{2,}\b", prose)
    (folder / "README.zh-hans.md").write_text("# 卡片")
    client, page = researcher(), reverse("release", args=[study.slug, release.version])
    assert "卡片" not in client.get(page).content.decode()
    in_chinese = client.get(page, headers={"accept-language": "zh-hans"}).content.decode()
    assert "<h1>卡片</h1>" in in_chinese or "卡片</h" in in_chinese
    (folder / "README.zh-hans.md").unlink()  # as a release of before
    assert "投票是怎样进行的" in client.get(page, headers={"accept-language": "zh-hans"}).content.decode()
    assert publishing.changed_files(release) == ["README.zh-hans.md"]
