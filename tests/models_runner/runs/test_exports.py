import json

import pytest
from django.core.management import CommandError, call_command

from lib.files import replace_when_complete
from models_runner.models import MetricSignature, Score
from models_runner.systems.fingerprint import system_fingerprint
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, RunFactory, SummaryFactory


def export(dataset, path):
    call_command("export_summaries", dataset=dataset.name, output=path)
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.django_db
def test_a_row_has_the_fixed_fields(tmp_path):
    summary = SummaryFactory(run__system__slug="lead-3", document__external_id="m1")
    ReferenceFactory(document=summary.document, text="The reference.")
    signature = MetricSignature.objects.create(metric="rouge", text="rouge|1")
    Score.objects.create(summary=summary, signature=signature, name="rouge1", value=0.25)
    assert export(summary.run.dataset, tmp_path / "out.jsonl") == [
        {
            "document_id": "m1",
            "system": "lead-3",
            "instruction": "medium",
            "summary": summary.text,
            "references": ["The reference."],
            "prompt_tokens": 100,
            "output_tokens": 12,
            "dropped_tokens": 0,
            "stop_reason": "end",
            "seconds": 1.5,
            "scores": {
                "rouge1": 0.25,
                "rouge2": None,
                "rougeL": None,
                "rougeLsum": None,
                "bertscore_f1": None,
                "words": None,
            },
            "thinking_tokens": None,
            "peak_memory_bytes": None,
            "energy_joules": None,
            "chapters": 1,
            "split": "",
            "parameters": None,
            "regime": "zero-shot",
            "system_sha256": system_fingerprint(summary.run.system),
        }
    ]


@pytest.mark.django_db
def test_the_newest_signature_gives_the_score(tmp_path):
    summary = SummaryFactory()
    for value, text in ((0.1, "rouge|1"), (0.9, "rouge|2")):
        signature = MetricSignature.objects.create(metric="rouge", text=text)
        Score.objects.create(summary=summary, signature=signature, name="rouge1", value=value)
    assert export(summary.run.dataset, tmp_path / "out.jsonl")[0]["scores"]["rouge1"] == 0.9


@pytest.mark.django_db
def test_rows_take_few_queries(tmp_path, django_assert_num_queries):
    run = RunFactory()
    for _ in range(30):
        SummaryFactory(run=run, document=DocumentFactory(dataset=run.dataset))
    with django_assert_num_queries(6):  # dataset, runs, ids, summaries, scores, references
        assert len(export(run.dataset, tmp_path / "out.jsonl")) == 30


@pytest.mark.django_db
def test_an_unknown_dataset_is_named(tmp_path):
    DatasetFactory(name="meetings")
    with pytest.raises(CommandError, match="no dataset 'x'"):
        call_command("export_summaries", dataset="x", output=tmp_path / "out")


def test_a_file_that_breaks_off_leaves_nothing(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replace_when_complete(path) as file:
        file.write("half")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    assert path.read_text() == "old"


@pytest.mark.django_db
def test_thoughts_are_in_a_field_of_their_own_and_only_if_asked_for(tmp_path):
    summary = SummaryFactory(thoughts="They want a summary.")
    dataset, path = summary.run.dataset, tmp_path / "out.jsonl"
    assert "They want" not in json.dumps(export(dataset, path))
    call_command("export_summaries", dataset=dataset.name, output=path, thoughts=True)
    (row,) = [json.loads(line) for line in path.read_text().splitlines()]
    assert (row["summary"], row["thoughts"]) == (summary.text, "They want a summary.")
