import pytest
from django.urls import reverse

from annotations.quality.exclusion import ExclusionError, exclude, exclude_all, include, include_all
from annotations.rating.assignment import next_assignment
from leaderboards.exports.rows import export_rows
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.helpers import vote_rows
from tests.people import researcher

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
    with pytest.raises(ExclusionError, match="Give a reason"):
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


@pytest.fixture
def several():
    """A study whose three annotators, 1 to 3, rated a pair each."""
    study = make_study(systems=2, documents=3, quota=3, slug="s")
    for number in (1, 2, 3):
        vote_on(next_assignment(AnnotatorFactory(study=study, number=number)), "left")
    return study


def post(study, **values):
    return researcher().post(reverse("exclusions", args=[study.slug]) + "?show=in", values, follow=True)


def test_several_at_once_for_one_reason_each_with_an_entry_of_its_own(several):
    page = post(several, change="exclude", reason="One agency’s people.", annotator=["1", "3"])
    assert "2 annotators excluded." in page.content.decode()
    assert page.redirect_chain == [(reverse("study-quality", args=["s"]) + "?show=in#annotators", 302)]
    assert counted(several) == (1, 1)
    assert [one.exclusion_reason for one in several.annotators.order_by("number")] == [
        "One agency’s people.",
        "",
        "One agency’s people.",
    ]
    trail = several.audit_entries.filter(after="excluded: One agency’s people.").values_list("subject", flat=True)
    assert sorted(trail) == [several.annotators.get(number=n).pseudonym for n in (1, 3)]
    post(several, change="include", annotator=["1", "2", "3"])
    assert counted(several) == (3, 3)
    assert several.audit_entries.filter(after="included").count() == 2


def test_of_several_only_those_change_that_were_otherwise(several):
    everybody = list(several.annotators.all())
    exclude(everybody[0], "First.", None)
    assert exclude_all(everybody, "Then.", None) == 2
    everybody[0].refresh_from_db()
    assert everybody[0].exclusion_reason == "First."
    assert include_all(everybody, None) == 3
    assert include_all(everybody, None) == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"change": "exclude", "reason": "Why."}, "Select at least one annotator first"),
        ({"change": "exclude", "reason": " ", "annotator": ["1"]}, "Give a reason"),
    ],
)
def test_what_is_missing_is_said_and_nothing_changes(several, values, said):
    assert said in post(several, **values).content.decode()
    assert counted(several) == (3, 3)


@pytest.mark.parametrize("number", ["4", "x", "-1", "9" * 12])
def test_an_unknown_annotator_among_several_changes_nothing(several, number):
    assert post(several, change="exclude", reason="Why.", annotator=["1", number]).status_code == 404
    assert counted(several) == (3, 3)


def test_once_more_changes_nothing_and_says_so(several):
    post(several, change="exclude", reason="Why.", annotator=["1", "2"])
    again = post(several, change="exclude", reason="Why.", annotator=["1", "2"])
    assert "Nothing changed: everybody selected is excluded already." in again.content.decode()
    counting = post(several, change="include", annotator=["3"])
    assert "Nothing changed: everybody selected is included already." in counting.content.decode()


def test_a_reason_that_no_database_takes_is_kept_without_the_character(several):
    post(several, change="exclude", reason="Wh\0y.", annotator=["1"])
    assert several.annotators.get(number=1).exclusion_reason == "Why."
    assert "Give a reason" in post(several, change="exclude", reason="\0", annotator=["2"]).content.decode()


@pytest.mark.parametrize("change", ["", "remove"])
def test_an_unknown_change_is_no_change(several, change):
    exclude(several.annotators.get(number=1), "Why.", None)
    assert post(several, change=change, reason="Why.", annotator=["1", "2"]).status_code == 400
    one = reverse("exclusion", args=["s", 1])
    assert researcher().post(one, {"change": change}).status_code == 400
    assert counted(several) == (2, 2)
