"""Which votes an export takes, the plain formats, and files that are whole or not there."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from annotations.models import Assignment, GiveawayCheck, Judgement
from annotations.people.questionnaire import record_answers
from annotations.studies.consent import give_consent, set_consent_text
from annotations.studies.personal_questions import asked, parse_questions, set_questions
from leaderboards import exports
from leaderboards.exports import EXPORTS, Selection, csv_lines, export_ratings, plain_cell, rows, safe_cell
from leaderboards.exports.rows import EXPORT_FIELDS, export_rows
from tests.annotations.helpers import make_gold
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import make_rated_study, vote

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def written(tmp_path, study, format_name="jsonl", selection=None, **options):
    """The rows of a JSON Lines export, and what was left out."""
    done = export_ratings(study, tmp_path / "votes", format_name, selection, **options)
    return [json.loads(line) for line in (tmp_path / "votes").read_text().splitlines()], done.left_out


def flag(summary, study):
    found = [{"start": 0, "end": 7, "term": "ChatGPT"}]
    GiveawayCheck.objects.create(study=study, summary=summary, flagged=True, flags=found)


@pytest.mark.django_db
@pytest.mark.parametrize("format_name", EXPORTS)
def test_what_people_said_of_themselves_is_in_no_export(tmp_path, format_name):
    study = make_rated_study(systems=3, documents=2)
    person = study.annotators.first()
    set_consent_text(study, "Zqconsent to this.", None)
    give_consent(person, 1)
    set_questions(study, "before", parse_questions("text | Zqquestion?"), None)
    record_answers(person, {question.key: "Zqanswer" for question in asked(study, "before")})
    export_ratings(study, tmp_path / "votes", format_name, None)
    path = tmp_path / "votes"
    text = str(pq.read_table(path).to_pylist()) if format_name == "parquet" else path.read_text()
    assert len(text) > 100
    assert not [secret for secret in ("Zqconsent", "Zqquestion", "Zqanswer") if secret in text]


@pytest.mark.django_db
def test_csv_and_json_lines_hold_the_same_votes(tmp_path, capsys):
    study = make_rated_study(systems=3, documents=2)
    call_command("export_ratings", study.slug, format="csv", output=tmp_path / "votes.csv")
    call_command("export_ratings", study.slug, format="jsonl", output=tmp_path / "votes.jsonl")
    said = capsys.readouterr()
    assert said.out.count("12 rows written to") == 2
    assert said.err.count("No vote was left out.") == 2
    with (tmp_path / "votes.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "votes.jsonl").read_text().splitlines()]
    assert table == [{f: "" if value is None else str(value) for f, value in line.items()} for line in lines]
    assert len(table) == 12


@pytest.mark.django_db
def test_with_flagged_votes_the_rows_are_those_the_board_page_hands_out(tmp_path):
    study = make_rated_study(systems=3, documents=2, criteria=("overall", "fluency"))
    Judgement.objects.filter(outcome="a").update(strength=2, active_ms=1234)
    Assignment.objects.update(probability=0.25, drawn_from=3)
    flag(study.comparisons.first().summary_a, study)
    lines, _ = written(tmp_path, study, selection=Selection(include_flagged=True))
    assert lines == list(export_rows(study))
    assert {line["void_reason"] for line in lines} == {None, "names_a_model"}


@pytest.mark.django_db
def test_each_vote_left_out_is_counted_once_under_its_first_reason(tmp_path):
    study = make_study(systems=2, documents=5, criteria=("overall", "fluency"))
    kept, excluded = AnnotatorFactory(study=study), AnnotatorFactory(study=study)
    excluded.excluded_at, excluded.exclusion_reason = timezone.now(), "too fast"
    excluded.save()
    gold, given_back, flagged, *others = study.comparisons.order_by("pk")
    make_gold(gold)
    flag(flagged.summary_b, study)
    for comparison in (gold, given_back, flagged, *others):
        vote(comparison, kept, "a")
    vote(flagged, excluded, "b", slot=1)
    vote(others[0], kept, "b", criterion=study.criteria.get(key="fluency"))
    Assignment.objects.filter(comparison=given_back).update(slot=None, state="expired")
    old = Judgement.objects.filter(assignment__comparison=others[1], criterion__key="overall")
    old.update(created_at="2020-01-01T00:00Z")
    since = timezone.now() - timezone.timedelta(days=1)
    lines, left_out = written(tmp_path, study, selection=Selection(study.criteria.get(key="overall"), since))
    assert [line["document_id"] for line in lines] == [others[0].document.external_id]
    assert left_out == {
        rows.ON_KNOWN_PAIRS: 1,
        rows.GIVEN_BACK: 1,
        rows.ON_FLAGGED: 1,
        rows.OF_EXCLUDED: 1,
        rows.ON_OTHER_QUESTIONS: 1,
        rows.TOO_OLD: 1,
    }


@pytest.mark.django_db
def test_votes_of_excluded_annotators_come_marked_if_asked_for(tmp_path):
    study = make_rated_study(systems=2, documents=1, annotators=2)
    study.annotators.filter(pk=study.annotators.first().pk).update(
        excluded_at=timezone.now(), exclusion_reason="too fast"
    )
    assert [line["void_reason"] for line in written(tmp_path, study)[0]] == [None]
    lines, left_out = written(tmp_path, study, selection=Selection(include_excluded=True))
    assert [line["void_reason"] for line in lines] == ["annotator_excluded", None]
    assert left_out == {}


@pytest.mark.django_db
def test_the_command_says_which_votes_it_left_out(tmp_path, capsys):
    study = make_rated_study(systems=2, documents=2)
    flag(study.comparisons.first().summary_a, study)
    call_command("export_ratings", study.slug, format="jsonl", output=tmp_path / "v")
    assert "Votes left out:\n        2 on summaries that name a model" in capsys.readouterr().err
    call_command("export_ratings", study.slug, format="jsonl", output=tmp_path / "v", include_flagged=True)
    assert "4 rows" in capsys.readouterr().out


@pytest.mark.django_db
def test_one_criterion_alone_can_be_exported(tmp_path, capsys):
    study = make_rated_study(systems=2, documents=1, criteria=("overall", "fluency"))
    call_command("export_ratings", study.slug, format="jsonl", output=tmp_path / "v", criterion="fluency")
    assert "2 rows written" in capsys.readouterr().out


@pytest.mark.django_db
def test_since_takes_a_date_or_a_time(tmp_path, capsys):
    study = make_rated_study(systems=2, documents=1)
    call_command("export_ratings", study.slug, "--format=jsonl", f"--output={tmp_path / 'v'}", "--since=2100-01-01")
    assert "0 rows written" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"'soon' is no time\. Expected for example 2026-11-25"):
        call_command("export_ratings", study.slug, "--format=jsonl", f"--output={tmp_path / 'v'}", "--since=soon")


@pytest.mark.django_db
@pytest.mark.parametrize("name", EXPORTS)
def test_a_study_without_votes_gives_a_whole_empty_file(tmp_path, name):
    done = export_ratings(make_study(), tmp_path / "v", name)
    assert done.lines == 0
    assert (tmp_path / "v").exists()


@pytest.mark.django_db
def test_unknown_names_are_answered_with_the_known_ones(tmp_path):
    study = make_study(slug="meetings", criteria=("overall", "fluency"))
    with pytest.raises(CommandError, match=r"no study 'x'. Known studies: meetings\."):
        call_command("export_ratings", "x", format="csv", output=tmp_path / "v")
    with pytest.raises(CommandError, match=r"no criterion 'x'. Known criteria: overall, fluency\."):
        call_command("export_ratings", study.slug, format="csv", output=tmp_path / "v", criterion="x")
    with pytest.raises(exports.UnknownFormatError, match=r"no format 'xls'. Expected one of: csv, jsonl, parquet"):
        export_ratings(study, tmp_path / "v", "xls")
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("export_ratings", make_study().slug, format="csv", output=tmp_path / "file" / "v.csv")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["jsonl", "parquet"])
def test_an_export_that_breaks_off_leaves_the_earlier_file(tmp_path, monkeypatch, name):
    study = make_rated_study(systems=2, documents=2)
    path = tmp_path / "v"
    path.write_text("old")
    Judgement.objects.update(outcome="tie")
    monkeypatch.delitem(rows.WINNERS, "tie")  # the first row cannot be named
    with pytest.raises(KeyError):
        export_ratings(study, path, name)
    assert [p.name for p in tmp_path.iterdir()] == ["v"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "''-1"])
def test_a_cell_a_spreadsheet_would_run_is_made_text(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["m=1", "a-b", "", None, -1.5, 3, "'quoted'", "'"])
def test_other_cells_stay_as_they_are(value):
    assert safe_cell(value) == value


@given(TEXT | st.from_regex(r"'{0,3}[=+@\t\r-]?.*", fullmatch=True))
def test_the_apostrophe_can_be_taken_away_again(text):
    assert plain_cell(safe_cell(text)) == text


@given(st.dictionaries(st.sampled_from(EXPORT_FIELDS), TEXT))
def test_any_text_survives_csv(texts):
    row = dict.fromkeys(EXPORT_FIELDS, "") | texts
    header, read = csv.reader(io.StringIO("".join(csv_lines([row])), newline=""))
    assert header == list(EXPORT_FIELDS)
    assert [plain_cell(cell) for cell in read] == list(row.values())
