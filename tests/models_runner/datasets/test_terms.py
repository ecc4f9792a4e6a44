"""Licences of documents, and whether their texts may be passed on."""

import json

import pytest
from django.core.management import CommandError, call_command

from models_runner.importing import jsonl
from models_runner.importing.sample import import_sample
from models_runner.models import Document

pytestmark = pytest.mark.django_db


def run(path, *options):
    call_command("import_dataset", str(path), "--name=meetings", f"--format={path.suffix[1:]}", *options)
    return {d.external_id: (d.licence, d.redistributable) for d in Document.objects.all()}


def lines(tmp_path, *records):
    path = tmp_path / "meetings.jsonl"
    path.write_text("".join(json.dumps({"transcript": "Maya: We ship."} | record) + "\n" for record in records))
    return path


def test_nobody_may_pass_on_what_nobody_says_may_be(tmp_path):
    assert run(lines(tmp_path, {"id": "m1"})) == {"m1": ("", False)}


def test_options_speak_for_documents_that_do_not(tmp_path):
    path = lines(tmp_path, {"id": "m1"}, {"id": "m2", "licence": "MIT", "redistributable": False})
    got = run(path, "--licence=CC-BY-4.0", "--redistributable")
    assert got == {"m1": ("CC-BY-4.0", True), "m2": ("MIT", False)}


def test_the_same_file_again_changes_the_terms_alone(tmp_path, capsys):
    path = lines(tmp_path, {"id": "m1"}, {"id": "m2"})
    run(path, "--licence=MIT")
    before = list(Document.objects.values_list("pk", "content_hash"))
    assert run(path, "--redistributable") == {"m1": ("MIT", True), "m2": ("MIT", True)}
    assert list(Document.objects.values_list("pk", "content_hash")) == before
    assert "2 of them have another licence" in capsys.readouterr().out
    assert run(path) == {"m1": ("MIT", True), "m2": ("MIT", True)}
    assert run(path, "--no-redistributable") == {"m1": ("MIT", False), "m2": ("MIT", False)}


def test_terms_are_no_part_of_a_documents_content():
    record = {"id": "m1", "transcript": "Maya: We ship."}
    plain = jsonl.read_record(record, "here", "en").content_hash("")
    assert (
        jsonl.read_record(record | {"licence": "MIT", "redistributable": True}, "here", "en").content_hash("") == plain
    )


def test_csv_has_columns_for_both(tmp_path):
    path = tmp_path / "meetings.csv"
    path.write_text("id,transcript,licence,redistributable\nm1,Maya: We ship.,MIT,yes\nm2,Maya: We ship.,,\n")
    assert run(path) == {"m1": ("MIT", True), "m2": ("", False)}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"redistributable": "yes"}, "field 'redistributable': is neither true nor false"),
        ({"licence": 4}, "field 'licence': is a number; expected a text"),
        ({"licence": "x" * 201}, "field 'licence': has 201 characters; at most 200 are allowed"),
    ],
)
def test_wrong_terms_are_named(tmp_path, record, message):
    with pytest.raises(CommandError, match=message):
        run(lines(tmp_path, {"id": "m1"} | record))


def test_a_wrong_flag_in_csv_is_named(tmp_path):
    path = tmp_path / "meetings.csv"
    path.write_text("id,transcript,redistributable\nm1,Maya: We ship.,perhaps\n")
    with pytest.raises(CommandError, match="line 2, field 'redistributable': is 'perhaps'; expected true, false"):
        run(path)


def test_the_projects_own_meetings_may_be_passed_on():
    import_sample()
    assert set(Document.objects.values_list("licence", "redistributable")) == {("Apache-2.0", True)}
