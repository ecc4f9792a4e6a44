import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from annotations.models import Judgement
from leaderboards import exports
from leaderboards.exports import csv_lines, safe_cell
from leaderboards.votes import EXPORT_FIELDS
from tests.factories import make_study
from tests.leaderboards.helpers import make_rated_study


@pytest.mark.django_db
def test_csv_and_json_lines_hold_the_same_votes(tmp_path, capsys):
    study = make_rated_study(systems=3, documents=2)
    call_command("export_ratings", study.slug, format="csv", output=tmp_path / "votes.csv")
    call_command("export_ratings", study.slug, format="jsonl", output=tmp_path / "votes.jsonl")
    assert capsys.readouterr().out.count("12 votes written to") == 2
    with (tmp_path / "votes.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "votes.jsonl").read_text().splitlines()]
    assert table == [{f: "" if value is None else str(value) for f, value in line.items()} for line in lines]
    assert len(table) == 12


@pytest.mark.django_db
def test_one_criterion_alone_can_be_exported(tmp_path, capsys):
    study = make_rated_study(systems=2, documents=1, criteria=("overall", "fluency"))
    call_command("export_ratings", study.slug, format="jsonl", output=tmp_path / "v", criterion="fluency")
    assert "2 votes written" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_study_without_votes_gives_a_header_alone(tmp_path):
    call_command("export_ratings", make_study().slug, format="csv", output=tmp_path / "v.csv")
    assert (tmp_path / "v.csv").read_text().strip() == ",".join(EXPORT_FIELDS)


@pytest.mark.django_db
def test_unknown_names_are_answered_with_the_known_ones(tmp_path):
    study = make_study(slug="meetings", criteria=("overall", "fluency"))
    with pytest.raises(CommandError, match=r"no study 'x'. Known studies: meetings\."):
        call_command("export_ratings", "x", format="csv", output=tmp_path / "v")
    with pytest.raises(CommandError, match=r"no criterion 'x'. Known criteria: overall, fluency\."):
        call_command("export_ratings", study.slug, format="csv", output=tmp_path / "v", criterion="x")
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("export_ratings", make_study().slug, format="csv", output=tmp_path / "file" / "v.csv")


@pytest.mark.django_db
def test_an_export_that_breaks_off_leaves_the_earlier_file(tmp_path, monkeypatch):
    study = make_rated_study(systems=2, documents=2)
    path = tmp_path / "v.jsonl"
    path.write_text("old")
    Judgement.objects.update(outcome="tie")
    monkeypatch.delitem(exports.export_rows.__globals__["WINNERS"], "tie")  # the first row cannot be named
    with pytest.raises(KeyError):
        exports.export_ratings(study, path, "jsonl")
    assert [p.name for p in tmp_path.iterdir()] == ["v.jsonl"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_cell_a_spreadsheet_would_run_is_made_text(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["m=1", "a-b", "", None, -1.5, 3])
def test_other_cells_stay_as_they_are(value):
    assert safe_cell(value) == value


@given(st.dictionaries(st.sampled_from(EXPORT_FIELDS), st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_text_survives_csv(texts):
    row = dict.fromkeys(EXPORT_FIELDS, "") | texts
    header, read = csv.reader(io.StringIO("".join(csv_lines([row])), newline=""))
    assert header == list(EXPORT_FIELDS)
    assert read == [safe_cell(text) for text in row.values()]
