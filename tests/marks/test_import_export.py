"""Marks made elsewhere: what is taken, what is refused by line, and that each export is read again."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Annotator, AuditEntry
from marks.imports.storing import import_marks
from marks.models import Mark, MarkKind, Reading, text_hash
from models_runner.models import Query, Summary
from tests.factories import AnnotatorFactory
from tests.marks.files import TEXT, documents, file_of, row, slugs, study_with_texts, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return study_with_texts(systems=3)


def take(study, path, **options):
    call_command("import_marks", path, study=study.slug, **options)


def exported(study, tmp_path, **options):
    path = tmp_path / "exported.jsonl"
    call_command("export_marks", study.slug, output=path, **options)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_marks_on_words_and_on_the_whole_are_stored_with_what_stands_there(study, tmp_path, capsys):
    chinese = TEXT.index("周五")
    take(study, file_of(
        tmp_path,
        row(study, comment="It was Friday."),
        row(study, start=chinese, end=chinese + 2, text=..., kind="Invented", annotator="ben"),
        whole(study, severity="minor"),
    ))  # fmt: skip
    first, second, third = Mark.objects.order_by("pk")
    assert (first.text, first.kind.name, first.severity, first.comment) == (
        "Monday", "wrong number or date", "major", "It was Friday.",
    )  # fmt: skip
    assert (second.text, second.kind.name, second.annotator.pseudonym) == ("周五", "invented", "ben")
    assert (third.start, third.end, third.text, third.is_on_words) == (None, None, "", False)
    assert {first.text_sha256, third.text_sha256} == {text_hash(TEXT)}
    assert {mark.source for mark in (first, second, third)} == {"marks.jsonl"}
    assert set(Annotator.objects.values_list("pseudonym", "imported")) == {("ana", True), ("ben", True)}
    assert "3 marks of 2 annotators added, 0 already there." in capsys.readouterr().out
    assert AuditEntry.objects.filter(study=study, action="import", subject="marks.jsonl", after="3 marks").exists()


def test_the_same_file_again_adds_nothing(study, tmp_path, capsys):
    # Two actions are missing, so the same line is there twice.
    path = file_of(tmp_path, row(study), whole(study, kind="missing action"), whole(study, kind="missing action"))
    take(study, path)
    take(study, path)
    assert "0 marks of 0 annotators added, 3 already there." in capsys.readouterr().out
    assert Mark.objects.count() == 3
    take(study, file_of(tmp_path, *[whole(study, kind="missing action")] * 3))
    assert Mark.objects.count() == 4
    assert AuditEntry.objects.filter(study=study).count() == 2


def test_kinds_are_known_by_any_spelling_and_new_ones_are_not_offered(study, tmp_path, capsys):
    names = ("wrong_person", "Wrong Person", "Structural Disorganization ", "structural-disorganization", "幻觉")
    take(study, file_of(tmp_path, *(whole(study, kind=name, document_id=documents(study)[n % 2])
                                    for n, name in enumerate(names))))  # fmt: skip
    kinds = MarkKind.objects.filter(study=study, marks__isnull=False).distinct()
    assert set(kinds.values_list("name", flat=True)) == {"wrong person", "Structural Disorganization", "幻觉"}
    assert not kinds.filter(asked=True).exists()
    assert (
        "Kinds that are new in this study: wrong person, Structural Disorganization, 幻觉." in capsys.readouterr().out
    )


def test_who_marks_a_document_has_read_all_its_summaries_unless_the_file_says_otherwise(study, tmp_path):
    marked = row(study)
    take(study, file_of(tmp_path, marked))
    assert Reading.objects.count() == 3
    take(study, file_of(tmp_path, row(study, annotator="ben")), only_marked=True)
    assert Reading.objects.filter(annotator__pseudonym="ben").count() == 1
    nothing = row(study, annotator="cho", system=slugs(study)[1], start=..., end=..., text=..., kind=None, severity=...)
    take(study, file_of(tmp_path, row(study, annotator="cho"), nothing))
    assert Reading.objects.filter(annotator__pseudonym="cho").count() == 2
    assert Mark.objects.filter(annotator__pseudonym="cho").count() == 1


WRONG = {
    "no object": (3, "line 2: is no object"),
    "document": ({"document_id": "nowhere"}, "line 2, field 'document_id': dataset"),
    "no document": ({"document_id": ...}, "line 2, field 'document_id': is missing"),
    "system": ({"system": "nobody"}, "line 2, field 'system': 'nobody' is no system of study"),
    "no system": ({"system": ...}, "line 2, field 'system': is missing; name it on every line, or .* --system"),
    "annotator": ({"annotator": ...}, "line 2, field 'annotator': is missing"),
    "query": ({"query": "Who?"}, "line 2, field 'query': document"),
    "start": ({"start": -1}, "line 2, field 'start': is -1; expected a character of the summary, counted from 0"),
    "half": ({"start": 1.5}, "line 2, field 'start': is 1.5"),
    "true": ({"start": True}, "line 2, field 'start': is True"),
    "no end": ({"end": None}, "line 2, field 'end': is missing, but start is there"),
    "no start": ({"start": ...}, "line 2, field 'start': is missing, but end is there"),
    "order": ({"end": 3}, "line 2, field 'end': is 3; expected more than start"),
    "beyond": ({"end": 1000, "text": ...}, "line 2, field 'end': is 1000, but the summary has"),
    "text": ({"text": "Leo"}, "line 2, field 'text': is 'Leo', but there stands 'Monday'; it stands at 35 to 38"),
    "text of nothing": ({"start": None, "end": None}, "line 2, field 'text': is there, but neither start nor end"),
    "hash": ({"text_sha256": "0" * 64}, "line 2, field 'text_sha256': is of another text"),
    "summary": ({"summary": "Another."}, "line 2, field 'summary': is not what"),
    "kind": ({"kind": None}, "line 2, field 'kind': is missing"),
    "kind of signs": ({"kind": "--"}, "line 2, field 'kind': has nothing that can be read in it"),
    "kind of two lines": ({"kind": "a\nb"}, "line 2, field 'kind': holds a line break or another control character"),
    "kind that grows": ({"kind": "ß" * 60}, "line 2, field 'kind': has 120 characters"),
    "factgenie": ({"annotations": [], "setup": 5}, "line 2, field 'setup': is a number; expected an object"),
    "long kind": ({"kind": "x" * 101}, "line 2, field 'kind': has 101 characters"),
    "severity": ({"severity": "fatal"}, "line 2, field 'severity': is 'fatal'; expected one of: minor, major"),
    "no severity": ({"severity": ...}, "line 2, field 'severity': is missing; .* --severity"),
    "comment": ({"comment": "x" * 2001}, "line 2, field 'comment': has 2001 characters"),
    "unknown": ({"colour": "red"}, "line 2, field 'colour': is not known"),
}


@pytest.mark.parametrize(("values", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_named_and_nothing_is_imported(study, tmp_path, values, message):
    wrong = row(study, **values) if isinstance(values, dict) else values
    with pytest.raises(CommandError, match=message):
        take(study, file_of(tmp_path, row(study), wrong))
    assert not (Mark.objects.exists() or Annotator.objects.exists() or MarkKind.objects.exists())


def test_all_problems_of_a_file_are_told_together(study, tmp_path):
    rows = [row(study, severity="x"), row(study), row(study, start=999, end=1000, text=...), row(study, system="y")]
    with pytest.raises(CommandError) as refused:
        take(study, file_of(tmp_path, *rows))
    assert [f"line {n}" in str(refused.value) for n in (1, 2, 3, 4)] == [True, False, True, True]


def test_an_empty_file_is_refused(study, tmp_path):
    with pytest.raises(CommandError, match="there are no marks to import"):
        take(study, file_of(tmp_path))


def test_those_who_rate_here_are_given_no_marks_from_a_file(study, tmp_path):
    AnnotatorFactory(study=study, pseudonym="ana")
    with pytest.raises(CommandError, match=r"line 1, field 'annotator': 'ana' rates in study .* itself"):
        take(study, file_of(tmp_path, row(study)))
    assert not (Mark.objects.exists() or MarkKind.objects.exists())


def test_marks_on_answers_to_queries(tmp_path):
    study = study_with_texts(systems=2, documents=1, instruction="query")
    document = study.dataset.documents.get()
    query = Query.objects.create(document=document, text="Who ships?", position=0)
    Summary.objects.filter(document=document).update(query=query)
    study.comparisons.update(query=query)
    take(study, file_of(tmp_path, row(study, query="Who ships?")))
    assert exported(study, tmp_path)[0]["query"] == "Who ships?"
    with pytest.raises(CommandError, match="the line names no query of it"):
        take(study, file_of(tmp_path, row(study)))


def test_an_export_is_read_again_in_a_copy(study, tmp_path):
    rows = [row(study, comment="No."), whole(study, annotator="ben", system=slugs(study)[1])]
    take(study, file_of(tmp_path, *rows), only_marked=True)
    out = exported(study, tmp_path)
    assert out == [{**rows[0]}, {**rows[1]}]
    Mark.objects.all().delete()
    take(study, tmp_path / "exported.jsonl")
    assert exported(study, tmp_path) == out


def test_readings_without_a_mark_go_out_and_come_in(study, tmp_path):
    take(study, file_of(tmp_path, row(study)))
    out = exported(study, tmp_path, readings=True)
    assert [one["kind"] for one in out] == ["wrong number or date", None, None]
    Reading.objects.all().delete()
    Mark.objects.all().delete()
    take(study, tmp_path / "exported.jsonl")
    assert (Reading.objects.count(), Mark.objects.count()) == (3, 1)


def test_excluded_annotators_are_left_out_unless_asked_for(study, tmp_path):
    take(study, file_of(tmp_path, row(study), row(study, annotator="ben")))
    Annotator.objects.filter(pseudonym="ben").update(excluded_at="2026-01-01T00:00Z", exclusion_reason="Guesses.")
    assert [one["annotator"] for one in exported(study, tmp_path)] == ["ana"]
    assert [one["annotator"] for one in exported(study, tmp_path, include_excluded=True)] == ["ana", "ben"]


def test_the_fields_of_factgenie_go_out_and_come_in(study, tmp_path):
    rows = [row(study, comment="No."), whole(study), row(study, annotator="ben", document_id=documents(study)[1])]
    take(study, file_of(tmp_path, *rows))
    out = exported(study, tmp_path, form="factgenie")
    first = next(line for line in out if line["annotations"])
    assert (first["setup_id"], first["example_idx"], first["dataset"]) == (slugs(study)[0], 0, study.dataset.name)
    (span,) = first["annotations"]
    names = [kind["name"] for kind in first["metadata"]["annotation_span_categories"]]
    assert (names[span["type"]], span["start"], span["text"], span["reason"]) == (
        "wrong number or date", TEXT.index("Monday"), "Monday", "No.",
    )  # fmt: skip
    before = sorted(map(json.dumps, exported(study, tmp_path)))
    path = tmp_path / "factgenie.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in out), encoding="utf-8")
    Mark.objects.all().delete()
    take(study, path)
    assert sorted(map(json.dumps, exported(study, tmp_path))) == before
    # Its older fields: the annotator and the setup at the top, kinds by number alone, the document by its place.
    older = {
        "annotator_id": "5d60", "dataset": "x", "setup": {"id": slugs(study)[1]}, "split": "test", "example_idx": 1,
        "annotations": [{"type": 0, "text": "Maya", "start": 0, "words": []}], "flags": {"is_missing": True},
    }  # fmt: skip
    take(study, file_of(tmp_path, older), severity="major")
    mark = Mark.objects.get(annotator__pseudonym="5d60")
    assert (mark.text, mark.kind.name, mark.summary.document.external_id) == ("Maya", "type 0", documents(study)[1])
    with pytest.raises(CommandError, match=r"line 1, annotations\[1\], field 'start': is -1"):
        take(study, file_of(tmp_path, older | {"annotations": [{"type": 0, "text": "Maya", "start": -1}]}))


def test_a_table_by_sentence(study, tmp_path):
    take(
        study, file_of(tmp_path, row(study), whole(study), row(study, annotator="ben", document_id=documents(study)[1]))
    )
    path = tmp_path / "sentences.csv"
    call_command("export_marks", study.slug, output=path, form="sentences")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    of_ana = [one for one in rows if one["annotator"] == "ana" and one["system"] == slugs(study)[0]]
    assert [(one["sentence"], one["marks"], one["major"], one["kinds"]) for one in of_ana] == [
        ("0", "1", "1", "missing decision"), ("1", "1", "1", "wrong number or date"), ("2", "0", "0", ""), ("3", "0", "0", ""),
    ]  # fmt: skip
    assert of_ana[1]["text"] == "Maya ships the checkout on Monday."
    assert TEXT[int(of_ana[2]["start"]) : int(of_ana[2]["end"])] == of_ana[2]["text"]
    assert len(rows) == 3 * 6 + 1


def test_a_table_of_ticks_comes_in_through_a_map(study, tmp_path, capsys):
    path = tmp_path / "table.csv"
    text = TEXT.replace("Leo", "Leo\r\n")
    Summary.objects.filter(run__system__slug=slugs(study)[1]).update(text=text)
    lines = ["Model;Predicted;Missing Information;Hallucination "]
    lines += [f'{slugs(study)[0]};"{TEXT}";yes;No', f'{slugs(study)[1]};"{text}";no;no']
    path.write_bytes(("\ufeff" + "\r\n".join(lines) + "\r\n").encode())
    Summary.objects.filter(document__external_id=documents(study)[1]).update(text="Another.")
    take(
        study, path, severity="major", annotator="they",
        map=["system=Model", "summary=Predicted", "kind.missing information=Missing Information",
             "kind.hallucination=Hallucination"],
    )  # fmt: skip
    assert list(Mark.objects.values_list("kind__name", "start", "severity")) == [("missing information", None, "major")]
    assert Reading.objects.count() == 2
    assert "1 marks of 1 annotators added" in capsys.readouterr().out
    for wrong, message in (
        (["kind.x=Nowhere", "system=Model", "summary=Predicted"], "column 'Nowhere' is not there"),
        (["kind.x=Model", "system=Model", "summary=Predicted"], "column 'Model': is .*; expected yes or no"),
        (["colour=Model"], "field 'colour' is not known"),
        (["system"], "is no FIELD=COLUMN"),
        (["system=Model", "system=Predicted"], "is mapped twice"),
    ):
        with pytest.raises(CommandError, match=message):
            take(study, path, severity="major", annotator="they", map=wrong)


def test_rows_are_named_by_their_number(study, tmp_path):
    for n, document in enumerate(study.dataset.documents.order_by("pk"), 1):
        document.external_id = f"m{n}"
        document.save()
    path = tmp_path / "table.csv"
    path.write_text(f"Model,Bad\n{slugs(study)[0]},yes\n{slugs(study)[1]},yes\n", encoding="utf-8")
    take(study, path, severity="minor", annotator="they", map=["document_id=m{#}", "system=Model", "kind.bad=Bad"])
    rows = Mark.objects.order_by("pk").values_list("summary__document__external_id", "summary__run__system__slug")
    assert list(rows) == [("m1", slugs(study)[0]), ("m2", slugs(study)[1])]
    # Each row is about one summary, so nothing is guessed about others.
    assert Reading.objects.count() == 2


def test_a_long_file_needs_few_statements(study, tmp_path, django_assert_max_num_queries):
    rows = [row(study, annotator=f"a{n % 5}", comment=str(n)) for n in range(1000)]
    path = file_of(tmp_path, *rows)
    with django_assert_max_num_queries(80):
        import_marks(path, study)
    assert Mark.objects.count() == 1000
