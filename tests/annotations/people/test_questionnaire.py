"""Consent and questions about people: asked before pairs, kept apart from votes, exported and erased."""

import csv
import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotations.models import (
    Assignment,
    AuditEntry,
    Consent,
    ConsentText,
    Membership,
    PersonalAnswer,
    PersonalQuestion,
    Study,
)
from annotations.people.joining import join
from annotations.people.links import invitation_path
from annotations.people.privacy import erase, own_data
from annotations.people.questionnaire import answer_lines, open_questions, record_answers
from annotations.rating.assignment import next_assignment, prefetch
from annotations.studies.consent import give_consent, lacks_consent, set_consent_text
from annotations.studies.personal_questions import QuestionError, as_line, asked, parse_questions, set_questions
from lib.text.translated import VERBATIM
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db

LINES = """
choice | Your first language? | English; Chinese; another
scale | How well do you know such meetings? | 1-5; not at all; very well
text | What do you do?
"""


@pytest.fixture
def study():
    return make_study(systems=2, documents=3)


def with_consent(study, text="You may stop at any time."):
    set_consent_text(study, text, None)
    return study


# ---- consent


def test_nobody_is_given_a_pair_without_consent(study):
    annotator = AnnotatorFactory(study=with_consent(study))
    assert lacks_consent(annotator)
    assert next_assignment(annotator) is None
    assert prefetch(annotator, uuid.uuid4()) is None
    assert give_consent(annotator, 1)
    assert next_assignment(annotator) is not None
    consent = Consent.objects.get()
    assert (consent.text.version, consent.text.text) == (1, "You may stop at any time.")
    assert consent.given_at is not None


def test_another_text_is_a_new_version_and_asks_again(study):
    annotator = AnnotatorFactory(study=with_consent(study))
    give_consent(annotator, 1)
    vote_on(next_assignment(annotator), "left")
    held = next_assignment(annotator)
    assert set_consent_text(study, "You may stop. Answers are published.", None)
    assert not set_consent_text(study, " You may stop. Answers are published. ", None)
    assert (lacks_consent(annotator), next_assignment(annotator)) == (True, None)
    assert not give_consent(annotator, 1)
    assert give_consent(annotator, 2)
    assert next_assignment(annotator).pk == held.pk
    assert list(Consent.objects.values_list("text__version", flat=True)) == [1, 2]
    assert set_consent_text(study, "", None)
    assert not lacks_consent(AnnotatorFactory(study=study))
    assert [entry.after for entry in AuditEntry.objects.filter(subject="consent version").order_by("pk")] == [1, 2, 0]


def test_the_database_gives_no_pair_without_consent(study):
    with_consent(study)
    annotator, other = AnnotatorFactory.create_batch(2, study=study)
    set_consent_text(study, "Another text.", None)
    Consent.objects.create(annotator=annotator, text=ConsentText.objects.get(version=1))
    Consent.objects.create(annotator=other, text=ConsentText.objects.get(version=2))
    given = {"comparison": study.comparisons.first(), "shown_left": "a", "lease_until": "2999-01-01T00:00Z"}
    with pytest.raises(IntegrityError, match="assignment_needs_consent"), transaction.atomic():
        Assignment.objects.create(annotator=annotator, slot=0, **given)
    Assignment.objects.create(annotator=other, slot=0, **given)
    # A file's votes were given elsewhere, under the consent asked for there.
    imported = AnnotatorFactory(study=study, imported=True)
    Assignment.objects.create(annotator=imported, slot=2, **given)
    Study.objects.update(consent_version=0)
    Assignment.objects.create(annotator=annotator, slot=1, **given)


@pytest.mark.parametrize("model", [ConsentText, Consent])
def test_what_was_agreed_to_never_changes(study, model):
    annotator = AnnotatorFactory(study=with_consent(study))
    give_consent(annotator, 1)
    change = {"text": "Something else."} if model is ConsentText else {"given_at": "2020-01-01T00:00Z"}
    with pytest.raises(IntegrityError, match="never_changes"), transaction.atomic():
        model.objects.update(**change)


def test_votes_that_came_as_a_file_need_no_consent(study):
    annotator = AnnotatorFactory(study=with_consent(study), imported=True)
    assert not lacks_consent(annotator)
    Assignment.objects.create(comparison=study.comparisons.first(), annotator=annotator, slot=0, state="done")


# ---- questions


