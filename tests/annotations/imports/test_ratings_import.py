"""Votes given elsewhere: all of a file or nothing, in the comparison's own order, on top of the study's own places."""

import json
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.imports.ratings_import import import_ratings
from annotations.models import Annotator, Assignment, AuditEntry, Judgement, JudgementRevision
from annotations.people.joining import join
from annotations.rating.assignment import next_assignment
from annotations.studies.settings import change_settings
from annotations.studies.setup import StudySetupError
from annotations.studies.work_forecast import study_work
from leaderboards.exports.rows import export_rows
from models_runner.importing.records import DatasetImportError
from models_runner.models import Summary
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.helpers import build_board, make_rated_study, system_slugs

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def study():
    return make_study(systems=2, documents=2, quota=1, criteria=("overall", "fluency"))


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="votes.jsonl"):
        path = tmp_path / name
        path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines))
        return path

    return write


def line(study, **values):
    one = study.comparisons.select_related("document", "summary_a__run__system", "summary_b__run__system").first()
    return {
        "document_id": one.document.external_id,
        "criterion": "overall",
        "model_a": one.summary_a.run.system.slug,
        "model_b": one.summary_b.run.system.slug,
        "winner": "model_a",
        "judge": "expert-1",
    } | values


def swapped(vote):
    winner = {"model_a": "model_b", "model_b": "model_a"}.get(vote["winner"], vote["winner"])
    return vote | {"model_a": vote["model_b"], "model_b": vote["model_a"], "winner": winner}


def counts():
    return [model.objects.count() for model in (Annotator, Assignment, Judgement, JudgementRevision, AuditEntry)]


def test_a_vote_is_stored_with_all_it_says(study, write):
    key = str(uuid.uuid4())
    told = {
        "id": key,
        "shown_left": "b",
        "strength": "much",
        "lead_time": 4.5,
        "active_time": 4,
        "tstamp": 1700000000.5,
    }
    told |= {"sampling_prob": 0.25, "sampling_from": 6}
    assert import_ratings(write(line(study, **told)), study).added == 1
    vote = Judgement.objects.select_related("assignment__annotator").get()
    assert (str(vote.public_id), vote.outcome, vote.strength) == (key, "a", 2)
    assert (vote.lead_time_ms, vote.active_ms, vote.created_at.timestamp()) == (4500, 4000, 1700000000.5)
    assert (vote.assignment.state, vote.assignment.shown_left) == ("done", "b")
    assert (vote.assignment.probability, vote.assignment.drawn_from) == (0.25, 6)
    assert (vote.assignment.annotator.pseudonym, vote.assignment.annotator.imported) == ("expert-1", True)
    assert JudgementRevision.objects.get().outcome == "a"


def test_which_system_the_file_calls_a_does_not_matter(study, write):
    vote = line(study, shown_left="a", winner="model_b")
    import_ratings(write(vote), study)
    assert import_ratings(write(swapped(vote) | {"shown_left": "b"}), study).unchanged == 1
    other = swapped(vote) | {"judge": "expert-2", "shown_left": "b"}
    import_ratings(write(other), study)
    assert set(Judgement.objects.values_list("outcome", "assignment__shown_left")) == {("b", "a")}


def test_the_same_file_twice_adds_nothing(study, write):
    path = write(line(study), line(study, criterion="fluency", winner="tie"), line(study, judge="expert-2"))
    first = import_ratings(path, study)
    assert (first.added, first.judges) == (3, 2)
    before = counts()
    again = import_ratings(path, study)
    assert (again.added, again.unchanged) == (0, 3)
    assert counts() == before


def test_imported_places_come_on_top_of_the_studys_own(study, write):
    import_ratings(write(line(study), line(study, judge="expert-2")), study)
    comparison = study.comparisons.first()
    assert (comparison.quota, comparison.taken, comparison.imported) == (3, 2, 2)
    annotator = join(study)
    given_out = {next_assignment(annotator).comparison_id}
    Assignment.objects.filter(annotator=annotator).update(state="done", lease_until=None)
    given_out.add(next_assignment(annotator).comparison_id)
    assert given_out == set(study.comparisons.values_list("pk", flat=True))


