"""Answers to pairs that came again: left out, or marked; passed over where such a file is imported."""

import json

import pytest

from annotations.imports.ratings_import import import_ratings
from annotations.models import Judgement
from leaderboards.exports import EXPORTS, Selection, export_ratings
from leaderboards.exports.rows import ON_REPEATED
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of
from leaderboards.releases.publishing import Draft
from leaderboards.releases.rows import Contents
from tests.annotations.helpers import rate_everything
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import build_board

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """One person of 24 pairs, of which some came again; always left, so no second answer is that of before."""
    study = make_study(systems=3, documents=8, quota=2, repeat_every=5)
    rate_everything(AnnotatorFactory(study=study))
    return study


def times():
    """How many pairs came again, which depends on the places drawn for the person: four or five."""
    number = Judgement.objects.filter(assignment__comparison__repeat=True).count()
    assert number >= 3
    return number


def rows_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_they_are_left_out_and_told(study, tmp_path):
    done = export_ratings(study, tmp_path / "votes", "jsonl")
    assert (done.lines, done.left_out) == (24, {ON_REPEATED: times()})


def test_they_are_marked_where_they_are_asked_for(study, tmp_path):
    done = export_ratings(study, tmp_path / "votes", "jsonl", Selection(include_repeats=True))
    marked = [row["void_reason"] for row in rows_of(tmp_path / "votes")]
    assert (done.lines, marked.count("repeated_pair"), marked.count(None)) == (24 + times(), times(), 24)


@pytest.mark.parametrize("name", [name for name in EXPORTS if name not in ("csv", "jsonl", "parquet")])
def test_formats_that_mark_nothing_never_have_them(study, tmp_path, name):
    texts = []
    for asked in (False, True):
        export_ratings(study, tmp_path / "votes", name, Selection(include_repeats=asked))
        texts.append((tmp_path / "votes").read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_an_import_passes_over_them(study, tmp_path, name):
    path = tmp_path / f"votes.{name}"
    export_ratings(study, path, name, Selection(include_repeats=True))
    criterion = study.criteria.get()
    before = build_board(study, criterion)
    Judgement.objects.all().delete()
    study.annotators.all().delete()
    study.comparisons.filter(repeat=True).delete()
    study.comparisons.update(taken=0)
    import_ratings(path, study)
    assert Judgement.objects.count() == 24
    after = build_board(study, criterion)
    assert [row["rating"] for row in after["systems"]] == [row["rating"] for row in before["systems"]]


def test_a_release_has_a_table_of_both_answers(study, tmp_path, settings):
    settings.DATA_DIR = tmp_path / "site"
    release = publishing.write_files(publishing.create_draft(study, Draft(), None))
    data = folder_of(release) / "data"
    votes = {row["id"]: row for row in rows_of(data / "votes.jsonl")}
    repeats = rows_of(data / "repeats.jsonl")
    assert (len(votes), len(repeats)) == (24, times())
    for row in repeats:
        vote = votes[row["id"]]
        assert {name: row[name] for name in ("comparison_id", "criterion", "judge", "winner")} == {
            name: vote[name] for name in ("comparison_id", "criterion", "judge", "winner")
        }
        assert {row["winner"], row["winner_again"]} == {"model_a", "model_b"}
    assert "repeats" in (folder_of(release) / "README.md").read_text()
    assert "data/repeats.parquet" in (folder_of(release) / "CHECKSUMS").read_text()


def test_a_study_without_them_has_no_such_table():
    assert not Contents(make_study(systems=2, documents=1)).has_repeats
