"""One example for each way in which an export could not be read."""

import json

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Annotator, Comparison, Judgement
from annotations.quality.exclusion import exclude
from leaderboards.exports.rows import Selection, export_rows
from leaderboards.exports.service import export_ratings
from models_runner.models import Document, Query, Run, Summary, System
from models_runner.systems.catalog import ensure_system
from tests.api.helpers import program
from tests.factories import (
    AnnotatorFactory,
    CriterionFactory,
    DocumentFactory,
    StudyFactory,
    SummaryFactory,
    make_study,
)
from tests.leaderboards.helpers import build_board, make_rated_study, vote

pytestmark = [pytest.mark.django_db, pytest.mark.database]
READABLE = ("csv", "jsonl", "parquet", "arena", "openai")
ALL_VOTES = Selection(include_flagged=True, include_excluded=True)


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


def make_comparison(study, **about):
    return Comparison.objects.create(study=study, quota=study.quota, **about)


def copy_of(study):
    """A study of the same comparisons without votes."""
    copy = StudyFactory(dataset=study.dataset, instruction=study.instruction)
    for criterion in study.criteria.all():
        CriterionFactory(study=copy, key=criterion.key, position=criterion.position)
    copy.systems.set(study.systems.all())
    for number, one in enumerate(study.comparisons.for_rating().order_by("pk")):
        about = {"document": one.document, "query": one.query, "summary_a": one.summary_a, "summary_b": one.summary_b}
        make_comparison(study=copy, shuffle=number, **about)
    return copy


def plain(study):
    rows = [{k: v for k, v in row.items() if k not in ("id", "comparison_id")} for row in export_rows(study)]
    return sorted(rows, key=json.dumps)


def board_of(study):
    """The board; the order in which a database gives rows decides the last digits of sums."""
    board = build_board(study, study.criteria.first())
    rounded = json.loads(json.dumps(board["systems"]), parse_float=lambda text: round(float(text), 6))
    return {name: board[name] for name in ("votes", "documents", "annotators", "warnings")} | {"systems": rounded}


@pytest.fixture
def study():
    """Votes of every kind by judges with odd names, some of them with chances of their draw."""
    study = make_rated_study(systems=3, documents=4, annotators=3, prefer=1)
    ids = list(Judgement.objects.order_by("pk").values_list("pk", flat=True))
    Judgement.objects.filter(pk__in=ids[::5]).update(outcome="both_bad")
    Judgement.objects.filter(pk__in=ids[1::7]).update(outcome="tie")
    for annotator, name in zip(
        study.annotators.order_by("pk"), ("nan", "=SUM(1)", "re\u0301\u2028ne\u0301"), strict=True
    ):
        Annotator.objects.filter(pk=annotator.pk).update(pseudonym=name)
    return study


@pytest.mark.parametrize("name", READABLE[:-1])
def test_votes_make_the_same_board(study, tmp_path, name):
    copy, path = (
        copy_of(study),
        tmp_path / f"votes.{'csv' if name == 'csv' else 'parquet' if name == 'parquet' else 'jsonl'}",
    )
    export_ratings(study, path, name, ALL_VOTES)
    call_command("import_ratings", path, study=copy.slug)
    assert plain(copy) == plain(study)
    if name == "csv":  # the same votes, whatever their file was
        assert board_of(copy) == board_of(study)


def test_openai_has_no_value_for_ties_and_all_else_comes_back(study, tmp_path):
    copy = copy_of(study)
    export_ratings(study, tmp_path / "votes.jsonl", "openai", ALL_VOTES)
    call_command("import_ratings", tmp_path / "votes.jsonl", study=copy.slug)
    assert plain(copy) == [row for row in plain(study) if row["winner"] in ("model_a", "model_b")]


@pytest.mark.parametrize("name", READABLE)
def test_an_export_into_its_own_study_adds_nothing(study, tmp_path, capsys, name):
    path = tmp_path / f"votes.{'csv' if name == 'csv' else 'parquet' if name == 'parquet' else 'jsonl'}"
    export_ratings(study, path, name, ALL_VOTES)
    before = plain(study)
    call_command("import_ratings", path, study=study.slug)
    assert "0 votes of 0 judges added" in capsys.readouterr().out
    assert plain(study) == before


def test_another_answer_of_somebody_who_rates_here_is_refused(study, tmp_path):
    export_ratings(study, tmp_path / "votes.jsonl", "jsonl", ALL_VOTES)
    Judgement.objects.filter(outcome="a").update(outcome="b")
    with pytest.raises(CommandError, match=r"rates in study .* itself. Give the judges of the file other names"):
        call_command("import_ratings", tmp_path / "votes.jsonl", study=study.slug)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("dpo", "prompt, chosen, rejected"), ("kto", "prompt, completion, label"), ("evalica", "left, right, winner")],
)
def test_training_formats_say_what_they_lack(study, tmp_path, name, expected):
    path = tmp_path / f"votes.{'csv' if name == 'evalica' else 'jsonl'}"
    export_ratings(study, path, name, ALL_VOTES)
    with pytest.raises(CommandError, match=f"line [12]: has {expected} alone, which does not say who voted on which"):
        call_command("import_ratings", path, study=copy_of(study).slug)