def test_what_a_study_asks_of_people_leaves_out_who_rated_elsewhere(study, write):
    before = study_work(study)
    import_ratings(write(line(study), line(study, judge="expert-2")), study)
    assert study_work(study) == before
    assert (before.comparisons, before.ratings, before.answers) == (2, 2, 4)


def test_imported_votes_count_where_the_next_pair_is_drawn_by_the_votes(study, write):
    change_settings(study, {"sampling": "adaptive"}, None)
    import_ratings(write(line(study), line(study, judge="expert-2", winner="tie")), study)
    counts = [(one.votes, sorted((one.score_sum, 2 - one.score_sum))) for one in study.pair_tallies.all()]
    assert counts == [(2, [0.5, 1.5])]


def test_votes_per_comparison_change_for_people_here_alone(study, write):
    import_ratings(write(line(study), line(study, judge="expert-2")), study)
    change_settings(study, {"quota": 2}, UserFactory())
    assert sorted(study.comparisons.values_list("quota", flat=True)) == [2, 4]
    change_settings(study, {"quota": 1}, UserFactory())
    assert sorted(study.comparisons.values_list("quota", flat=True)) == [1, 3]
    with pytest.raises(StudySetupError):
        change_settings(study, {"quota": 0}, UserFactory())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"winner": "A"}, "line 2, field 'winner': is 'A'; expected one of: model_a, model_b, tie, both_bad"),
        ({"winner": None}, "field 'winner': is missing"),
        ({"model_a": "gpt-9"}, "field 'model_a': 'gpt-9' is no system of study"),
        ({"document_id": "nowhere"}, "field 'document_id': dataset .* has no document 'nowhere'"),
        ({"query": "What?"}, "field 'query': document .* has no query 'What\\?'"),
        ({"criterion": "taste"}, "field 'criterion': is 'taste'; the study asks overall, fluency"),
        ({"judge": ""}, "field 'judge': is empty"),
        ({"judge_type": "cat"}, "field 'judge_type': is 'cat'; expected one of: human, llm"),
        ({"shown_left": "left"}, "field 'shown_left': is 'left'; expected one of: a, b"),
        ({"strength": "much", "winner": "tie"}, "field 'strength': is 'much', but 'tie' means that neither side won"),
        ({"lead_time": -1}, "field 'lead_time': is -1; expected seconds"),
        ({"lead_time": "4"}, "field 'lead_time'"),
        ({"tstamp": True}, "field 'tstamp'"),
        ({"tstamp": 1e300}, "field 'tstamp'"),
        ({"sampling_prob": 0, "sampling_from": 3}, "field 'sampling_prob': is 0; expected a number from 1e-09 to 1"),
        ({"sampling_prob": 1e-320, "sampling_from": 3}, "field 'sampling_prob': is 1e-320; expected"),
        ({"sampling_prob": 0.5}, "field 'sampling_from': is null; expected how many"),
        ({"sampling_prob": True, "sampling_from": 3}, "field 'sampling_prob'"),
        ({"id": "7"}, "field 'id': is '7'; expected a UUID"),
        ({"rating": 5}, "field 'rating': is not known"),
        ({"judge": "x" * 51}, "field 'judge': has 51 characters"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_imported(study, write, wrong, message):
    path = write(line(study), line(study, judge="expert-2") | wrong)
    with pytest.raises(DatasetImportError, match=message):
        import_ratings(path, study)
    assert counts() == [0, 0, 0, 0, 0]


def test_a_judge_answers_once(study, write):
    with pytest.raises(DatasetImportError, match=r"line 2: the same answer of the same judge is in .* line 1 already"):
        import_ratings(write(line(study), swapped(line(study))), study)
    one = line(study)
    twice = (
        f"line 2: judge 'expert-1' answers for {one['model_b']} here, and for {one['model_a']} on the same pair in "
        r".*line 1\. Keep one"
    )
    with pytest.raises(DatasetImportError, match=twice):
        import_ratings(write(one, swapped(one | {"winner": "model_b"})), study)
    with pytest.raises(DatasetImportError, match="line 2: judge 'expert-1' answers 'tie' here, and for "):
        import_ratings(write(one, one | {"winner": "tie"}), study)
    import_ratings(write(line(study)), study)
    with pytest.raises(DatasetImportError, match="line 1: 'expert-1' has another answer here already; it stays"):
        import_ratings(write(line(study, winner="tie")), study)
    assert Judgement.objects.get().outcome == "a"


def test_nobody_who_rates_here_gets_votes_from_a_file(study, write):
    annotator = AnnotatorFactory(study=study)
    with pytest.raises(DatasetImportError, match=f"'{annotator.pseudonym}' rates in study {study.slug} itself"):
        import_ratings(write(line(study, judge=annotator.pseudonym)), study)
    assert not Judgement.objects.exists()


def test_a_judge_is_a_person_or_a_model(study, write):
    llm = line(study, judge_type="llm")
    with pytest.raises(DatasetImportError, match="field 'judge_type'"):
        import_ratings(write(llm, line(study, criterion="fluency")), study)
    import_ratings(write(llm, line(study, judge="expert-2")), study)
    assert (
        "1 of 2 votes were given by language models, not by people."
        in build_board(study, study.criteria.first())["warnings"]
    )


def test_pairs_the_study_does_not_compare_are_told(write):
    study = make_study(systems=3, documents=1)
    vote = line(study)
    study.comparisons.exclude(pk=study.comparisons.first().pk).delete()
    rest = (set(system_slugs(study)) - {vote["model_a"], vote["model_b"]}).pop()
    with pytest.raises(DatasetImportError, match=r"does not compare .* Import the summaries of both first"):
        import_ratings(write(vote | {"model_b": rest}), study)


def test_a_vote_on_an_empty_summary_says_which_is_empty(study, write):
    vote = line(study)
    pair = study.comparisons.first()
    Summary.objects.filter(pk=pair.summary_b_id).update(text="", stop_reason="empty")
    pair.delete()
    with pytest.raises(DatasetImportError, match=f"the summary of .* by {vote['model_b']} is empty, and an empty"):
        import_ratings(write(vote), study)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"winner": "tie", "winner": "tie"}', "null"])
