import pytest

from annotations.assignment import next_assignment
from annotations.exclusion import ExclusionError, exclude, include
from leaderboards.votes import export_rows, vote_rows
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def annotator():
    annotator = AnnotatorFactory(study=make_study())
    vote_on(next_assignment(annotator), "left")
    return annotator


def counted(study):
    return len(vote_rows(study.criteria.get())), len(list(export_rows(study)))


def test_votes_of_who_is_excluded_do_not_count_until_included_again(annotator):
    study, owner = annotator.study, UserFactory(username="ada")
    assert counted(study) == (1, 1)
    exclude(annotator, "Answers within a second.", owner)
    assert counted(study) == (0, 0)
    include(annotator, owner)
    assert counted(study) == (1, 1)
    trail = [(e.actor, e.subject, e.before, e.after) for e in study.audit_entries.order_by("pk")]
    assert trail == [
        ("ada", annotator.pseudonym, "included", "excluded: Answers within a second."),
        ("ada", annotator.pseudonym, "excluded", "included"),
    ]


def test_a_reason_is_needed(annotator):
    with pytest.raises(ExclusionError, match="Say why"):
        exclude(annotator, "  ", None)
    assert counted(annotator.study) == (1, 1)


def test_twice_is_once(annotator):
    for _ in range(2):
        exclude(annotator, "Why not.", None)
    assert annotator.study.audit_entries.count() == 1


def test_who_is_excluded_may_go_on_rating(annotator):
    exclude(annotator, "To be looked at.", None)
    annotator.refresh_from_db()
    assert next_assignment(annotator)
