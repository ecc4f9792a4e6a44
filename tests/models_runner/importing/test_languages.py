"""A document's language: named, found from its text, or doubted, by the command as in the browser."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from models_runner.importing.documents import import_path
from models_runner.importing.sample import SAMPLE_DIR
from models_runner.models import Document, ImportDraft
from tests.people import researcher

pytestmark = pytest.mark.django_db
CHINESE = "李伟：我们周五发布新的产品。\n王芳：好的，我来准备材料，明天给大家看。\n"
ENGLISH = "Ana: We open the hall on Monday.\nBen: I bring the keys, and the bakery is told that we start at eight.\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "zh.txt").write_text(CHINESE, encoding="utf-8")
    (tmp_path / "en.txt").write_text(ENGLISH, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path_factory):
    settings.DATA_DIR = tmp_path_factory.mktemp("data")


def imported(path, *options):
    said = io.StringIO()
    call_command("import_dataset", str(path), "--name", "team", *options, stdout=said)
    return said.getvalue()


def languages():
    return dict(Document.objects.values_list("external_id", "language"))


def draft(client, **values):
    files = [SimpleUploadedFile("zh.txt", CHINESE.encode()), SimpleUploadedFile("en.txt", ENGLISH.encode())]
    data = {"name": "hall", "format": "auto", "missing": "ask", "pasted": "", "files": files, **values}
    assert client.post("/import-meetings/", data).status_code == 302
    return ImportDraft.objects.get()


def test_the_command_finds_the_language_of_each_document_and_says_it(folder):
    said = imported(folder)
    assert languages() == {"zh": "zh", "en": "en"}
    assert "language: zh (Chinese), found from the text of documents: 1." in said
    assert "language: en (English)" in said


def test_a_language_that_is_named_stays_and_is_doubted_where_the_text_is_plainly_another(folder):
    said = imported(folder, "--language", "en")
    assert languages() == {"zh": "en", "en": "en"}
    assert "zh: the language is said to be en, but the text reads as zh (Chinese)." in said
    assert "found from the text" not in said


def test_a_record_names_its_own_language_and_the_others_are_found(tmp_path):
    rows = [
        {"id": "named", "transcript": ENGLISH, "language": "de"},
        {"id": "unnamed", "transcript": CHINESE},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    imported(tmp_path / "a.jsonl")
    assert languages() == {"named": "de", "unnamed": "zh"}


def test_english_texts_are_stored_as_they_were_when_english_was_the_default():
    """The same rows with the same fingerprints: what was imported before is found to be there."""
    before = import_path("sample", SAMPLE_DIR, language="en")
    after = import_path("sample", SAMPLE_DIR)
    assert (before.added, after.added, after.unchanged) == (10, 0, 10)
    hashes = set(Document.objects.values_list("external_id", "language", "content_hash"))
    Document.objects.all().delete()
    import_path("sample", SAMPLE_DIR)
    assert set(Document.objects.values_list("external_id", "language", "content_hash")) == hashes


def test_a_guess_does_not_contradict_what_is_stored(folder):
    imported(folder, "--language", "en")
    assert "0 documents added, 2 already there" in imported(folder)
    assert languages() == {"zh": "en", "en": "en"}


def test_the_form_prefills_no_language_and_the_preview_says_what_was_found():
    client = researcher()
    assert client.get("/import-meetings/").context["form"]["language"].value() is None
    page = client.get(draft(client).get_absolute_url())
    html = " ".join(page.content.decode().split())
    assert "Languages found from the texts:" in html
    assert "<strong>zh</strong> (1 document)" in html
    assert page.context["doubts"] == []


def test_a_language_is_corrected_for_one_document_before_it_is_stored():
    client = researcher()
    made = draft(client)
    page = client.get(made.get_absolute_url())
    shown = [document.shown for document in page.context["documents"]]
    form = {"name": "hall", "format": "auto", "missing": "ask", "document": shown, "document_id": ["zh", "en"]}
    form |= {"document_title": ["", ""], "document_language": ["Chinese (Traditional)", "en"]}
    client.post(made.get_absolute_url(), form | {"do": "correct"})
    client.post(made.get_absolute_url(), form | {"do": "import"})
    assert languages() == {"zh": "zh-Hant", "en": "en"}


def test_a_language_that_is_none_is_refused_in_the_preview():
    client = researcher()
    made = draft(client)
    shown = [document.shown for document in client.get(made.get_absolute_url()).context["documents"]]
    form = {"name": "hall", "format": "auto", "missing": "ask", "document": shown, "document_id": ["zh", "en"]}
    form |= {"document_title": ["", ""], "document_language": ["jp", "en"], "do": "correct"}
    client.post(made.get_absolute_url(), form)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "is no language we know" in page


def test_a_language_set_for_all_is_doubted_in_the_preview_and_not_refused():
    client = researcher()
    made = draft(client, language="en")
    page = client.get(made.get_absolute_url())
    assert [document.doubtful for document in page.context["documents"]] == [True, False]
    assert "but the text reads as zh (Chinese)" in page.content.decode()
    form = {"name": "hall", "format": "auto", "missing": "ask", "language": "en", "do": "import"}
    client.post(made.get_absolute_url(), form)
    assert languages() == {"zh": "en", "en": "en"}
