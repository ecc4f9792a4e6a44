"""Attacks on what must never be false of marks; each goes past the services, straight to the tables."""

import uuid

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from annotations.models import Annotator, Study
from annotations.people.privacy import erase, own_data
from annotations.rating.assignment import next_assignment
from marks.models import Mark, MarkKind, Reading, Withdrawal, text_hash
from models_runner.models import Summary
from tests.factories import AnnotatorFactory, SummaryFactory
from tests.marks.files import TEXT, study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment():
    study = study_with_texts()
    MarkKind.objects.create(study=study, key="invented", name="invented", about="words", position=0)
    return next_assignment(AnnotatorFactory(study=study))


def mark_on(pair, **values):
    about = {
        "study": pair.comparison.study, "annotator": pair.annotator, "assignment": pair,
        "summary": pair.comparison.summary_a, "kind": MarkKind.objects.first(), "severity": "minor",
        "start": 0, "end": 4, "text": "Maya", "text_sha256": text_hash(TEXT),
    }  # fmt: skip
    return Mark.objects.create(**(about | values))


def refused(action, match):
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        action()


def test_a_mark_that_fits_is_stored(assignment):
    mark_on(assignment)
    chinese = TEXT.index("会议")
    mark_on(assignment, start=chinese, end=chinese + 2, text="会议")
    mark_on(assignment, start=None, end=None, text="")
    assert Mark.objects.counted().count() == 3


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"start": 4, "end": 4}, "mark_on_words_or_on_the_whole|mark_text_stands_there"),
        ({"start": 0, "end": None}, "mark_on_words_or_on_the_whole"),
        ({"start": None, "end": None}, "mark_on_words_or_on_the_whole"),
        ({"text": ""}, "mark_on_words_or_on_the_whole|mark_text_stands_there"),
        ({"text": "Leo!"}, "mark_text_stands_there"),
        ({"start": 1, "end": 5}, "mark_text_stands_there"),
        ({"end": 5}, "mark_text_stands_there"),
        ({"start": len(TEXT), "end": len(TEXT) + 4}, "mark_text_stands_there"),
        ({"start": len(TEXT) - 1, "end": len(TEXT) + 3, "text": TEXT[-1]}, "mark_text_stands_there"),
        ({"severity": "fatal"}, "mark_severity_known"),
        ({"text_sha256": ""}, "mark_says_which_text"),
        ({"source": "file.jsonl"}, "mark_given_here_or_elsewhere"),
        ({"assignment": None}, "mark_given_here_or_elsewhere"),
    ],
)
def test_a_mark_that_does_not_fit_is_refused(assignment, values, match):
    refused(lambda: mark_on(assignment, **values), match)


def test_a_mark_is_about_its_own_pair_and_study(assignment):
    study = assignment.comparison.study
    other = study.comparisons.exclude(pk=assignment.comparison_id).first().summary_a
    refused(lambda: mark_on(assignment, summary=other), "mark_is_of_its_study")
    refused(lambda: mark_on(assignment, annotator=AnnotatorFactory(study=study)), "mark_is_of_its_study")
    foreign = study_with_texts()
    refused(lambda: mark_on(assignment, study=foreign), "mark_is_of_its_study")
    kind = MarkKind.objects.create(study=foreign, key="x", name="x", about="words", position=0)
    refused(lambda: mark_on(assignment, kind=kind), "mark_is_of_its_study")
    elsewhere = SummaryFactory(text=TEXT)
    given = {"assignment": None, "source": "f.jsonl"}
    refused(lambda: mark_on(assignment, summary=elsewhere, **given), "mark_is_of_its_study")
    refused(
        lambda: Reading.objects.create(study=study, annotator=assignment.annotator, summary=elsewhere),
        "reading_is_of_its_study",
    )


def test_marks_withdrawals_and_readings_never_change(assignment):
    mark = mark_on(assignment)
    withdrawal = Withdrawal.objects.create(mark=mark)
    about = {"study": mark.study, "annotator": mark.annotator, "summary": mark.summary}
    reading = Reading.objects.create(**about)
    refused(lambda: Mark.objects.filter(pk=mark.pk).update(severity="major"), "mark_is_append_only")
    refused(lambda: Withdrawal.objects.filter(pk=withdrawal.pk).update(client_key=uuid.uuid4()), "append_only")
    refused(lambda: Reading.objects.filter(pk=reading.pk).update(assignment=assignment), "reading_is_append_only")
    refused(lambda: Reading.objects.create(**about), "reading_once|UNIQUE|unique")
    refused(lambda: Withdrawal.objects.create(mark=mark), "UNIQUE|unique")
    refused(lambda: MarkKind.objects.update(key="another"), "mark_kind_keeps_its_name")
    MarkKind.objects.update(help_text="Said by nobody.")


def test_who_has_seen_results_marks_no_more(assignment):
    mark_on(assignment)
    Annotator.objects.filter(pk=assignment.annotator_id).update(saw_results_at=timezone.now())
    refused(lambda: mark_on(assignment), "mark_is_blind")


def test_a_repeated_key_is_refused(assignment):
    mark = mark_on(assignment)
    refused(lambda: mark_on(assignment, client_key=mark.client_key), "UNIQUE|unique")


def test_withdrawn_marks_and_those_of_excluded_annotators_do_not_count(assignment):
    first, second = mark_on(assignment), mark_on(assignment)
    Withdrawal.objects.create(mark=first)
    assert list(Mark.objects.counted()) == [second]
    Annotator.objects.update(excluded_at=timezone.now(), exclusion_reason="Guesses.")
    assert not Mark.objects.counted().exists()
    assert list(Mark.objects.standing()) == [second]


def test_an_annotator_takes_their_marks_with_them_and_has_them_erased(assignment):
    mark = mark_on(assignment, comment="I was there.")
    Withdrawal.objects.create(mark=mark)
    Reading.objects.create(study=mark.study, annotator=mark.annotator, summary=mark.summary)
    mine = own_data(assignment.annotator)["marks"]
    left = "left" if assignment.shown_left == "a" else "right"
    assert [(one["side"], one["text"], one["comment"], one["withdrawn"]) for one in mine] == [
        (left, "Maya", "I was there.", True)
    ]
    erase(assignment.annotator)
    assert not (Mark.objects.exists() or Reading.objects.exists() or Withdrawal.objects.exists())


def test_a_study_goes_with_its_marks_and_a_marked_summary_stays(assignment):
    mark_on(assignment)
    refused(lambda: Summary.objects.filter(pk=assignment.comparison.summary_a_id).delete(), "protected")
    Study.objects.get().delete()
    assert not (Mark.objects.exists() or MarkKind.objects.exists())
    assert Summary.objects.exists()
