"""A board without flagged annotators is a view like the others."""

import csv
import io
import re

import pytest
from django.test import Client

from annotations.models import Annotator
from annotations.quality.exclusion import exclude
from annotations.quality.flagged import flagged_annotators, known_flags
from leaderboards.data.filters import Filters
from leaderboards.data.votes import filtered_votes
from leaderboards.exports import Export, Selection, get_format
from leaderboards.files.jobs import export_of, start_export
from leaderboards.presentation.methods import as_text, judging_of
from leaderboards.releases.rows import Contents
from leaderboards.snapshots.boards import get_board
from leaderboards.snapshots.serve import get_snapshot
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.helpers import vote

pytestmark = pytest.mark.django_db
UNFLAGGED = Filters(raters="unflagged")


@pytest.fixture
def study():
    """Three who choose as the texts are, and one who always chooses what stands left."""
    made = make_study(slug="meetings", systems=2, documents=24, quota=6)
    people = [AnnotatorFactory(study=made) for _ in range(4)]
    for number, comparison in enumerate(made.comparisons.order_by("pk")):
        for slot, person in enumerate(people):
            side = "ab"[(number + slot) % 2]
            outcome = side if slot == 3 else "ab"[number % 3 == 0]
            vote(comparison, person, outcome, slot=slot, shown_left=side)
    return made


def clicker(study):
    return study.annotators.order_by("number").last()


def page(address="", **query):
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    response = client.get(f"/boards/meetings/{address}", query)
    assert response.status_code == 200, response.content
    return re.sub(r"\s+", " ", response.content.decode())


def test_who_only_clicks_left_is_flagged_and_nobody_else(study):
    assert flagged_annotators(study) == {clicker(study).pk: ["one side preferred"]} == known_flags(study)
    exclude(clicker(study), "clicks left", None)
    assert flagged_annotators(study) == {}


def test_the_view_counts_the_others_alone_and_names_who_is_left_out(study):
    criterion = study.criteria.get()
    board, everybody = (get_board(study, criterion, filters=filters) for filters in (UNFLAGGED, Filters()))
    assert (everybody["votes"], board["votes"], board["annotators"]) == (96, 72, 3)
    assert board["flagged_annotators"] == [clicker(study).pseudonym]
    assert (everybody["flagged_annotators"], board["filters"]) == ([], {"raters": "unflagged"})
    assert board["fingerprint"] != everybody["fingerprint"]
    assert set(filtered_votes(criterion, UNFLAGGED).values_list("assignment__annotator__number", flat=True)) == set(
        study.annotators.exclude(pk=clicker(study).pk).values_list("number", flat=True)
    )


def test_it_is_made_anew_when_somebody_is_flagged_no_longer_though_its_votes_are_the_same(study):
    criterion = study.criteria.get()
    assert get_snapshot("board", study, criterion, UNFLAGGED).current
    before = get_snapshot("board", study, criterion, UNFLAGGED).snapshot
    exclude(clicker(study), "clicks left", None)
    after = get_snapshot("board", study, criterion, UNFLAGGED).snapshot
    assert before.board["flagged_annotators"] and not after.board["flagged_annotators"]


def test_address_files_and_methods_have_it(study):
    html = page(raters="unflagged")
    assert "Left out: votes of annotators whom a check on the quality page flags." in html
    assert f"Flagged: {clicker(study).pseudonym}" in html
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    votes = client.get("/boards/meetings/ratings.csv", {"raters": "unflagged"})
    rows = list(csv.DictReader(io.StringIO(b"".join(votes.streaming_content).decode())))
    assert (len(rows), clicker(study).pseudonym in {row["judge"] for row in rows}) == (72, False)
    board = get_board(study, study.criteria.get(), filters=UNFLAGGED)
    assert "Judgements of 1 annotator were left out because an automatic check flagged them" in as_text(
        board, judging_of(study)
    )
    assert client.get("/boards/meetings/board.json", {"raters": "nobody"}).status_code == 400


@pytest.mark.parametrize("address", ["trust/", "combined/"])
def test_pages_of_trust_name_them_and_lead_to_the_view(study, address):
    name = clicker(study).pseudonym
    assert f"Checks flag 1 annotator ({name}); their votes count here" in page(address)
    assert "?criterion=overall&amp;raters=unflagged" in page(address)
    assert "Votes of annotators whom a check flags are left out here" in page(address, raters="unflagged")
    exclude(clicker(study), "clicks left", None)
    assert "No check flags an annotator." in page(address)


def test_a_release_says_whom_the_checks_flag(study):
    rows = {row["judge"]: row["warnings"] for row in Contents(study, include_excluded=False).annotator_rows()}
    assert rows == {"judge-1": "", "judge-2": "", "judge-3": "", "judge-4": "one side preferred"}


def test_few_votes_are_too_few_for_trust():
    study = make_study(slug="meetings", systems=2, documents=7)
    person = AnnotatorFactory(study=study)
    for comparison in study.comparisons.all():
        vote(comparison, person, "a")
    html = page("trust/")
    assert "Too few to say: 7 votes of at least 20, 1 annotator of at least 3." in html
    assert "firm" not in html and "People" not in html
    assert "Too few votes for an index with a rating by votes in it." in page("combined/")
    assert "Too few to say: 7 votes of at least 20" in page("combined/")
    assert "7 votes of at least 20" in page("trust/votes/")
    assert "Too few votes to compare systems" in page("planning/")
    assert Annotator.objects.count() == 1


def test_an_export_without_flagged_annotators_says_how_many_votes_that_is(study):
    selection = Selection(criterion=study.criteria.get(), unflagged=True)
    export = Export(study, get_format("csv"), selection)
    rows = list(csv.DictReader(io.StringIO(b"".join(export.parts()).decode())))
    assert {row["judge"] for row in rows} == set(
        study.annotators.exclude(pk=clicker(study).pk).values_list("pseudonym", flat=True)
    )
    assert export.exported.left_out == {"of annotators whom a check flags": 24}
    assert export.total() == 72


def test_the_form_of_exports_offers_it_and_a_background_export_keeps_it(study):
    client = Client()
    user = UserFactory(is_staff=True)
    client.force_login(user)
    assert 'name="unflagged"' in client.get("/boards/meetings/exports/").content.decode()
    answer = client.post("/boards/meetings/exports/new", {"format": "evalica", "unflagged": "on"})
    assert len(b"".join(answer.streaming_content).splitlines()) == 1 + 72
    job = start_export(Export(study, get_format("csv"), Selection(unflagged=True)), user)
    assert export_of(job).total() == 72
    # One that was asked for before there was a choice.
    del job.options["unflagged"]
    assert export_of(job).total() == 96