def test_questions_are_read_and_written_the_same(study):
    lines = parse_questions(LINES)
    assert [(line.kind, line.options) for line in lines] == [
        ("choice", ["English", "Chinese", "another"]),
        ("scale", ["1", "5", "not at all", "very well"]),
        ("text", []),
    ]
    assert set_questions(study, "before", lines, None)
    assert not set_questions(study, "before", lines, None)
    written = "\n".join(as_line(question) for question in asked(study, "before"))
    assert parse_questions(written) == lines
    assert parse_questions(LINES.replace("; ", "；")) == lines
    assert written == LINES.strip()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("What do you do?", "Line 1: expected “text"),
        ("number | How old?", "Line 1: expected “text"),
        ("text |", "Line 1: expected “text"),
        ("text | Why? | a; b", "no answers to choose from"),
        ("choice | Which? | one", "2 to 20 different answers"),
        ("choice | Which? | one; one", "2 to 20 different answers"),
        ("choice | Which?", "2 to 20 different answers"),
        ("scale | How?", "a scale such as 1-5"),
        ("scale | How? | 5-1", "a scale such as 1-5"),
        ("scale | How? | 0-50", "a scale such as 1-5"),
        ("scale | How? | 1-5; a; b; c", "a scale such as 1-5"),
        ("text | " + "x" * 501, "at most 500"),
        ("text | Same?\ntext | Same?", "there twice"),
        ("\n".join(f"text | {n}?" for n in range(21)), "at most 20"),
    ],
)
def test_lines_that_make_no_question_are_named(line, message):
    with pytest.raises(QuestionError, match=message):
        parse_questions(line)


def test_a_question_that_stays_keeps_its_answers_and_one_that_goes_too(study):
    annotator = AnnotatorFactory(study=study)
    set_questions(study, "before", parse_questions(LINES), None)
    record_answers(annotator, {question.key: "5" for question in asked(study, "before")})
    set_questions(study, "before", parse_questions("text | What do you do?\ntext | Where?"), None)
    assert [question.text for question in open_questions(annotator, "before")] == ["Where?"]
    assert PersonalAnswer.objects.count() == 3
    assert "Your first language?" in "".join(answer_lines(study))
    set_questions(study, "before", [], None)
    study.refresh_from_db()
    assert not study.has_personal_questions


def test_answers_are_stored_once(study):
    annotator = AnnotatorFactory(study=study)
    set_questions(study, "after", parse_questions("text | How was it?"), None)
    (question,) = asked(study, "after")
    for text in ("Fine.", "Dull."):
        record_answers(annotator, {question.key: text, uuid.uuid4(): "of nobody"})
    assert PersonalAnswer.objects.get().text == "Fine."


# ---- annotators' pages


@pytest.fixture
def asking(study):
    with_consent(study, "**You** may stop at any time.")
    set_questions(study, "before", parse_questions(LINES), None)
    set_questions(study, "after", parse_questions("text | How was it?"), None)
    client = Client()
    client.post(invitation_path(study))
    return client


def url(study, name):
    return reverse(name, args=[study.public_id])


def fields(study, moment, *answers):
    return {question.key.hex: answer for question, answer in zip(asked(study, moment), answers, strict=True)}


def test_from_consent_to_farewell(study, asking):
    assert asking.get(url(study, "rate"))["Location"] == url(study, "begin")
    html = asking.get(url(study, "begin")).content.decode()
    assert "<strong>You</strong> may stop at any time." in html
    assert "5 – very well" in html
    said = fields(study, "before", "Chinese", "4", "")
    refused = asking.post(url(study, "begin"), said | {"version": 1})
    assert refused.status_code == 400
    assert "Tick the box if you agree" in refused.content.decode()
    assert 'value="Chinese" checked' in refused.content.decode()
    assert not PersonalAnswer.objects.exists()
    assert asking.post(url(study, "begin"), said | {"version": 1, "agree": "on"})["Location"] == url(study, "rate")
    assert asking.get(url(study, "rate")).status_code == 200
    assert asking.get(url(study, "begin"))["Location"] == url(study, "rate")
    rate_everything(study.annotators.get())
    assert asking.get(url(study, "rate"))["Location"] == url(study, "after")
    asking.post(url(study, "after"), fields(study, "after", "Dull."))
    assert "data-farewell" in asking.get(url(study, "rate")).content.decode()
    assert list(PersonalAnswer.objects.values_list("text", flat=True)) == ["Chinese", "4", "", "Dull."]


@pytest.mark.parametrize("answers", [("Klingon", "4", ""), ("Chinese", "6", ""), ("Chinese", "4", "x" * 2001)])
def test_answers_that_were_not_offered_are_refused(study, asking, answers):
    said = fields(study, "before", *answers) | {"version": 1, "agree": "on"}
    assert asking.post(url(study, "begin"), said).status_code == 400
    assert not Consent.objects.exists()
    assert not PersonalAnswer.objects.exists()


