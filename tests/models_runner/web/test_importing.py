"""Importing meetings in the browser: upload or paste, preview, corrections, one transaction."""
# ruff: noqa: F811  (fixtures)

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from models_runner.models import Dataset, Document, ImportDraft, Query
from tests.factories import (
    DatasetFactory,
    DocumentFactory,
    ReferenceFactory,
    RunFactory,
    SummaryFactory,
    make_study,
)
from tests.models_runner.web.importing import (  # noqa: F401  (fixtures)
    PASTED,
    TABLE,
    VTT,
    draft_of,
    page_of,
    send,
    upload,
    uploads,
)
from tests.people import annotator, researcher, stranger

pytestmark = pytest.mark.django_db


def test_it_is_for_staff(uploads):
    draft = draft_of(upload(("a.vtt", VTT)))
    for address in ("/import-meetings/", draft.get_absolute_url()):
        assert stranger().get(address).status_code == 302
        assert annotator().get(address).status_code == 403
        assert annotator().post(address, {"do": "import"}).status_code == 403
    assert not Dataset.objects.exists()


def test_nothing_is_stored_before_somebody_says_so(uploads):
    draft = draft_of(upload(("call.vtt", VTT)))
    page = page_of(draft).content.decode()
    for shown in (
        "call.vtt",
        "vtt",
        "Ana Ruiz",
        "Ben Ode",
        "We open the hall on Monday. The keys are with Ben.",
        "0:01",
    ):
        assert shown in page, shown
    assert not Dataset.objects.exists()
    assert (uploads / str(draft.public_id) / "0").is_file()

    assert send(draft).headers["Location"] == "/datasets/hall/"
    turns = Document.objects.get(external_id="call").transcript.turns
    assert [(turn["speaker"], turn["start"]) for turn in turns] == [("Ana Ruiz", 1), ("Ben Ode", 6)]
    assert not ImportDraft.objects.exists()
    assert not (uploads / str(draft.public_id)).exists()


def test_a_pasted_text_is_read_as_a_file_is():
    draft = draft_of(upload(pasted=PASTED, pasted_name="opening"))
    send(draft)
    turns = Document.objects.get(external_id="opening").transcript.turns
    assert [turn["speaker"] for turn in turns] == ["Ana Ruiz", "Ben Ode", "Ana Ruiz"]


def test_an_id_may_be_wished_for_with_a_slash():
    send(draft_of(upload(pasted=PASTED, pasted_name="2026/03/12 hall")))
    assert Document.objects.get().external_id == "2026-03-12 hall"


def test_blank_lines_beside_a_file_are_no_second_transcript():
    draft = draft_of(upload(("call.txt", PASTED), pasted=" \n"))
    assert draft.file_names == ["call.txt"]


def test_blanks_in_a_name_become_hyphens():
    draft = draft_of(upload(pasted=PASTED, name=" Our  new meetings "))
    assert draft.options["name"] == "Our-new-meetings"


@pytest.mark.parametrize("name", ["meetings?", "会议", "a/b", "-\u202e-", "m" * 101])
def test_a_name_of_other_characters_is_told_without_the_word_slug(name):
    answer = upload(pasted=PASTED, name=name)
    assert answer.status_code == 400
    html = answer.content.decode()
    assert "Expected letters, digits, - and _ only, without spaces." in html or "at most 100 characters" in html
    assert "slug" not in html.lower()


def test_a_table_is_mapped_after_its_columns_were_shown():
    draft = draft_of(upload(("talks.csv", TABLE)))
    page = page_of(draft).content.decode()
    assert "cannot be imported as it is" in page
    assert "talk" in page
    assert "disabled" in page
    assert send(draft).status_code == 302
    assert not Dataset.objects.exists()

    draft.refresh_from_db()
    mapped = {"map": "id=nr\ntranscript=talk\nreference=minutes", "missing": "empty"}
    send(draft, "correct", **mapped)
    assert "cannot be imported" not in page_of(draft).content.decode()
    draft.refresh_from_db()
    send(draft)
    documents = {d.external_id: [r.text for r in d.references.all()] for d in Document.objects.all()}
    assert documents == {"m1": ["It opens."], "m2": []}


