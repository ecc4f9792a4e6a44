"""The tables of a release are read by the imports, and make the same board on another site."""

import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Judgement
from annotations.studies.setup import create_study
from leaderboards.models.releases import Release
from leaderboards.releases import publishing
from leaderboards.releases.build import folder_of
from leaderboards.releases.publishing import Draft
from models_runner.datasets.exports import document_rows
from models_runner.models import Dataset, Document, Run, Summary, System
from models_runner.runs.exports import summary_rows
from tests.factories import AnnotatorFactory, DatasetFactory
from tests.leaderboards.helpers import build_board, vote

pytestmark = [pytest.mark.django_db, pytest.mark.database]
TURNS = [
    {"speaker": "Maya", "content": "Shall we\u2028keep Friday?"},
    {"speaker": "Li", "content": "nan", "start": 4.5},
]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path / "site"
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def study(tmp_path):
    """Two documents that may be passed on and one that may not, each asking one query twice; votes on all."""
    records = [
        {
            "id": name,
            "transcript": TURNS,
            "title": "The release",
            "split": "val",
            "language": "en",
            "licence": "MIT",
            "redistributable": name != "secret",
            "references": {"short": "Short.", "long": "Long."},
            "queries": [{"query": "What changed?", "references": [f"{n}."]} for n in range(2)],
        }
        for name in ("d1", "re\u0301union", "secret")
    ]
    path = tmp_path / "documents.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    call_command("import_dataset", path, name="meetings", format="jsonl", verbosity=0)
    rows = [
        {
            "document_id": record["id"],
            "query_number": number,
            "system": system,
            "summary": f"{system} {number} {record['id']}",
        }
        for record in records
        for number in (1, 2)
        for system in ("system-a", "system-b", "system-c")
    ]
    path = tmp_path / "summaries.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    call_command("import_summaries", path, dataset="meetings", instruction="query", regime="fine-tuned", verbosity=0)
    study = make_study("ratings", "meetings")
    people = [AnnotatorFactory(study=study) for _ in range(3)]
    for number, comparison in enumerate(study.comparisons.order_by("pk")):
        for slot, annotator in enumerate(people):
            vote(comparison, annotator, ("a", "b", "tie", "both_bad", "a")[(number * 2 + slot) % 5], slot=slot)
    return study


def make_study(slug, dataset):
    systems = list(System.objects.filter(slug__startswith="system-").order_by("slug"))
    return create_study(slug, Dataset.objects.get(name=dataset), systems, instruction="query")


def comparable(board):
    rounded = json.loads(json.dumps(board["systems"]), parse_float=lambda text: round(float(text), 6))
    return {name: board[name] for name in ("votes", "documents", "annotators")} | {"systems": rounded}


def forget_the_study(study):
    """As on another site: nothing of the study, of its votes and of its documents is left."""
    Release.objects.all().delete()
    Judgement.objects.all().delete()
    study.delete()
    Run.objects.all().delete()
    Dataset.objects.all().delete()
    System.objects.all().delete()


def test_what_may_be_passed_on_comes_back(study, tmp_path):
    dataset = study.dataset
    folder = shutil.copytree(
        folder_of(publishing.write_files(publishing.create_draft(study, Draft(), None))), tmp_path / "copy"
    )
    documents = list(document_rows(dataset.documents.filter(redistributable=True).order_by("position")))
    summaries = [row for row in summary_rows(dataset) if row["document_id"] != "secret"]
    forget_the_study(study)
    call_command("import_dataset", folder, name="meetings", format="release")
    call_command("import_summaries", folder, dataset="meetings")
    again = Dataset.objects.get()
    assert list(document_rows(again.documents.order_by("position"))) == documents
    assert list(summary_rows(again)) == summaries
    copy = make_study("ratings", "meetings")
    with pytest.raises(
        CommandError, match=r"votes.jsonl, line \d+, field 'document_id': dataset meetings has no document 'secret'"
    ):
        call_command("import_ratings", folder, study="ratings")
    assert not copy.annotators.exists()


@pytest.mark.parametrize("file", ["", "data/votes.jsonl", "data/votes.parquet"])
def test_votes_make_the_same_board_where_the_texts_are(study, tmp_path, file):
    folder = folder_of(publishing.write_files(publishing.create_draft(study, Draft(), None)))
    copy = make_study("copy", "meetings")
    call_command("import_ratings", folder / file, study="copy")
    boards = [build_board(one, one.criteria.get()) for one in (study, copy)]
    assert comparable(boards[0]) == comparable(boards[1])
    assert boards[0]["votes"] == 54


def test_withheld_texts_are_known_by_their_hash_and_else_left_out(study, tmp_path, capsys):
    folder = folder_of(publishing.write_files(publishing.create_draft(study, Draft(), None)))
    call_command("import_summaries", folder, dataset="meetings")
    assert capsys.readouterr().out.count("0 summaries added, 6 already there") == 3
    Summary.objects.filter(run__system__slug="system-a", document__external_id="secret").update(text="another one")
    call_command("import_summaries", folder / "data" / "summaries.jsonl", dataset="meetings")
    assert "0 summaries added, 4 already there.\n2 more are withheld" in capsys.readouterr().out


def test_a_release_of_hashes_alone_says_so(study):
    Document.objects.update(redistributable=False)
    folder = folder_of(publishing.write_files(publishing.create_draft(study, Draft(), None)))
    with pytest.raises(CommandError, match="holds hashes in place of every text, because none may be passed on"):
        call_command("import_dataset", folder, name="copy", format="release")
    Summary.objects.all().update(text="another one")
    with pytest.raises(CommandError, match="every summary is withheld here, and none is stored already"):
        call_command("import_summaries", folder, dataset="meetings")


def test_a_folder_that_is_no_release(tmp_path):
    with pytest.raises(CommandError, match=r"is no release: there is no data/documents.jsonl"):
        call_command("import_dataset", tmp_path, name="copy", format="release")
    DatasetFactory(name="meetings")
    with pytest.raises(CommandError, match=r"is a folder without data/summaries.jsonl"):
        call_command("import_summaries", tmp_path, dataset="meetings")