def test_a_text_that_changed_meanwhile_is_shown_before_it_is_agreed_to(study, asking):
    set_consent_text(study, "Answers are published.", None)
    said = fields(study, "before", "", "", "")
    answer = asking.post(url(study, "begin"), said | {"version": 1, "agree": "on"})
    assert answer.status_code == 400
    assert "The text was changed a moment ago." in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()
    assert not Consent.objects.exists()


def test_who_does_not_agree_stops(study, asking):
    assert url(study, "leave-study") in asking.get(url(study, "begin")).content.decode()
    asking.post(url(study, "leave-study"))
    page = asking.get(url(study, "rate")).content.decode()
    assert "You stopped rating" in page
    assert "Answer 1 short question" in page


def test_a_study_that_asks_nothing_goes_straight_to_its_pairs(study):
    client = Client()
    client.post(invitation_path(study))
    assert client.get(url(study, "rate")).status_code == 200
    assert client.get(url(study, "begin"))["Location"] == url(study, "rate")
    assert client.get(url(study, "after"))["Location"] == url(study, "rate")


def test_the_preview_needs_no_consent_and_stores_none(study):
    with_consent(study)
    assert researcher().get(reverse("preview", args=[study.slug])).status_code == 200
    assert not Consent.objects.exists()


# ---- owners


@pytest.fixture
def owner(study):
    user = UserFactory(username="owner")
    Membership.objects.create(study=study, user=user, role="owner")
    client = Client()
    client.force_login(user)
    return client


def test_owners_write_texts_and_questions_on_a_page(study, owner):
    page = reverse("study-asking", args=[study.slug])
    assert owner.post(page, {"consent": "Agree?", "before": LINES, "after": "text | Fun?"}).status_code == 302
    html = owner.get(page).content.decode()
    assert "Version 1 of the consent text counts; 0 annotators agreed to it." in html
    assert "scale | How well do you know such meetings? | 1-5; not at all; very well" in html
    wrong = owner.post(page, {"consent": "Agree?", "before": "number | Age?", "after": ""})
    assert (wrong.status_code, PersonalQuestion.objects.filter(retired_at=None).count()) == (400, 4)
    assert "expected “text | question”" in wrong.content.decode()


@pytest.fixture
def answered(study):
    with_consent(study)
    set_questions(study, "before", parse_questions(LINES), None)
    annotator = join(study)
    give_consent(annotator, 1)
    first, second, third = asked(study, "before")
    record_answers(annotator, {first.key: "another", second.key: "", third.key: "=HYPERLINK(1)"})
    vote_on(next_assignment(annotator), "left")
    return annotator


def test_the_owners_file_has_consents_and_answers(study, owner, answered, capsys):
    call_command("export_answers", study.slug)
    text = b"".join(owner.get(reverse("answers-csv", args=[study.slug])).streaming_content).decode()
    assert capsys.readouterr().out == text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["annotator"], row["part"], row["version"], row["answer"]) for row in rows] == [
        ("annotator-001", "consent", "1", "agreed"),
        ("annotator-001", "before", "", "another"),
        ("annotator-001", "before", "", "'=HYPERLINK(1)"),
    ]


def test_the_command_writes_a_file_and_names_an_unknown_study(study, answered, tmp_path):
    call_command("export_answers", study.slug, output=tmp_path / "people.csv")
    assert (tmp_path / "people.csv").read_text().startswith("annotator,part,version,question,kind,answer,given_at")
    with pytest.raises(CommandError, match="There is no study 'x'"):
        call_command("export_answers", "x")


def test_ones_own_data_has_them_and_erasure_takes_them_away(answered):
    data = own_data(answered)
    assert [(one["version"], one["text"]) for one in data["consents"]] == [(1, "You may stop at any time.")]
    assert [one["answer"] for one in data["about_you"]] == ["another", None, "=HYPERLINK(1)"]
    erase(answered)
    assert not PersonalAnswer.objects.exists()
    assert not Consent.objects.exists()
    assert answered.assignments.get().judgements.count() == 1


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_questions_are_shown_as_they_were_written(language):
    """Without the mark that keeps a text from being translated."""
    study = make_study(systems=2, documents=1)
    lines = "choice | New study? | Left; Right\nscale | How tired? | 1-5; not; very\ntext | What do you do?"
    set_questions(study, "before", parse_questions(lines), None)
    client = Client(headers={"accept-language": language})
    page = client.post(invitation_path(study), {"languages": ["en"]}, follow=True).content.decode()
    for written in (
        "<legend>New study?</legend>",
        "> Left</label>",
        "> 1 – not</label>",
        "> 2</label>",
        ">What do you do?</label>",
    ):
        assert written in page
    assert VERBATIM not in page