def test_a_file_without_votes_is_told(study, write, text):
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_ratings", write(text), study=study.slug)


def test_the_command_says_what_it_did(study, write, capsys):
    call_command("import_ratings", write(line(study)), study=study.slug)
    assert capsys.readouterr().out == "1 votes of 1 judges added, 0 already there.\n"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.after, entry.actor) == (
        "import",
        "votes.jsonl",
        "1 votes",
        "command line",
    )


def test_exported_and_imported_votes_make_the_same_board(tmp_path, capsys):
    """The votes of one study, in a copy of it: the same numbers, intervals and draws."""
    study = make_rated_study(systems=3, documents=3, annotators=2, criteria=("overall", "fluency"))
    lines = list(export_rows(study))
    before = [build_board(study, criterion) for criterion in study.criteria.all()]
    Assignment.objects.all().delete()
    study.comparisons.update(taken=0)
    Annotator.objects.all().delete()
    path = tmp_path / "votes.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in lines))
    assert import_ratings(path, study).added == len(lines)
    assert [build_board(study, criterion) for criterion in study.criteria.all()] == before
    again = list(export_rows(study))
    assert sorted(again, key=str) == sorted(lines, key=str)


@pytest.mark.parametrize("values", [{"external_id": "p1"}, {"user": True}, {"judge_type": "cat"}])
def test_the_database_keeps_imported_judges_apart(study, values):
    values = {name: UserFactory() if value is True else value for name, value in values.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        AnnotatorFactory(study=study, imported=True, **values)


@pytest.mark.parametrize("values", [{"state": "leased"}, {"shown_left": "c"}])
def test_a_side_is_unknown_only_where_it_was_rated_elsewhere(study, write, values):
    import_ratings(write(line(study)), study)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.update(**{"lease_until": "2030-01-01T00:00Z"} | values)


@given(st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_imported_or_told(study, tmp_path, content):
    path = tmp_path / "any.jsonl"
    path.write_bytes(content)
    with pytest.raises(DatasetImportError):
        import_ratings(path, study)
