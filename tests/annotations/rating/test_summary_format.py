"""How a study shows its summaries: rendered, as plain text or as written; the same for both sides, and fixed."""

import html
import re

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from annotations.models import Annotator, Study, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.people.links import invitation_path
from annotations.rating.assignment import next_assignment
from annotations.studies import setup
from annotations.studies.settings import change_settings
from annotations.studies.setup import RatingOptions, StudySetupError
from models_runner.models import Summary
from tests.annotations.helpers import make_gold, rate_everything, vote_on
from tests.api.helpers import rater
from tests.factories import AnnotatorFactory, DatasetFactory, RunFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db

TEXT = "## Decisions\n- Ship on **Friday**. Li tells [the press](https://example.org).\n\n| who | what |\n|---|---|\n| Li | notes |"
FORMATS = ("rendered", "plain", "written")
BOX = re.compile(r'<div class="summary-text" lang="en">(.*?)</div>\s*<button', re.DOTALL)
PLAIN = "Decisions\n- Ship on Friday. Li tells the press.\n\nwho; what\nLi; notes"


def study_of(summary_format, text=TEXT, **counts):
    made = make_study(**{"systems": 2, "documents": 1} | counts, summary_format=summary_format)
    Summary.objects.update(text=text)
    return made


def sentence(text, *turns):
    start = TEXT.index(text)
    return {"start": start, "end": start + len(text), "turns": [{"number": turn, "score": 0.9} for turn in turns]}


def give_evidence():
    spans = [sentence("## Decisions", 1), sentence("Ship on **Friday**.", 2, 1), sentence("| Li | notes |", 3)]
    for summary in Summary.objects.all():
        SummaryEvidence.objects.create(summary=summary, spans=spans, signature=f"{METHOD}|test")


def boxes(client, study):
    client.post(invitation_path(study))
    page = client.get(reverse("rate", args=[study.public_id])).content.decode()
    return BOX.findall(page)


def words_of(box):
    return html.unescape(re.sub(r"<[^>]*>", "", box))


def spans_of(box):
    return [
        (turns, words_of(text))
        for turns, text in re.findall(r'<span class="sentence"[^>]* data-support="([\d ]*)">(.*?)</span>', box)
    ]


# ---- what annotators get


def test_rendered_shows_headings_lists_tables_and_no_links(client):
    left, right = boxes(client, study_of("rendered"))
    assert left == right
    assert "<h4" in left
    assert "<li>Ship on <strong>Friday</strong>. Li tells the press.</li>" in left
    assert "<td>notes</td>" in left
    assert "example.org" not in left


def test_plain_shows_the_words(client):
    assert boxes(client, study_of("plain")) == [PLAIN, PLAIN]


def test_as_written_shows_every_sign(client):
    assert [html.unescape(box) for box in boxes(client, study_of("written"))] == [TEXT, TEXT]


@pytest.mark.parametrize("summary_format", FORMATS)
def test_markup_is_never_the_summarys_own(client, summary_format):
    text = '<script>alert(1)</script> <img src="https://example.org/x.png"> **<b>bold</b>**'
    for box in boxes(client, study_of(summary_format, text)):
        assert set(re.findall(r"</?(\w+)", box)) <= {"p", "strong"}
        assert "<script>alert(1)</script>" in words_of(box)


@pytest.mark.parametrize(
    ("summary_format", "marked"),
    [
        ("rendered", [("1", "Decisions"), ("2 1", "Ship on Friday."), ("3", "Li"), ("3", "notes")]),
        ("plain", [("1", "Decisions"), ("2 1", "Ship on Friday."), ("3", "Li; notes")]),
        ("written", [("1", "## Decisions"), ("2 1", "Ship on **Friday**."), ("3", "| Li | notes |")]),
    ],
)
def test_sentences_keep_their_turns(client, summary_format, marked):
    study = study_of(summary_format)
    give_evidence()
    left, right = boxes(client, study)
    assert spans_of(left) == spans_of(right) == marked


@pytest.mark.parametrize("summary_format", FORMATS)
def test_evidence_changes_no_letter(client, summary_format):
    study = study_of(summary_format)
    before = boxes(client, study)
    give_evidence()
    assert [words_of(box) for box in boxes(client, study)] == [words_of(box) for box in before]


@pytest.mark.parametrize("summary_format", FORMATS)
def test_own_front_ends_get_the_format_and_parts_that_make_up_the_text(summary_format):
    study = study_of(summary_format)
    give_evidence()
    pair = rater(AnnotatorFactory(study=study)).post("/rating/next").json()["pair"]
    assert pair["summary_format"] == summary_format
    assert pair["left"] == (PLAIN if summary_format == "plain" else TEXT)
    assert "".join(part["text"] for part in pair["evidence"]["left"]) == pair["left"]
    assert [part["turns"] for part in pair["evidence"]["left"] if part["turns"] is not None] == [[1], [2, 1], [3]]


