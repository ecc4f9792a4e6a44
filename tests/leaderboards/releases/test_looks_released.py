"""Planned looks are rows of a release and of an export; older releases are written again without them."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlcroissant
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotations.models import Judgement, Study
from annotations.studies.checks import stored_moments
from leaderboards.boards.stopping.planned import standing_of_looks
from leaderboards.exports.looks import LOOK_COLUMNS, look_rows
from leaderboards.models import Release, TakenLook
from leaderboards.releases.build import build_again, folder_of
from models_runner.models import Document
from tests.factories import UserFactory
from tests.leaderboards.boards.test_planned_looks import planned_study
from tests.leaderboards.helpers import system_slugs
from tests.leaderboards.releases.making import _own_folders, make, table  # noqa: F401

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def released_study(**values):
    study = planned_study(rated=35, **values)
    Document.objects.update(redistributable=True)
    return study


def by_dates(study):
    dates = [BEGIN + timedelta(days=7 * week) for week in (1, 2, 3)]
    Judgement.objects.update(created_at=BEGIN, updated_at=BEGIN)
    # Planned before anybody had a pair; the triggers would refuse it now.
    from annotations.models.triggers import drop_triggers, ensure_triggers

    drop_triggers()
    Study.objects.filter(pk=study.pk).update(look_votes=None, look_dates=stored_moments(dates), look_maximum=90)
    ensure_triggers()
    study.refresh_from_db()
    return study


def test_a_release_has_each_look_that_is_planned_and_what_was_found():
    study = released_study()
    taken = standing_of_looks(study).taken
    release = make(study)
    rows = table(release, "looks")
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert [row["taken"] for row in rows] == [True, True, False]
    assert all(list(row) == list(LOOK_COLUMNS) for row in rows)
    first, second, third = rows
    assert (first["planned_by"], first["planned_votes"], first["planned_at"]) == ("votes", 30, None)
    assert (first["maximum_votes"], first["spending"], first["criterion"]) == (90, "obrien-fleming", "overall")
    assert first["margin"] == 0.05
    for row, look in zip(rows, taken, strict=False):
        for name in ("votes", "documents", "boundary", "needed", "distance", "difference", "lower", "upper", "level"):
            assert row[name] == getattr(look, name)
        assert (row["claim"], row["information"]) == (look.claim, pytest.approx(look.votes / 90))
    # Its votes are the first of those in the release: who has the files can look again.
    given = sorted(vote["tstamp"] for vote in table(release, "votes"))
    assert [row["last_tstamp"] for row in (first, second)] == [given[29], given[59]]
    assert {third[name] for name in ("votes", "boundary", "claim", "reason", "last_tstamp")} == {None}


def test_a_release_of_looks_at_dates_says_their_dates_and_why_nothing_was_looked_at():
    study = by_dates(released_study())
    standing_of_looks(study)
    first, second, last = table(make(study), "looks")
    assert (first["planned_by"], first["planned_votes"], first["planned_at"]) == ("dates", None, "2026-03-09T09:00:00Z")
    assert (first["maximum_votes"], first["votes"], first["information"]) == (90, 70, pytest.approx(7 / 9))
    assert first["last_tstamp"] == BEGIN.timestamp()
    assert (second["boundary"], second["reason"]) == (None, "there are no more votes than at an earlier look")
    assert (last["level"], last["reason"]) == (pytest.approx(0.025), None)


def test_both_forms_have_the_same_rows_and_their_checksums_and_descriptions():
    release = make(released_study())
    folder = folder_of(release)
    assert pq.read_table(folder / "data/looks.parquet").to_pylist() == table(release, "looks")
    sums = dict(reversed(line.split("  ")) for line in (folder / "CHECKSUMS").read_text().splitlines())
    for name in ("data/looks.jsonl", "data/looks.parquet"):
        assert sums[name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (records,) = (
        records for records in json.loads((folder / "croissant.json").read_text())["recordSet"]
        if records["@id"] == "looks"
    )  # fmt: skip
    described = {field["name"]: field["description"] for field in records["field"]}
    assert described == {name: meaning for name, (_, meaning) in LOOK_COLUMNS.items()}
    assert not mlcroissant.Dataset(jsonld=folder / "croissant.json").metadata.issues.errors
    assert "| `looks` | 3 |" in (folder / "README.md").read_text()
    assert release.counts["rows"]["looks"] == 3


def test_the_docs_have_the_same_data_dictionary():
    docs = Path("docs/data-formats.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` | {meaning} |" in docs for name, (_, meaning) in LOOK_COLUMNS.items())


def test_looks_name_no_system_and_nobody():
    study = released_study()
    standing_of_looks(study)
    text = json.dumps(list(look_rows(study)))
    names = [*system_slugs(study), *study.annotators.values_list("pseudonym", flat=True), study.slug, study.title]
    assert all(name not in text for name in names)


def test_a_release_from_before_is_written_again_byte_for_byte():
    study = released_study()
    standing_of_looks(study)
    release = make(study)
    with_looks = release.sha256
    Release.objects.filter(pk=release.pk).update(has_looks=False)
    release.refresh_from_db()
    assert build_again(release) is False  # the files would be others
    older = make(study, version="older")
    Release.objects.filter(pk=older.pk).update(has_looks=False)
    older.refresh_from_db()
    from leaderboards.releases.publishing import write_files

    older = write_files(older)
    assert not (folder_of(older) / "data/looks.jsonl").exists()
    assert "looks" not in older.counts["rows"]
    assert build_again(older) is True
    assert older.sha256 != with_looks


def test_a_row_that_the_code_before_made_has_no_looks():
    """The code of before knows no column for them, and its releases have none."""
    from django.db import connection

    release = make(released_study())
    columns = [f.column for f in Release._meta.concrete_fields if f.column not in ("id", "has_looks")]
    renamed = [
        "'before'" if name == "version" else "NULL" if name == "lease_until" else f'"{name}"' for name in columns
    ]
    other = "00000000000000000000000000000001"
    renamed = [f"'{other}'" if name == '"public_id"' else name for name in renamed]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO leaderboards_release ({', '.join(columns)}) "
            f"SELECT {', '.join(renamed)} FROM leaderboards_release WHERE id = {release.pk}"
        )
    assert Release.objects.get(version="before").has_looks is False


def test_a_study_without_looks_releases_no_table_of_them(study_without):
    release = make(study_without)
    assert not (folder_of(release) / "data/looks.jsonl").exists()


@pytest.fixture
def study_without():
    study = released_study()
    from annotations.models.triggers import drop_triggers, ensure_triggers

    drop_triggers()
    Study.objects.filter(pk=study.pk).update(look_votes=None)
    ensure_triggers()
    study.refresh_from_db()
    return study


def test_a_look_from_before_has_its_information_from_the_plan():
    study = released_study()
    TakenLook.objects.create(
        study=study, number=1, votes=30, documents=15, annotators=6, boundary=3.7, claim="open", reason="few"
    )
    row = next(iter(look_rows(study)))
    assert (row["information"], row["level"], row["last_tstamp"]) == (pytest.approx(1 / 3), None, None)


def test_a_copy_of_the_study_finds_the_same_by_the_votes_of_a_release(tmp_path):
    """Looks are not imported: a study with the same plan takes them anew, and finds the same."""
    study = released_study()
    standing_of_looks(study)
    release = make(study)
    rows = table(release, "looks")
    TakenLook.objects.all().delete()
    study.annotators.all()
    Judgement.objects.all().delete()
    study.comparisons.update(taken=0)
    from annotations.models import Annotator, Assignment

    Assignment.objects.all().delete()
    Annotator.objects.all().delete()
    call_command("import_ratings", str(folder_of(release)), study=study.slug)
    standing_of_looks(study)
    again = list(look_rows(study))
    for row, other in zip(rows, again, strict=True):
        for name, value in row.items():
            assert other[name] == (pytest.approx(value) if isinstance(value, float) else value), name


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_the_command_writes_them(tmp_path, ending):
    study = released_study()
    path = tmp_path / f"looks.{ending}"
    call_command("export_looks", study.slug, format=ending, output=path)
    rows = list(look_rows(study))
    assert [row["taken"] for row in rows] == [True, True, False]
    if ending == "parquet":
        assert pq.read_table(path).to_pylist() == rows
    elif ending == "jsonl":
        assert [json.loads(line) for line in path.read_text().splitlines()] == rows
    else:
        assert [row["number"] for row in csv.DictReader(path.open())] == ["1", "2", "3"]


def test_the_command_says_where_there_are_none(study_without, tmp_path):
    with pytest.raises(CommandError, match="no planned looks"):
        call_command("export_looks", study_without.slug, format="csv", output=tmp_path / "x.csv")
    with pytest.raises(CommandError, match="nothing"):
        call_command("export_looks", "nothing", format="csv", output=tmp_path / "x.csv")


def test_the_page_and_the_api_give_them():
    study = released_study()
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    shown = client.get(f"/boards/{study.slug}/looks.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(shown)))
    assert [row["votes"] for row in rows] == ["30", "60", ""]
    lines = client.get(f"/boards/{study.slug}/looks.jsonl").content.decode().splitlines()
    assert [json.loads(line) for line in lines] == list(look_rows(study))
    assert client.get(f"/boards/{study.slug}/looks.xml").status_code == 404
