"""Which votes count is said once; whatever reads votes in another way finds the same."""

import pytest
from django.utils import timezone

from annotations.counts import pair_tallies
from annotations.models import Annotator, Assignment, Judgement
from annotations.quality.vote_columns import read_vote_columns
from annotations.review.disagreements import disagreements, with_pair_texts
from annotations.review.pair_list import with_tallies
from annotations.studies.progress import counted_votes
from leaderboards.exports.rows import Selection, export_rows, selected_votes
from tests.annotations.helpers import make_gold
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import vote, vote_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def given():
    """One vote of each kind on a question, by what is particular about it; each on a pair of its own."""
    study = make_study(systems=4, documents=1, quota=2)
    pairs = list(study.comparisons.order_by("pk"))
    make_gold(pairs[4])
    make_gold(pairs[5], purpose="training", explanation="So it is.")
    one, gone = AnnotatorFactory(study=study), AnnotatorFactory(study=study)
    Annotator.objects.filter(pk=gone.pk).update(excluded_at=timezone.now(), exclusion_reason="Too fast.")
    people = {"of an excluded annotator": gone}
    kinds = ["rated", "being rated", "given back", "of an excluded annotator", "on gold", "on training"]
    votes = {kind: vote(pair, people.get(kind, one), "a") for kind, pair in zip(kinds, pairs, strict=True)}
    now, rows = timezone.now(), Assignment.objects
    rows.filter(pk=votes["being rated"].assignment_id).update(state="leased", completed_at=None, lease_until=now)
    rows.filter(pk=votes["given back"].assignment_id).update(state="expired", completed_at=None, slot=None)
    return votes


def kinds(given, rows):
    found = {row.pk for row in rows}
    return {kind for kind, judgement in given.items() if judgement.pk in found}


def test_a_vote_counts_in_a_held_place_of_an_included_annotator_on_a_pair_for_rating(given):
    assert kinds(given, Judgement.objects.counted()) == {"rated", "being rated"}
    assert kinds(given, Judgement.objects.held()) == given.keys() - {"given back"}
    assert kinds(given, Judgement.objects.by_included()) == given.keys() - {"of an excluded annotator"}
    assert kinds(given, Judgement.objects.for_rating()) == given.keys() - {"on gold", "on training"}


def test_counting_by_subtraction_finds_the_same_number(given):
    question = given["rated"].criterion

    def counts():
        return counted_votes([question.study])[question.pk], Judgement.objects.counted().count()

    assert counts() == (2, 2)
    # Whoever is excluded takes several votes along, for which there are other reasons as well.
    Annotator.objects.update(excluded_at=timezone.now(), exclusion_reason="Everybody.")
    assert counts() == (0, 0)
    Annotator.objects.update(excluded_at=None, exclusion_reason="")
    assert counts() == (3, 3)


def test_assignments_are_filtered_alike(given):
    held = Assignment.objects.held().by_included().for_rating()
    assert set(held) == {judgement.assignment for judgement in Judgement.objects.counted()}


def test_annotators_are_included_or_excluded(given):
    gone = given["of an excluded annotator"].assignment.annotator
    gone.refresh_from_db()
    assert list(Annotator.objects.excluded()) == [gone]
    assert gone not in Annotator.objects.included()
    assert {one.is_included for one in Annotator.objects.included()} == {True}
    assert not gone.is_included


def test_other_ways_to_read_votes_find_the_same(given):
    study, criterion = given["rated"].criterion.study, given["rated"].criterion
    counted = {vote.assignment.comparison_id for vote in Judgement.objects.counted()}
    assert set(read_vote_columns(study).comparison.tolist()) == counted
    rows = with_tallies(list(study.comparisons.values_list("pk", flat=True)), criterion)
    assert {row.comparison.pk for row in rows if row.votes.for_a} == counted
    assert sum(totals.votes for totals in pair_tallies.tallies_from_votes(study).values()) == len(counted)


def test_boards_and_exports_find_the_same(given):
    criterion = given["rated"].criterion
    counted = {vote.public_id for vote in Judgement.objects.counted()}
    assert {row.id for row in vote_rows(criterion)} == counted
    assert {row["id"] for row in export_rows(criterion.study)} == {str(public_id) for public_id in counted}
    assert {vote.public_id for vote in selected_votes(criterion.study, Selection(include_flagged=True))} == counted


def test_a_disagreement_is_between_votes_that_count(given):
    criterion = given["rated"].criterion
    study = criterion.study
    for judgement in given.values():
        vote(judgement.assignment.comparison, AnnotatorFactory(study=study), "b", slot=1)
    study.comparisons.for_rating().update(taken=2, quota=2)
    splits = disagreements(criterion)
    counted = {judgement.assignment.comparison_id for judgement in (given["rated"], given["being rated"])}
    assert {split.comparison for split in splits} == counted
    assert {len(found.votes) for found in with_pair_texts(splits, criterion)} == {2}