def test_who_is_excluded_stays_excluded(study, tmp_path):
    exclude(study.annotators.get(pseudonym="nan"), "too fast", None)
    copy = copy_of(study)
    export_ratings(study, tmp_path / "votes.csv", "csv", ALL_VOTES)
    call_command("import_ratings", tmp_path / "votes.csv", study=copy.slug)
    assert list(copy.annotators.exclude(excluded_at=None).values_list("pseudonym", "exclusion_reason")) == [
        ("nan", "Excluded where these votes come from.")
    ]
    assert board_of(copy) == board_of(study)


def test_an_arena_that_knows_no_documents_is_read_by_its_texts(study, tmp_path):
    copy = copy_of(study)
    export_ratings(study, tmp_path / "votes.jsonl", "arena", ALL_VOTES)
    kept = ("id", "model_a", "model_b", "winner", "conversation_a", "conversation_b", "timestamp", "criterion", "judge")
    rows = [json.loads(line) for line in (tmp_path / "votes.jsonl").read_text().splitlines()]
    rows = [
        {name: row[name] for name in kept} | {"language": "en", "is_code": False, "conv_metadata": {}} for row in rows
    ]
    (tmp_path / "votes.jsonl").write_text("\n".join(map(json.dumps, rows)))
    call_command("import_ratings", tmp_path / "votes.jsonl", study=copy.slug)
    assert board_of(copy)["systems"] == board_of(study)["systems"]
    Summary.objects.update(text="the same text everywhere")
    rows = [row | {"judge": "another", "id": None} for row in rows]
    for row in rows:
        for side in "ab":
            row[f"conversation_{side}"] = [{"role": "assistant", "content": "the same text everywhere"}]
    (tmp_path / "votes.jsonl").write_text(json.dumps(rows[0]))
    with pytest.raises(
        CommandError, match=r"field 'conversation_a': 4 comparisons have these texts. Add the document_id"
    ):
        call_command("import_ratings", tmp_path / "votes.jsonl", study=copy.slug)


@pytest.mark.parametrize("name", READABLE)
def test_the_same_query_twice_keeps_its_votes_apart(tmp_path, name):
    study = make_study(systems=2, documents=0, instruction="query")
    document = DocumentFactory(dataset=study.dataset, external_id="m")
    runs = list(Run.objects.filter(dataset=study.dataset).order_by("pk"))
    annotator = AnnotatorFactory(study=study)
    for position, outcome in enumerate("abb"):
        query = Query.objects.create(
            document=document, position=position, text="What changed?" if position else "Why? "
        )
        a, b = (SummaryFactory(run=run, document=document, query=query) for run in runs)
        comparison = make_comparison(
            study=study, document=document, query=query, summary_a=a, summary_b=b, shuffle=position
        )
        vote(comparison, annotator, outcome)
    copy, path = (
        copy_of(study),
        tmp_path / f"votes.{'csv' if name == 'csv' else 'parquet' if name == 'parquet' else 'jsonl'}",
    )
    export_ratings(study, path, name, ALL_VOTES)
    call_command("import_ratings", path, study=copy.slug)
    assert plain(copy) == plain(study)
    assert [row["query_number"] for row in export_rows(copy)] == [1, 2, 3]


def test_a_vote_on_a_query_that_is_there_twice_must_say_which(tmp_path):
    study = make_study(systems=2, documents=1)
    document = study.dataset.documents.get()
    for position in range(2):
        Query.objects.create(document=document, position=position, text="What changed?")
    slugs = list(study.systems.order_by("slug").values_list("slug", flat=True))
    row = {"document_id": document.external_id, "query": "What changed?", "model_a": slugs[0], "model_b": slugs[1]}
    (tmp_path / "v.jsonl").write_text(json.dumps(row | {"winner": "tie", "judge": "j"}))
    with pytest.raises(CommandError, match=r"field 'query': .* 2 times. Say which one by a field query_number: 1 or 2"):
        call_command("import_ratings", tmp_path / "v.jsonl", study=study.slug)


