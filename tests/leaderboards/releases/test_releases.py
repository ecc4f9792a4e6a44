"""What a release holds, that others' tools read it, and that it gives the same board without this site."""
# ruff: noqa: F811  (fixtures)

import json
import subprocess
import zipfile

import datasets
import mlcroissant
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.utils import timezone

from annotations.imports.ratings_import import import_ratings
from annotations.models import Assignment, Judgement, Remark
from annotations.people.questionnaire import record_answers
from annotations.studies.consent import give_consent, set_consent_text
from annotations.studies.personal_questions import asked as questions_asked
from annotations.studies.personal_questions import parse_questions, set_questions
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of, zip_of
from leaderboards.releases.rows import sha256
from leaderboards.releases.tables import TABLES
from marks.kinds.storing import ensure_library
from marks.models import Mark
from models_runner.models import Document, Summary
from stats.ratings.estimates import NO_LIMIT
from tests.factories import StudyFactory
from tests.leaderboards.helpers import build_board, make_rated_study, system_slugs
from tests.leaderboards.releases.making import (  # noqa: F401  (fixtures)
    BOARD,
    _own_folders,
    make,
    reproduce,
    study,
    table,
)

pytestmark = pytest.mark.django_db
# Tables of what not every release has.
ONLY_SOMETIMES = {"comments", "looks", "marks", "repeats", "verdicts"}


def test_both_forms_of_every_table_hold_the_same_rows(study):
    release = make(study)
    for name, about in TABLES.items():
        if name in ONLY_SOMETIMES:
            continue
        read = pq.read_table(folder_of(release) / "data" / f"{name}.parquet")
        assert read.to_pylist() == table(release, name)
        assert read.column_names == list(about.types)
    assert release.counts["rows"] == {
        "votes": 108, "comparisons": 18, "summaries": 18, "documents": 6, "references": 1, "scores": 18, "systems": 3,
        "annotators": 3,
    }  # fmt: skip


def test_a_release_of_documents_with_times_has_the_starts_of_turns_in_both_forms(study):
    document = study.dataset.documents.first()
    document.transcript.turns = [
        {"speaker": "Maya", "content": "Hello.", "start": 3.5},
        {"speaker": "", "content": "Yes."},
    ]
    document.transcript.save()
    study.dataset.documents.update(redistributable=True)
    release = make(study)
    rows = table(release, "documents")
    assert pq.read_table(folder_of(release) / "data" / "documents.parquet").to_pylist() == rows
    turns = next(row["turns"] for row in rows if row["document_id"] == document.external_id)
    assert [turn["start"] for turn in turns] == [3.5, None]


@pytest.mark.once
def test_load_dataset_reads_the_folder_by_its_card(study):
    folder = folder_of(make(study))
    for name in ("votes", "summaries", "documents", "references", "scores", "systems", "annotators", "comparisons"):
        loaded = datasets.load_dataset(str(folder), name, split="train")
        assert loaded.column_names == list(TABLES[name].types)
        assert len(loaded) > 0
    assert len(datasets.load_dataset(str(folder), split="train")) == 108  # the votes are the default


@pytest.mark.once
def test_croissant_is_valid_and_its_records_can_be_read(study):
    folder = folder_of(make(study))
    described = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert not described.metadata.issues.errors
    assert {one.id for one in described.metadata.record_sets} == set(TABLES) - ONLY_SOMETIMES
    records = list(described.records("votes"))
    assert len(records) == 108
    assert {record["votes/winner"] for record in records} == {b"model_a", b"model_b", b"tie", b"both_bad"}