def test_what_is_wrong_is_said_once():
    client = researcher()
    draft = draft_of(upload(("talks.csv", TABLE), client=client))
    problems = client.get(draft.get_absolute_url()).context["problems"]
    assert problems
    answer = client.get(send(draft, client=client).url)
    assert answer.context["problems"] == problems
    assert list(answer.context["messages"]) == []
    assert "cannot be imported as it is" in answer.content.decode()


def test_a_zip_holds_many_and_hidden_files_are_passed_over():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("calls/a.vtt", VTT)
        archive.writestr("calls/b.vtt", VTT)
        archive.writestr("__MACOSX/calls/._a.vtt", b"\x00\x05")
    draft = draft_of(upload(("calls.zip", packed.getvalue())))
    assert "passed over" in page_of(draft).content.decode()
    send(draft)
    assert sorted(d.external_id for d in Document.objects.all()) == ["a", "b"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"language": "nobody speaks this"}, "language"),
        ({"name": "two, words"}, "name"),
        ({"map": "speech=talk"}, "map"),
        ({"format": "tape"}, "format"),
        ({"missing": ""}, "missing"),
    ],
)
def test_what_is_wrong_is_marked_and_nothing_is_kept(uploads, values, field):
    response = upload(("a.vtt", VTT), **values)
    assert response.status_code == 400
    form = response.context["form"]
    assert field in form.errors
    # The fields that are folded are opened for a fault among them alone.
    folded = "<details open><summary>Licence, columns of tables, encoding" in response.content.decode()
    assert folded == (field in form.MORE)
    assert not ImportDraft.objects.exists()
    assert not uploads.exists()


def test_an_empty_form_and_one_that_is_too_large_are_refused(settings):
    assert "Choose a file" in str(upload().context["form"].errors["files"])
    settings.API_UPLOAD_BYTES = 100
    assert "import_dataset" in str(upload(("a.vtt", VTT)).context["form"].errors["files"])


def test_a_document_that_differs_from_the_stored_one_changes_nothing():
    send(draft_of(upload(("a.vtt", VTT))))
    draft = draft_of(upload(("a.vtt", VTT.replace("Monday", "Friday")), ("b.vtt", VTT)))
    client = researcher()
    assert "never change" in client.get(send(draft, client=client).headers["Location"]).content.decode()
    assert Document.objects.count() == 1
    assert ImportDraft.objects.exists()


def test_an_import_is_discarded_or_forgotten_after_a_day(uploads):
    draft = draft_of(upload(("a.vtt", VTT)))
    send(draft, "discard")
    assert not ImportDraft.objects.exists()
    draft = draft_of(upload(("a.vtt", VTT)))
    ImportDraft.objects.update(created_at=timezone.now() - timedelta(days=2))
    upload(("b.vtt", VTT))
    assert ImportDraft.objects.get().file_names == ["b.vtt"]
    assert not (uploads / str(draft.public_id)).exists()


def test_markup_in_files_and_names_is_only_text():
    draft = draft_of(upload(("<b>x.vtt", VTT.replace("Ana Ruiz", "Ana <i>").replace("We open", "<script>alert(1)"))))
    page = page_of(draft).content.decode()
    assert "<b>x" not in page
    assert "<script>alert" not in page


def test_documents_are_found_by_id_title_and_what_was_said():
    dataset = DatasetFactory(name="hall")
    DocumentFactory(dataset=dataset, external_id="spring", title="Opening of the hall")
    DocumentFactory(
        dataset=dataset, external_id="autumn", transcript=[{"speaker": "Zoë", "content": "Die Tür klemmt."}]
    )
    DocumentFactory(external_id="spring")

    def found(query):
        return [d.external_id for d in researcher().get("/datasets/hall/", {"q": query}).context["page"]]

    assert found("SPRING") == found("opening hall") == ["spring"]
    assert found("Tür") == found("Zoë klemmt") == ["autumn"]
    assert found("winter") == []
    assert found("") == ["spring", "autumn"]


def test_a_dataset_is_renamed_unless_the_name_is_taken():
    dataset, other = DatasetFactory(name="hall"), DatasetFactory(name="garden")
    client = researcher()
    assert client.post("/datasets/hall/rename/", {"name": "house"}).headers["Location"] == "/datasets/house/"
    for wrong in ("garden", "two words", "", "x" * 101):
        client.post("/datasets/house/rename/", {"name": wrong})
    dataset.refresh_from_db()
    assert (dataset.name, other.name) == ("house", "garden")
    assert annotator().post("/datasets/house/rename/", {"name": "x"}).status_code == 403