class TestSummaries:
    @pytest.fixture
    def dataset(self):
        """Summaries of a system that writes here, in two runs."""
        from tests.factories import DatasetFactory, RunFactory

        dataset = DatasetFactory(name="meetings")
        documents = [
            DocumentFactory(dataset=dataset, external_id=f"m{n}", split="val" if n else "train") for n in range(2)
        ]
        system = ensure_system("lead-3")
        for split, chosen in (("", documents), ("val", documents[1:])):
            run = RunFactory(system=system, dataset=dataset, split=split, status=Run.Status.DONE)
            for document in chosen:
                about = {"stop_reason": "length", "leaked": True, "peak_memory_bytes": 5 * 10**9, "seconds": 0.1}
                SummaryFactory(run=run, document=document, text=f" \u2028{split} of {document}\n", **about)
        return dataset

    def export(self, path, dataset="meetings"):
        call_command("export_summaries", dataset=dataset, output=path)
        return [json.loads(line) for line in path.read_text().splitlines()]

    def test_the_same_export_again_adds_nothing(self, dataset, tmp_path, capsys):
        self.export(tmp_path / "s.jsonl")
        call_command("import_summaries", tmp_path / "s.jsonl", dataset="meetings")
        assert "0 summaries added, 2 already there" in capsys.readouterr().out
        assert (Summary.objects.count(), Run.objects.count()) == (3, 2)

    def test_a_system_that_writes_here_takes_back_what_it_wrote(self, dataset, tmp_path):
        rows = self.export(tmp_path / "s.jsonl")
        Run.objects.all().delete()
        call_command("import_summaries", tmp_path / "s.jsonl", dataset="meetings")
        assert self.export(tmp_path / "again.jsonl") == rows
        assert set(Run.objects.values_list("split", "leaked_documents")) == {("", 2), ("val", 1)}

    def test_another_system_of_that_name_is_refused(self, dataset, tmp_path):
        self.export(tmp_path / "s.jsonl")
        Run.objects.all().delete()
        System.objects.update(engine={"method": "lead", "sentences": 5})
        with pytest.raises(
            CommandError, match=r"system lead-3 writes its summaries here .* with other settings than the file's"
        ):
            call_command("import_summaries", tmp_path / "s.jsonl", dataset="meetings")
        assert not Summary.objects.exists()

    def test_an_export_of_an_earlier_version_is_read_where_its_summaries_are(self, dataset, tmp_path, capsys):
        new = ("split", "parameters", "regime", "system_sha256", "chapters", "peak_memory_bytes", "energy_joules")
        rows = [{k: v for k, v in row.items() if k not in new} for row in self.export(tmp_path / "s.jsonl")]
        (tmp_path / "old.jsonl").write_text("\n".join(map(json.dumps, rows)))
        call_command("import_summaries", tmp_path / "old.jsonl", dataset="meetings")
        assert "0 summaries added, 3 already there" in capsys.readouterr().out

    def test_a_summary_that_is_not_finished_is_left_alone(self, dataset, tmp_path):
        self.export(tmp_path / "s.jsonl")
        Summary.objects.filter(run__split="val").delete()
        run = Run.objects.get(split="val")
        Summary.objects.create(run=run, document=Document.objects.get(external_id="m1"))
        with pytest.raises(CommandError, match=f"run {run.pk} of lead-3 has no finished summary of 'm1' yet"):
            call_command("import_summaries", tmp_path / "s.jsonl", dataset="meetings")

    def test_the_api_takes_what_it_gave(self, dataset):
        api = program()
        body = b"".join(api.get("/datasets/meetings/summaries").streaming_content)
        Run.objects.all().delete()
        assert api.post("/datasets/meetings/summaries", body, content_type="application/jsonl").status_code == 200
        assert b"".join(api.get("/datasets/meetings/summaries").streaming_content) == body


class TestDocuments:
    RECORD = {
        "id": "m1",
        "transcript": [{"speaker": "Maya", "content": "So we start."}],
        "original_transcript": [{"speaker": "Maya", "content": "So {gap} we start ."}],
        "references": {"long": "Long.", "short": ["Short.", "Brief."], "any": "Any."},
        "split": "val",
        "licence": "CC-BY-4.0",
        "redistributable": True,
        "metadata": {"a": [1e300, -0.0, 10**30, 1.5, "\\u0000"]},
    }

    def test_terms_split_and_turns_come_back_through_the_api(self, tmp_path):
        (tmp_path / "d.jsonl").write_text(json.dumps(self.RECORD))
        call_command("import_dataset", tmp_path / "d.jsonl", name="first", format="jsonl")
        api = program()
        body = b"".join(api.get("/datasets/first/export").streaming_content)
        answer = api.post("/datasets/copy/documents", body, content_type="application/jsonl").json()
        assert (answer["added"], answer["unchanged"]) == (1, 0)
        copied, first = (Document.objects.get(dataset__name=name) for name in ("copy", "first"))
        assert (copied.split, copied.licence, copied.redistributable) == ("val", "CC-BY-4.0", True)
        assert copied.transcript.original_turns == self.RECORD["original_transcript"]
        assert list(copied.references.values_list("instruction", "text")) == list(
            first.references.values_list("instruction", "text")
        )
        again = api.post("/datasets/first/documents", body, content_type="application/jsonl").json()
        assert (again["added"], again["unchanged"]) == (0, 1)

    def test_terms_of_an_upload(self):
        path = "/datasets/copy/documents?licence=MIT&redistributable=true&language=Chinese&split=test"
        record = {"id": "m1", "transcript": "Maya: hello there"}
        assert program().upload(path, [record]).status_code == 200
        document = Document.objects.get()
        assert (document.licence, document.redistributable, document.language, document.split) == (
            "MIT",
            True,
            "zh",
            "test",
        )

    def test_a_language_that_nobody_knows_is_refused(self):
        answer = program().upload(
            "/datasets/copy/documents?language=jp", [{"id": "m1", "transcript": "Maya: hello there"}]
        )
        assert (answer.status_code, "is 'jp', which is no language" in answer.json()["error"]["message"]) == (422, True)
