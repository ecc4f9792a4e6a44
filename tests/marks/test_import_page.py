"""Importing marks in the browser: whole or not at all, with wrong lines named, by owners who have nothing left to rate."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotations.models import AuditEntry, Membership
from annotations.people.joining import join
from marks.models import Mark, Reading
from tests.factories import UserFactory
from tests.marks.files import documents, row, slugs, study_with_texts, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return study_with_texts()


@pytest.fixture
def owner(client, study):
    user = UserFactory()
    Membership.objects.create(study=study, user=user, role="owner")
    client.force_login(user)
    return user


def upload(client, study, content, name="marks.jsonl", **fields):
    if not isinstance(content, bytes):
        content = "".join(f"{json.dumps(one)}\n" for one in content).encode()
    sent = {"file": SimpleUploadedFile(name, content)} | fields
    return client.post(reverse("import-marks", args=[study.slug]), sent, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def test_a_file_is_stored_once(client, study, owner):
    rows = [row(study), whole(study, kind="No date given")]
    first = upload(client, study, rows)
    assert said(first) == [
        "Marks added: 2; already there: 0; summaries read for errors: 2. "
        "Kinds that are new in this study: wrong number or date, No date given."
    ]
    again = upload(client, study, rows, name="other name.jsonl")
    assert said(again) == ["Marks added: 0; already there: 2; summaries read for errors: 0."]
    assert set(Mark.objects.values_list("source", flat=True)) == {"marks.jsonl"}
    assert AuditEntry.objects.get(study=study).actor == str(owner)


def test_wrong_lines_are_named_and_nothing_is_kept(client, study, owner):
    rows = [row(study), row(study, text="Friday"), row(study, severity="fatal")]
    answer = upload(client, study, rows)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "marks.jsonl, line 2" in text and "marks.jsonl, line 3" in text and "line 1," not in text
    assert not Mark.objects.exists() and not Reading.objects.exists()


def test_the_first_problems_stand_for_many(client, study, owner):
    answer = upload(client, study, [row(study, severity="fatal")] * 30)
    assert answer.content.decode().count("severity") >= 20
    assert "And 10 more lines are wrong." in answer.content.decode()


def test_a_table_of_others_comes_in_by_its_columns(client, study, owner):
    name, slug = documents(study)[0], slugs(study)[0]
    table = f"Meeting,Model,Hallucination,Redundancy\n{name},{slug},yes,no\n".encode()
    columns = "document_id=Meeting\nsystem=Model\n\nkind.hallucination=Hallucination\nkind.redundancy=Redundancy"
    fields = {"columns": columns, "annotator": "kirstein", "severity": "major", "only_marked": "on"}
    assert "Marks added: 1;" in said(upload(client, study, table, name="LED.csv", **fields))[0]
    assert (Mark.objects.get().kind.key, Reading.objects.count()) == ("hallucination", 1)


@pytest.mark.parametrize(
    ("content", "name", "fields", "words"),
    [
        (b"", "marks.jsonl", {}, "empty"),
        (b"{", "marks.jsonl", {}, "line 1"),
        (b"\xff\xfe\x00", "marks.csv", {}, "marks.csv"),
        (b"{}", "marks.exe", {}, "ends with none of"),
        (b"{}", "marks.jsonl", {"columns": "sistem=Model"}, "Columns sistem=Model"),
        (b"{}", "marks.jsonl", {"columns": "system"}, "is no FIELD=COLUMN"),
        (b'{"document_id": "m1", "kind": "invented"}', "marks.jsonl", {}, "“System”"),
        (b"{}", "marks.jsonl", {"severity": "fatal"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_is_said_in_words_of_the_form(client, study, owner, content, name, fields, words):
    answer = upload(client, study, content, name=name, **fields)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert "--" not in "".join(answer.context["problems"])
    assert not Mark.objects.exists()


def test_a_file_that_is_too_large_is_not_read(client, study, owner, settings):
    settings.API_UPLOAD_BYTES = 100
    answer = upload(client, study, [row(study)])
    assert (answer.status_code, "larger than" in answer.content.decode()) == (400, True)
    assert not Mark.objects.exists()


def test_it_is_for_owners_who_have_nothing_left_to_rate(client, study, owner):
    address = reverse("import-marks", args=[study.slug])
    assert client.get(address).status_code == 200
    assert address in client.get(reverse("errors", args=[study.slug])).content.decode()
    join(study, user=owner)
    assert client.get(address).status_code == 403
    assert upload(client, study, [row(study)]).status_code == 403
    member = UserFactory()
    Membership.objects.create(study=study_with_texts(), user=member, role="owner")
    client.force_login(member)
    assert client.get(address).status_code == 404
    assert not Mark.objects.exists()


def test_words_are_translated(client, study, owner):
    address = reverse("import-marks", args=[study.slug])
    text = client.get(address, headers={"accept-language": "zh-CN"}).content.decode()
    assert "导入标记" in text and "Import marks" not in text