def test_what_summaries_or_votes_hang_on_is_not_deleted():
    study = make_study()
    client = researcher()
    document = study.dataset.documents.first()
    page = client.post(f"/documents/{document.pk}/delete/", follow=True).content.decode()
    assert "cannot be deleted" in page
    assert "summar" in page
    page = client.post(f"/datasets/{study.dataset.name}/delete/", follow=True).content.decode()
    assert "cannot be deleted" in page
    assert Dataset.objects.filter(pk=study.dataset_id).exists()
    assert Document.objects.filter(pk=document.pk).exists()


def test_a_dataset_with_a_run_alone_is_not_deleted():
    run = RunFactory()
    assert "1 run" in researcher().post(f"/datasets/{run.dataset.name}/delete/", follow=True).content.decode()
    assert Dataset.objects.filter(pk=run.dataset_id).exists()


def test_what_nothing_hangs_on_is_deleted_with_its_parts():
    document, kept = DocumentFactory(), SummaryFactory().document
    Query.objects.create(document=document, position=0, text="When?")
    ReferenceFactory(document=document)
    assert annotator().post(f"/documents/{document.pk}/delete/").status_code == 403
    client = researcher()
    dataset = document.dataset
    assert client.post(f"/documents/{document.pk}/delete/").headers["Location"] == f"/datasets/{dataset.name}/"
    assert not Document.objects.filter(pk=document.pk).exists()
    assert client.post(f"/datasets/{dataset.name}/delete/").headers["Location"] == "/datasets/"
    assert not Dataset.objects.filter(pk=dataset.pk).exists()
    assert Document.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "a.csv",
            "Talk;Gist\nAna: hi;x\n",
            "Columns: transcript=COLUMN, and if you like Columns: reference=COLUMN, id=",
        ),
        ("a.csv", "dialog,gold,x\nAna: hi,x,1\n", "for example: Columns: transcript=dialog, reference=gold"),
        ("a.txt", "Jürgen: Grüß Gott".encode("windows-1252"), "set Encoding to windows-1252"),
        ("a.txt", "Ana: hi".encode("utf-16"), "set Encoding to utf-16."),
        ("a.csv", "id,transcript,reference\na,Ana: hi,nan\n", "choose “an empty cell” below"),
        ("a.bin", bytes(range(1, 32)) * 30, "or choose its format below"),
    ],
)
def test_messages_name_the_fields_of_the_form(name, content, told):
    problems = "\n".join(page_of(draft_of(upload((name, content)))).context["problems"])
    assert told in problems
    assert "--" not in problems


def test_an_empty_file_among_others_is_named():
    page = page_of(draft_of(upload(("a.vtt", VTT), ("nothing.vtt", "")))).content.decode()
    assert "nothing.vtt" in page
    assert "it is empty" in page


def test_many_files_and_a_long_text_go_in_at_once():
    draft = draft_of(upload(*((f"m{n}.txt", f"Ana: hello {n}.") for n in range(150))))
    assert len(page_of(draft).context["preview"].documents) == 150
    assert upload(pasted="李伟：我们周五发布。\n" * 100_000, name="long").status_code == 302


def test_a_script_is_told_where_to_go_and_what_is_wrong():
    client = researcher()
    script = {"headers": {"X-Requested-With": "XMLHttpRequest"}}
    data = {"name": "hall", "format": "auto", "language": "en", "missing": "ask", "pasted": PASTED}
    answer = client.post("/import-meetings/", data, **script)
    assert answer.json() == {"location": ImportDraft.objects.get().get_absolute_url()}
    answer = client.post("/import-meetings/", data | {"pasted": ""}, **script)
    assert answer.status_code == 400
    assert "Choose a file" in answer.content.decode()


@pytest.mark.parametrize("do", ["import", "discard"])
def test_going_back_to_a_preview_that_has_gone_leads_to_the_datasets(do):
    draft = draft_of(upload(pasted=PASTED))
    send(draft, do)
    page = researcher().get(draft.get_absolute_url(), follow=True)
    assert page.redirect_chain == [("/datasets/", 302)]
    assert "That upload is no longer here" in page.content.decode()
    assert researcher().post(draft.get_absolute_url(), {"do": "import"}).status_code == 404
    assert stranger().get(draft.get_absolute_url())["Location"] != "/datasets/"
