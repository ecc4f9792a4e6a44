import json

import pytest
from django.core.management import CommandError, call_command

from models_runner.models import Query, Run, ScoringJob, Summary
from tests.factories import DatasetFactory, DocumentFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def dataset():
    dataset = DatasetFactory(name="meetings")
    for n in range(3):
        DocumentFactory(dataset=dataset, external_id=f"m{n}")
    SystemFactory(slug="theirs", adapter="imported")
    return dataset


def load(tmp_path, text, name="s.jsonl", **options):
    path = tmp_path / name
    path.write_text(text)
    call_command("import_summaries", path, **{"dataset": "meetings", "system": "theirs"} | options)


def lines(*records):
    return "\n".join(json.dumps(record) for record in records)


GOOD = lines(
    {"document_id": "m0", "summary": "They ship.", "seconds": 4.2, "prompt_tokens": 900, "output_tokens": 12},
    {"document_id": "m1", "summary": ""},
)


def test_summaries_made_elsewhere_join_the_others(dataset, tmp_path):
    load(tmp_path, GOOD)
    run = Run.objects.get()
    assert (run.system.slug, run.instruction, run.status) == ("theirs", "medium", "done")
    first, second = run.summaries.all()
    assert (first.text, first.seconds, first.prompt_tokens) == ("They ship.", 4.2, 900)
    assert second.stop_reason == "empty"
    assert ScoringJob.objects.filter(run=run).count() == 4


def test_the_same_file_twice_adds_nothing_and_more_goes_on(dataset, tmp_path, capsys):
    load(tmp_path, GOOD)
    load(tmp_path, GOOD)
    assert "0 summaries added, 2 already there" in capsys.readouterr().out
    load(tmp_path, lines({"document_id": "m2", "summary": "A third."}))
    assert Summary.objects.count() == 3


def test_csv_is_read_too(dataset, tmp_path):
    load(tmp_path, 'document_id,summary,seconds\nm0,"They ship, says Maya.",1.5\nm1,Nothing,\n', "s.csv")
    assert list(Summary.objects.values_list("text", "seconds")) == [("They ship, says Maya.", 1.5), ("Nothing", None)]


def test_answers_to_queries_find_their_query(dataset, tmp_path):
    Query.objects.create(document=dataset.documents.get(external_id="m0"), position=0, text="Who ships?")
    load(tmp_path, lines({"document_id": "m0", "query": "Who ships?", "summary": "Leo."}), instruction="query")
    assert Summary.objects.get().query.text == "Who ships?"


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ('{"document_id": "m0"}', "s.jsonl", "line 1, field 'summary': is missing"),
        ('{"document_id": "m9", "summary": "x"}', "s.jsonl", "line 1, field 'document_id': dataset meetings has no"),
        (lines({"document_id": "m0", "summary": "x"}, {"document_id": "m0", "summary": "y"}), "s.jsonl", "before, in"),
        ('{"document_id": "m0", "summary": "x", "score": 1}', "s.jsonl", "field 'score': is not known"),
        ('{"document_id": "m0", "summary": "x", "seconds": "fast"}', "s.jsonl", "field 'seconds': is 'fast'"),
        ('{"document_id": "m0", "summary": "x", "prompt_tokens": 1.5}', "s.jsonl", "expected a whole number"),
        ('{"document_id": "m0", "summary": "x", "query": "Who?"}', "s.jsonl", "the instruction is not query"),
        ("document_id,summary\nm0\n", "s.csv", "line 2: has not as many cells"),
        ("", "s.jsonl", "no records"),
    ],
)
def test_a_wrong_file_says_where_and_imports_nothing(dataset, tmp_path, text, name, message):
    with pytest.raises(CommandError, match=message):
        load(tmp_path, text, name)
    assert not Summary.objects.exists()


def test_another_text_for_a_summary_is_refused(dataset, tmp_path):
    load(tmp_path, GOOD)
    with pytest.raises(CommandError, match="has another summary of 'm0' already"):
        load(tmp_path, lines({"document_id": "m2", "summary": "new"}, {"document_id": "m0", "summary": "changed"}))
    assert Summary.objects.count() == 2


def test_one_file_may_hold_several_systems_and_instructions(dataset, tmp_path, capsys):
    load(
        tmp_path,
        lines(
            {"document_id": "m0", "system": "bart", "summary": "A.", "parameters": 400_000_000},
            {"document_id": "m1", "system": "bart", "summary": "B."},
            {"document_id": "m0", "system": "bart", "summary": "C.", "instruction": "short"},
            {"document_id": "m0", "system": "theirs", "summary": "D."},
        ),
        system="",
        regime="fine-tuned",
    )
    runs = {(run.system.slug, run.instruction): run for run in Run.objects.all()}
    assert sorted(runs) == [("bart", "medium"), ("bart", "short"), ("theirs", "medium")]
    assert [s.text for s in runs["bart", "medium"].summaries.order_by("pk")] == ["A.", "B."]
    bart = runs["bart", "short"].system
    assert (bart.adapter, bart.regime, bart.parameters) == ("imported", "fine-tuned", 400_000_000)
    assert capsys.readouterr().out.count("already there") == 3


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"summary": "x"}, "line 2, field 'system': is missing; name it on every line"),
        ({"summary": "x", "system": "lead-3"}, "line 2: system lead-3 writes its summaries here"),
        ({"summary": "x", "system": "two words"}, "line 2, field 'system': "),
        ({"summary": "x", "system": "new", "parameters": 0}, "line 2, field 'parameters': "),
        ({"summary": "x", "system": "new", "parameters": -4}, "line 2, field 'parameters': is -4"),
        ({"summary": "x", "system": "new", "instruction": "brief"}, "field 'instruction': is 'brief'; expected one of"),
        ({"summary": "x", "system": "theirs", "parameters": 7}, "field 'parameters': theirs has None elsewhere"),
    ],
)
def test_a_wrong_line_of_a_file_of_systems_imports_nothing(dataset, tmp_path, record, message):
    text = lines({"document_id": "m0", "system": "theirs", "summary": "ok"}, {"document_id": "m1"} | record)
    with pytest.raises(CommandError, match=message):
        load(tmp_path, text, system="")
    assert not Run.objects.exists()


def test_the_command_and_a_line_name_one_system(dataset, tmp_path):
    with pytest.raises(CommandError, match="field 'system': is 'other', but the command says 'theirs'"):
        load(tmp_path, lines({"document_id": "m0", "system": "other", "summary": "x"}))


def test_a_system_that_writes_here_takes_no_imports(dataset, tmp_path):
    with pytest.raises(CommandError, match="writes its summaries here"):
        load(tmp_path, GOOD, system="lead-3")