@pytest.mark.parametrize("summary_format", FORMATS)
def test_practice_and_guess_show_the_same_form(client, summary_format):
    study = study_of(summary_format, documents=2, ask_guess=True)
    make_gold(study.comparisons.first(), purpose="training")
    client.post(invitation_path(study))
    annotator = Annotator.objects.get()
    assignment = next_assignment(annotator)
    assert assignment.comparison.purpose == "training"
    vote_on(assignment, "left")
    practice = client.get(reverse("practice", args=[study.public_id, assignment.token])).content.decode()
    assert practice.count(shown_as(summary_format, below=2)) == 2
    compact, large = study.systems.order_by("pk")
    type(compact).objects.filter(pk=compact.pk).update(parameters=10**8)
    type(large).objects.filter(pk=large.pk).update(parameters=10**10)
    rate_everything(annotator)
    guess = client.get(reverse("guess", args=[study.public_id])).content.decode()
    assert guess.count(shown_as(summary_format, below=2)) == 2


def shown_as(summary_format, *, below):
    heading = f'<h{below + 1} class="written-2" dir="auto">Decisions'
    return {"rendered": heading, "plain": ">Decisions\n- Ship on Friday.", "written": "## Decisions\n"}[summary_format]


@pytest.mark.parametrize("summary_format", FORMATS)
def test_researchers_see_what_annotators_see(summary_format):
    study = study_of(summary_format)
    page = researcher().get(reverse("pair", args=[study.slug, study.comparisons.get().pk])).content.decode()
    assert page.count(shown_as(summary_format, below=3)) == 2


BLANKS = " One.  Two.\n\n\tThree. \n- a\n  - b  c\n\n"


@pytest.mark.parametrize(
    ("summary_format", "keep_blanks", "shown"),
    [
        ("plain", False, "One. Two.\n\nThree.\n- a\n  - b c"),
        ("plain", True, "One.  Two.\n\nThree.\n- a\n  - b  c"),
        ("written", False, "One. Two.\n\nThree.\n- a\n- b c"),
        ("rendered", False, "One. Two.Three.ab c"),
    ],
)
def test_blanks_are_shown_alike_but_where_people_have_seen_them(client, summary_format, keep_blanks, shown):
    study = study_of(summary_format, BLANKS)
    Study.objects.filter(pk=study.pk).update(keep_blanks=keep_blanks)
    assert [words_of(box) for box in boxes(client, study)] == [shown, shown]
    spans = [{"start": 0, "end": 6, "turns": [{"number": 1, "score": 0.9}]}]
    for summary in Summary.objects.all():
        SummaryEvidence.objects.create(summary=summary, spans=spans, signature=f"{METHOD}|test")
    marked = boxes(client, study)
    assert [words_of(box) for box in marked] == [shown, shown]
    assert [words.strip() for _, words in spans_of(marked[0])] == ["One."]
    page = researcher().get(reverse("pair", args=[study.slug, study.comparisons.get().pk])).content.decode()
    assert page.count(html.escape(shown.partition(".")[0])) >= 2


# ---- the setting


def test_new_studies_render_and_anything_else_is_refused():
    systems = [RunFactory().system for _ in range(2)]
    assert setup.create_study("s", DatasetFactory(), systems).summary_format == "rendered"
    with pytest.raises(StudySetupError, match="'html' is not a way to show summaries"):
        setup.create_study("t", DatasetFactory(), systems, options=RatingOptions(summary_format="html"))
    assert not Study.objects.filter(slug="t").exists()


def test_the_command_takes_it():
    dataset, systems = DatasetFactory(), [RunFactory().system.slug for _ in range(2)]
    call_command("create_study", "s", "--dataset", dataset.name, "--systems", ",".join(systems), "--summaries", "plain")
    assert Study.objects.get(slug="s").summary_format == "plain"


def test_it_changes_until_somebody_has_a_pair_and_is_recorded():
    study = study_of("rendered")
    assert change_settings(study, {"summary_format": "plain"}, None) == ["summary_format"]
    entry = study.audit_entries.get()
    assert (entry.subject, entry.before, entry.after) == ("summary_format", "rendered", "plain")
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(StudySetupError, match="“Summaries” can no longer change"):
        change_settings(study, {"summary_format": "written"}, None)
    page = reverse("study-settings", args=[study.slug])
    assert re.search(r'<select name="summary_format"[^>]* disabled', researcher().get(page).content.decode())


def test_the_database_refuses_a_change_once_somebody_has_a_pair():
    study, other = study_of("rendered"), study_of("rendered")
    next_assignment(AnnotatorFactory(study=study))
    with pytest.raises(IntegrityError, match="study_summary_format_is_fixed"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(summary_format="plain")
    assert Study.objects.filter(pk=other.pk).update(summary_format="plain") == 1
    assert Study.objects.filter(pk=study.pk).update(summary_format="rendered", title="New") == 1


def test_the_database_knows_three_formats():
    with pytest.raises(IntegrityError, match="study_summary_format_known"), transaction.atomic():
        Study.objects.filter(pk=study_of("rendered").pk).update(summary_format="html")


def test_the_studys_page_tells_it():
    study = study_of("plain")
    assert (
        "Summaries are shown as: Plain text without markup."
        in researcher().get(study.get_absolute_url()).content.decode()
    )