def test_checksums_are_those_of_the_files(study):
    folder = folder_of(make(study))
    done = subprocess.run(["sha256sum", "--check", "CHECKSUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0
    names = {line.split(":")[0] for line in done.stdout.splitlines()}
    assert names == {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"CHECKSUMS"}


def test_the_zip_holds_the_folder(study):
    release = make(study)
    with zipfile.ZipFile(zip_of(release)) as archive:
        assert archive.testzip() is None
        names = {name.removeprefix(f"{release.folder_name}/") for name in archive.namelist()}
    assert names == {path.as_posix() for path in publishing.files(release)}


def test_the_board_inside_is_the_sites(study):
    release = make(study)
    inside = json.loads((folder_of(release) / "board.json").read_text())["criteria"]
    for criterion in study.criteria.all():
        lines = build_board(study, criterion)["systems"]
        assert [{name: line[name] for name in ("system", *BOARD)} for line in lines] == [
            {name: line[name] for name in ("system", *BOARD)} for line in inside[criterion.key]["systems"]
        ]
        assert [line["rouge1"] for line in lines] == [
            line["metrics"]["rouge1"] for line in inside[criterion.key]["systems"]
        ]


def test_a_system_that_won_everything_has_no_interval_in_a_release():
    study = make_rated_study(systems=3, documents=6, annotators=3)
    folder = folder_of(make(study))
    (board,) = json.loads((folder / "board.json").read_text())["criteria"].values()
    first, second, _ = board["systems"]
    assert (first["rating_lower"], first["rating_upper"], first["rank"]) == (None, None, 1)
    assert (first["reason"], second["reason"]) == (NO_LIMIT, None)
    assert second["rating_lower"] < second["rating"] < second["rating_upper"]
    assert f"| {first['system']} | {first['rating']:.0f} | — | 36 |" in (folder / "README.md").read_text()
    assert "39 numbers compared, 0 differ." in reproduce(folder).stdout


def test_a_study_without_votes_makes_a_release_that_says_so(study):
    Judgement.objects.all().delete()
    release = make(study)
    assert release.counts["rows"]["votes"] == 0
    assert "78 numbers compared, 0 differ." in reproduce(folder_of(release)).stdout
    assert len(datasets.load_dataset(str(folder_of(release)), "summaries", split="train")) == 18


def test_votes_go_back_into_a_copy_of_the_study_and_give_the_same_board(study):
    copy = StudyFactory(dataset=study.dataset)
    copy.systems.set(study.systems.all())
    for criterion in study.criteria.all():
        copy.criteria.create(key=criterion.key, question=criterion.question, position=criterion.position)
    for one in study.comparisons.all():
        one.pk, one.study, one.taken = None, copy, 0
        one.save()
    import_ratings(folder_of(make(study)) / "data" / "votes.jsonl", copy)
    for mine, theirs in zip(study.criteria.all(), copy.criteria.all(), strict=True):
        lines, others = (build_board(s, c)["systems"] for s, c in ((study, mine), (copy, theirs)))
        for line, other in zip(lines, others, strict=True):
            # Votes come in another order, which is the last digit of a sum.
            assert {
                name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
                for name, value in line.items()
            } == other


def test_nobody_can_be_found_in_a_release(study):
    person = study.annotators.first()
    person.external_id, person.pseudonym = "5f1e0a-prolific", "maya@example.org"
    person.save()
    Remark.objects.create(
        assignment=person.assignments.first(), kind="comment", text="call me", client_key=person.public_id
    )
    everything = "".join(
        path.read_text() for path in folder_of(make(study)).rglob("*") if path.suffix in (".jsonl", ".json", ".md")
    )
    for secret in ("5f1e0a", "maya@", "annotator-0", "call me", str(person.public_id)):
        assert secret not in everything
    assert {row["judge"] for row in table(make(study, version="2"), "votes")} == {"judge-1", "judge-2", "judge-3"}


@pytest.mark.parametrize("asked_for", [{}, {"include_comments": True, "include_excluded": True}])
def test_what_people_said_of_themselves_is_in_no_release(study, asked_for):
    person = study.annotators.first()
    person.reads = "tlh"
    person.save()
    set_consent_text(study, "Zqconsent to this.", None)
    give_consent(person, 1)
    set_questions(study, "before", parse_questions("text | Zqquestion?"), None)
    record_answers(person, {question.key: "Zqanswer" for question in questions_asked(study, "before")})
    folder = folder_of(make(study, **asked_for))
    files = [path for path in folder.rglob("*") if path.is_file()]
    parquet = [path for path in files if path.suffix == ".parquet"]
    assert len(parquet) > 5
    texts = {path: str(pq.read_table(path).to_pylist()) for path in parquet}
    texts |= {path: path.read_text() for path in files if path not in texts}
    for path, text in texts.items():
        for secret in ("Zqconsent", "Zqquestion", "Zqanswer", '"tlh"', "'tlh'"):
            assert secret not in text, path


def test_verdicts_of_judges_have_a_table_of_their_own(study, tmp_path):
    shut, shown = study.dataset.documents.order_by("external_id")[:2]
    study.dataset.documents.filter(pk=shut.pk).update(redistributable=False)
    first, second, _ = system_slugs(study)
    said = {"judge": "far", "criterion": "overall", "reason": "It quotes Maya."}
    pair = {"model_a": first, "model_b": second, "shown_first": "a", "winner": "model_b", "p_a": 0.2, "p_b": 0.8}
    scored = {
        "system": first,
        "score": 4.0,
        "scale_min": 1.0,
        "scale_max": 5.0,
        "judge": "scorer",
        "criterion": "overall",
    }
    lines = [{"document_id": shut.external_id} | said | pair, {"document_id": shown.external_id} | said | pair,
             {"document_id": shown.external_id} | scored]  # fmt: skip
    path = tmp_path / "verdicts.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    call_command("import_verdicts", path, study=study.slug)
    release = make(study)
    rows = table(release, "verdicts")
    assert pq.read_table(folder_of(release) / "data" / "verdicts.parquet").to_pylist() == rows
    by_place = {(row["document_id"], row["judge"]): row for row in rows}
    assert len(rows) == len(by_place) == 3
    # A reason quotes texts.
    assert by_place[shut.external_id, "far"]["reason"] is None
    assert by_place[shown.external_id, "far"] == dict.fromkeys(TABLES["verdicts"].types) | lines[1] | {"sample": 0}
    assert by_place[shown.external_id, "scorer"]["score"] == 4
    assert len(table(release, "votes")) == 108
    assert {row["judge"] for row in table(release, "votes")}.isdisjoint({"far", "scorer"})


@pytest.mark.parametrize("asked", [False, True])
def test_what_raters_wrote_beside_marks_is_a_comment(study, asked):
    pair = Assignment.objects.filter(annotator__study=study).select_related("comparison__summary_a").first()
    ensure_library(study)
    about = {"study": study, "annotator": pair.annotator, "assignment": pair, "summary": pair.comparison.summary_a}
    kind = study.mark_kinds.get(key="missing reason")
    Mark.objects.create(**about, kind=kind, severity="minor", text_sha256="0" * 64, comment="My sister chaired it.")
    [row] = [row for row in table(make(study, include_comments=asked), "marks") if row["kind"]]
    assert row["comment"] == ("My sister chaired it." if asked else None)


def test_marks_have_a_table_that_is_imported_again(study, tmp_path):
    shut, shown = study.dataset.documents.order_by("external_id")[:2]
    study.dataset.documents.filter(pk=shut.pk).update(redistributable=False)
    system = system_slugs(study)[0]
    texts = dict(Summary.objects.filter(run__system__slug=system).values_list("document__external_id", "text"))
    said = {"system": system, "annotator": "Ada Lovelace", "start": 0, "end": 4, "kind": "invented",
            "severity": "major", "comment": "Nobody said it."}  # fmt: skip
    lines = [said | {"document_id": name, "text": texts[name][:4]} for name in (shut.external_id, shown.external_id)]
    path = tmp_path / "marks.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    call_command("import_marks", path, study=study.slug)
    release = make(study)
    rows = table(release, "marks")
    assert pq.read_table(folder_of(release) / "data" / "marks.parquet").to_pylist() == rows
    marks = {row["document_id"]: row for row in rows if row["kind"]}
    # Marked words and comments quote a text, and a name that came with a file may be somebody's.
    assert [(marks[one.external_id]["text"], marks[one.external_id]["comment"]) for one in (shut, shown)] == [
        (None, None), (texts[shown.external_id][:4], "Nobody said it."),
    ]  # fmt: skip
    assert {row["annotator"] for row in rows}.isdisjoint({"Ada Lovelace"})
    assert len(rows) - len(marks) == 2 * study.systems.count() - 2
    Mark.objects.all().delete()
    call_command("import_marks", folder_of(release), study=study.slug)
    assert Mark.objects.filter(start=0, end=4).count() == 2


def test_comments_come_if_asked_for(study):
    assignment = Assignment.objects.first()
    for n, text in enumerate(("first thought", "second thought")):
        Remark.objects.create(assignment=assignment, kind="comment", text=text, client_key=f"{n:032x}")
    release = make(study, include_comments=True)
    assert [row["comment"] for row in table(release, "comments")] == ["second thought"]


def test_votes_of_excluded_annotators_come_marked_if_asked_for_and_count_nowhere(study):
    study.annotators.filter(pk=study.annotators.first().pk).update(
        excluded_at=timezone.now(), exclusion_reason="too fast"
    )
    without, with_them = make(study), make(study, include_excluded=True)
    assert len(table(without, "votes")) == 72
    assert without.counts["left_out"] == {"of excluded annotators": 36}
    assert [row["void_reason"] for row in table(with_them, "votes")].count("annotator_excluded") == 36
    boards = [json.loads((folder_of(one) / "board.json").read_text())["criteria"] for one in (without, with_them)]
    assert boards[0] == boards[1]
    assert "78 numbers compared, 0 differ." in reproduce(folder_of(with_them)).stdout


def test_of_documents_that_may_not_leave_there_are_ids_and_hashes(study):
    hidden = study.dataset.documents.first()
    Document.objects.filter(pk=hidden.pk).update(redistributable=False)
    release = make(study)
    document = table(release, "documents")[0]
    assert document["document_id"] == hidden.external_id
    assert document["turns"] is document["title"] is None
    assert document["text_sha256"] == sha256(hidden.transcript.text)
    assert release.counts["withheld"] == 1
    made_of_it = [*hidden.references.all(), *hidden.summaries.all()]
    everything = "".join(path.read_text() for path in folder_of(release).rglob("*.jsonl"))
    for one in made_of_it:
        assert json.dumps(one.text) not in everything
        assert sha256(one.text) in everything
    assert sum(row["text"] is None for row in table(release, "summaries")) == 3
    assert "1 of 6 documents may not be passed on" in (folder_of(release) / "README.md").read_text()


def test_what_models_thought_is_in_no_file_of_a_release(study):
    Summary.objects.update(thoughts="zqthought", thinking_tokens=7)
    folder = folder_of(make(study))
    assert [str(path) for path in folder.rglob("*") if path.is_file() and b"zqthought" in path.read_bytes()] == []
