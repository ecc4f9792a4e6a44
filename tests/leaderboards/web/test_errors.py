"""Why it loses: what the page, the verdict and the report say of errors that people marked, and when they say nothing."""

import itertools
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Annotator, Study, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.rating.assignment import next_assignment
from leaderboards.presentation.board_verdict import say_verdict
from leaderboards.presentation.errors.bars import error_bars
from leaderboards.presentation.errors.examples import error_examples
from leaderboards.presentation.errors.words import why_sentence, with_why
from leaderboards.snapshots.boards import get_board
from marks.imports.storing import import_marks
from marks.kinds.library import kind_label
from marks.models import Mark, Reading
from marks.report.figures import mark_figures
from models_runner.models import System
from tests.annotations.helpers import answer
from tests.factories import AnnotatorFactory, UserFactory
from tests.leaderboards.presentation.test_report import text_of
from tests.marks.files import TEXT, documents, file_of, row, slugs, study_with_texts

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(module_rows, tmp_path_factory):
    with module_rows():
        return make_marked_study(tmp_path_factory.mktemp("marks"))


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def make_marked_study(folder):
    """The small system has a wrong date in each of eight summaries, for each of three readers; the large one in none."""
    study = study_with_texts(systems=2, documents=8, title="Pilot")
    small, large = slugs(study)
    marks = [
        row(study, document_id=name, annotator=who, system=small)
        for name, who in itertools.product(documents(study), ("ana", "ben", "cho"))
    ]
    marks.append(row(study, system=large, kind="language", severity="minor", comment="Clumsy."))
    import_marks(file_of(folder, *marks), study)
    System.objects.filter(slug=small).update(parameters=1_000_000_000)
    System.objects.filter(slug=large).update(parameters=70_000_000_000)
    study.small_system, study.large_system = System.objects.get(slug=small), System.objects.get(slug=large)
    study.pair_named_at = timezone.now()
    study.save()
    vote(study, wins=large)
    return study


def vote(study, wins):
    """Three people prefer this system in each pair."""
    study.annotators.filter(imported=False).delete()
    for number in range(3):
        annotator = AnnotatorFactory(study=study, number=50 + number)
        while assignment := next_assignment(annotator):
            answer(assignment, "a" if assignment.comparison.summary_a.run.system.slug == wins else "b")


def lead():
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    return client


def page(study, **query):
    response = lead().get(reverse("errors", args=[study.slug]), query)
    assert response.status_code == 200
    return response


SENTENCE = "It loses where it gets numbers and dates wrong: 100% of its summaries against 0%."

PREFERRED = "People mark “Wrong number or date” more often in it: 100% of its summaries against 0%."


def test_the_page_says_where_the_small_one_errs_and_shows_the_words(study):
    response = page(study)
    text = text_of(response)
    assert SENTENCE in text
    assert "5 annotators" not in text
    assert "Annotators: 3. Summaries read for errors: 16, readings in all: 48. Marks: 25, major ones: 24." in text
    assert "An association, not a cause" in text
    html = response.content.decode()
    assert '<mark class="error-mark">Monday</mark>' in html
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)


def test_the_page_in_chinese(study):
    text = text_of(lead().get(reverse("errors", args=[study.slug]), headers={"accept-language": "zh-hans"}))
    assert "它输在数字和日期有误" in text
    assert "输在哪里" in text


def test_examples_are_of_the_kind_asked_for_with_turns_beside(study):
    marked = Mark.objects.filter(kind__name="wrong number or date").first()
    spans = [{"start": 0, "end": TEXT.index("Leo") - 1, "turns": [{"number": 1, "score": 0.8}]}]
    SummaryEvidence.objects.create(summary=marked.summary, spans=spans, signature=f"{METHOD}|test")
    shown = {one.document: one for one in error_examples(study, kind="wrong number or date")}
    example = shown[marked.summary.document.external_id]
    assert (example.before, example.marked, example.after) == ("Maya ships the checkout on ", "Monday", ".")
    assert example.turns == [(1, "Maya", "We ship the checkout on Friday.")]
    assert [one.comment for one in error_examples(study, kind="language")] == ["Clumsy."]
    assert "Clumsy." in text_of(page(study, kind="language")) or "There are no marks of this kind." in text_of(
        page(study, kind="language")
    )
    assert lead().get(reverse("errors", args=[study.slug]), {"kind": "nonsense"}).status_code == 404


def test_verdict_and_report_begin_with_the_sentence(study):
    assert SENTENCE in text_of(lead().get(reverse("board", args=[study.slug])))
    assert SENTENCE in text_of(lead().get(reverse("report", args=[study.slug])))
    pdf = lead().get(reverse("report-pdf", args=[study.slug]))
    assert pdf.status_code == 200


def test_who_is_preferred_is_not_said_to_lose(study):
    vote(study, wins=slugs(study)[0])
    for name in ("board", "report", "errors"):
        text = text_of(lead().get(reverse(name, args=[study.slug])))
        assert "It loses where" not in text
        assert PREFERRED in text
    chinese = text_of(lead().get(reverse("board", args=[study.slug]), headers={"accept-language": "zh-hans"}))
    assert "人们在其摘要中更常标出“数字或日期错误”" in chinese


def test_no_sentence_where_the_interval_reaches_zero(study):
    keep = Mark.objects.filter(kind__name="wrong number or date").first()
    Mark.objects.filter(kind__name="wrong number or date").exclude(pk=keep.pk).delete()
    assert why_sentence(mark_figures(study), loses=True) == ""
    assert "No kind of error is surely more frequent" in text_of(page(study))
    assert "It loses where" not in text_of(lead().get(reverse("board", args=[study.slug])))


def test_no_sentence_from_one_reader(study):
    Annotator.objects.filter(pseudonym__in=["ben", "cho"]).update(excluded_at=timezone.now(), exclusion_reason="x")
    assert why_sentence(mark_figures(study), loses=True) == ""


def test_a_verdict_on_other_systems_takes_no_sentence(study):
    verdict = say_verdict(get_board(study, study.criteria.get()))
    assert with_why(verdict, study).why == SENTENCE
    small, large = slugs(study)
    swapped = type(verdict)(**{**vars(verdict), "small": large, "large": small})
    assert with_why(swapped, study).why == ""


def test_a_study_without_marks_says_how_they_come(study):
    Mark.objects.all().delete()
    Reading.objects.all().delete()
    assert "Nobody has marked errors in these summaries yet." in text_of(page(study))
    assert lead().get(reverse("errors-json", args=[study.slug])).json()["readings"] == 0


def test_bars_reach_as_far_as_the_shares(study):
    bars = error_bars(mark_figures(study))
    first = bars.rows[0]
    assert first.label == "Wrong number or date"
    small, large = first.bars
    assert (small.width, large.width) == ("62.00%", "0.00%")
    assert float(large.x2.rstrip("%")) > 0
    assert [label for _, label in bars.ticks] == ["0%", "25%", "50%", "75%", "100%"]


def test_kinds_of_others_keep_their_names():
    assert kind_label("hallucination") == "hallucination"
    assert kind_label("invented") == "Invented"


def test_who_still_rates_sees_nothing(study):
    annotator = AnnotatorFactory(study=study, number=90, user=UserFactory())
    client = Client()
    client.force_login(annotator.user)
    assert client.get(reverse("errors", args=[study.slug])).status_code in (403, 404)
