"""Publishing a release: once, whole, never changed, and written again as it was."""
# ruff: noqa: F811  (fixtures)

# ruff: noqa: F811  (fixtures)

import shutil

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from annotations.models import Judgement
from leaderboards.models.releases import Release
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of, zip_of
from leaderboards.releases.publishing import Draft, ReleaseError
from tests.factories import UserFactory, make_study
from tests.leaderboards.releases.making import (  # noqa: F401  (fixtures)
    BOARD,
    _own_folders,
    make,
    reproduce,
    study,
    table,
)

pytestmark = pytest.mark.django_db


def test_a_published_release_never_changes_but_for_its_doi(study):
    release = make(study)
    publishing.publish(release)
    for field, value in (("licence", "MIT"), ("sha256", "0" * 64), ("publication", "draft"), ("published_at", None)):
        with pytest.raises(DatabaseError), transaction.atomic():
            Release.objects.filter(pk=release.pk).update(**{field: value})
    publishing.set_doi(release, "https://doi.org/10.5281/zenodo.1234567")
    release.refresh_from_db()
    assert (release.doi, release.publication, release.licence) == ("10.5281/zenodo.1234567", "published", "CC-BY-4.0")
    with pytest.raises(ReleaseError, match="is published: it stays"):
        publishing.delete_draft(release)


def test_a_doi_is_a_doi(study):
    with pytest.raises(ReleaseError, match="doi: Expected a DOI"):
        publishing.set_doi(make(study), "zenodo 12")


def test_only_whole_files_are_published(study):
    release = publishing.create_draft(study, Draft(), None)
    with pytest.raises(ReleaseError, match="not ready"):
        publishing.publish(release)
    publishing.write_files(release)
    zip_of(release).write_bytes(b"other")
    with pytest.raises(ReleaseError, match="not what was written"):
        publishing.publish(release)


def test_what_nobody_said_anything_in_is_no_release(study):
    """A draft may be looked at before the first vote; what is published never changes."""
    other = make_study(slug="silent", systems=2)
    draft = make(other)
    assert draft.counts["rows"]["votes"] == 0
    with pytest.raises(ReleaseError, match="holds no vote, no verdict of a judge and no mark"):
        publishing.publish(draft)
    for name in ("verdicts", "marks"):
        draft.counts["rows"][name] = 1
        assert not draft.is_without_answers
        draft.counts["rows"][name] = 0
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    shown = client.get(draft.get_absolute_url()).content.decode()
    assert "it cannot be published" in shown
    assert "Publish permanently" not in shown
    assert "Publish permanently" in client.get(make(study).get_absolute_url()).content.decode()


def test_a_build_that_breaks_off_leaves_nothing(study, monkeypatch):
    release = publishing.create_draft(study, Draft(), None)
    monkeypatch.setattr("leaderboards.releases.build.cards", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publishing.write_files(release)
    assert list(folder_of(release).parent.iterdir()) == []
    release.refresh_from_db()
    assert release.sha256 == ""


def test_versions_are_used_once(study):
    assert [make(study).version, make(study).version] == ["1.0", "2.0"]
    with pytest.raises(ReleaseError, match=r"has a release 1\.0 already"):
        publishing.create_draft(study, Draft(version="1.0"), None)
    with pytest.raises(ReleaseError, match="version: Expected letters, digits"):
        publishing.create_draft(study, Draft(version="../1"), None)


def test_the_command_makes_checks_and_publishes(study, capsys):
    call_command("release", "make", study.slug, "--licence=MIT")
    call_command("release", "check", study.slug, "1.0")
    call_command("release", "publish", study.slug, "1.0")
    call_command("release", "doi", study.slug, "1.0", "10.5281/zenodo.1")
    call_command("release", "list")
    said = capsys.readouterr().out
    for words in ("108 votes", "are as they were written", "is published", "Published  10.5281/zenodo.1"):
        assert words in said
    release = Release.objects.get()
    (folder_of(release) / "study.json").write_text("{}")
    with pytest.raises(CommandError, match=r"changed or missing: study\.json"):
        call_command("release", "check", study.slug, "1.0")
    with pytest.raises(CommandError, match=r"no release '9'. Known versions: 1\.0"):
        call_command("release", "publish", study.slug, "9")


def test_a_release_whose_files_are_gone_is_written_again_as_it_was(study):
    release = make(study)
    publishing.publish(release)
    before = {path: (folder_of(release) / path).read_bytes() for path in publishing.files(release)}
    archive = zip_of(release).read_bytes()
    shutil.rmtree(folder_of(release).parent)
    with pytest.raises(CommandError, match="missing"):
        call_command("release", "check", study.slug, release.version)
    call_command("release", "rewrite", study.slug, release.version)
    assert {path: (folder_of(release) / path).read_bytes() for path in publishing.files(release)} == before
    assert zip_of(release).read_bytes() == archive
    call_command("release", "check", study.slug, release.version)


def test_a_release_that_would_differ_is_not_written_again(study):
    release = make(study)
    publishing.publish(release)
    shutil.rmtree(folder_of(release).parent)
    Judgement.objects.filter(pk=Judgement.objects.first().pk).update(outcome="both_bad")
    with pytest.raises(CommandError, match="would differ from what was released"):
        call_command("release", "rewrite", study.slug, release.version)
    assert publishing.files(release) == {}
    assert not zip_of(release).exists()
