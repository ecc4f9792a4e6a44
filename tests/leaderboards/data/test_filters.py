"""Filters: an address and back, what each leaves out, and what is refused."""

from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.blindness.leak_check import check_all
from annotations.models import Annotator, GiveawayCheck, Invitation
from leaderboards.data.filters import (
    CONTROL,
    DEFAULTS,
    FLAGGED,
    JUDGES,
    LENGTHS,
    SIZES,
    TIES,
    WEIGHTS,
    Filters,
    UnknownFilterError,
)
from leaderboards.data.votes import filtered_votes
from leaderboards.exports.rows import export_rows
from leaderboards.snapshots.boards import get_board
from leaderboards.web.filter_form import filter_choices, left_out
from models_runner.models import Document, System
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import make_rated_study, vote
from tests.people import researcher

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
any_filters = st.builds(
    Filters,
    judges=st.sampled_from([*JUDGES]),
    flagged=st.sampled_from([*FLAGGED]),
    language=texts,
    length=st.sampled_from(["", *LENGTHS]),
    split=texts,
    group=st.sampled_from(["", "open", "personal", "imported"]) | st.integers(1, 10**17).map(str),
    size=st.sampled_from(["", *SIZES]),
    ties=st.sampled_from([*TIES]),
    weights=st.sampled_from([*WEIGHTS]),
    control=st.sampled_from([*CONTROL]),
)


@unhurried
@given(any_filters)
def test_an_address_says_the_filters_and_they_say_the_address(filters):
    assert Filters.from_query(QueryDict(filters.key).dict()) == filters
    assert Filters.from_key(filters.key) == filters
    assert Filters(**(DEFAULTS | filters.asked)) == filters


@unhurried
@given(any_filters, st.randoms())
def test_the_order_in_the_address_makes_no_difference(filters, random):
    pairs = parse_qsl(filters.key)
    random.shuffle(pairs)
    assert Filters.from_query(dict(pairs)).key == filters.key


def test_what_holds_anyway_is_not_in_the_address():
    assert Filters().key == ""
    asked = {"ties": "davidson", "judges": "human", "flagged": "in", "language": "", "criterion": "overall"}
    assert Filters.from_query(asked).key == "judges=human&ties=davidson"


@pytest.mark.parametrize(
    ("name", "value"),
    [("judges", "cats"), ("flagged", "yes"), ("length", "huge"), ("size", "7B"), ("ties", "elo"), ("group", "01")],
)
def test_an_unknown_value_is_refused_by_the_name_of_its_parameter(name, value):
    with pytest.raises(UnknownFilterError, match=f"asks for {name}='{value}'. Expected {name}: "):
        Filters(**{name: value})


@pytest.fixture
def study(db):
    """Twelve votes: two people on two documents, three systems."""
    return make_rated_study(slug="meetings", systems=3, documents=2, annotators=2)


def left(study, **asked):
    return filtered_votes(study.criteria.get(), Filters(**asked)).count()


def test_votes_by_language_models_can_be_left_out_or_looked_at_alone(study):
    Annotator.objects.filter(pk=study.annotators.first().pk).update(judge_type="llm")
    vote(study.comparisons.first(), AnnotatorFactory(study=study), "a", slot=2)
    assert (left(study), left(study, judges="human"), left(study, judges="llm")) == (13, 7, 6)


def test_documents_by_language_split_and_length(study):
    first, second = study.dataset.documents.all()
    Document.objects.filter(pk=first.pk).update(language="zh", split="test", word_count=1_499)
    Document.objects.filter(pk=second.pk).update(word_count=6_000)
    vote(second.comparisons.first(), AnnotatorFactory(study=study), "a", slot=2)
    assert (left(study, language="zh"), left(study, language="en")) == (6, 7)
    assert left(study, split="test") == 6
    assert [left(study, length=length) for length in ("short", "medium", "long")] == [6, 0, 7]
    Document.objects.filter(pk=first.pk).update(word_count=1_500)
    Document.objects.filter(pk=second.pk).update(word_count=5_999)
    assert [left(study, length=length) for length in ("short", "medium", "long")] == [0, 13, 0]


def test_size_keeps_votes_between_two_systems_of_the_class(study):
    one, two, three = study.systems.order_by("slug")
    for system, parameters in ((one, 1_999_999_999), (two, 780_000_000), (three, 7_000_000_000)):
        System.objects.filter(pk=system.pk).update(parameters=parameters)
    assert (left(study, size="compact"), left(study, size="large"), left(study, size="mid")) == (4, 0, 0)
    board = researcher().get("/boards/meetings/board.json", {"size": "compact"}).json()
    assert [line["system"] for line in sorted(board["systems"], key=lambda line: line["system"])] == [
        one.slug,
        two.slug,
    ]
    assert board["votes"] == 4


def test_annotators_by_how_they_came(study):
    batch = Invitation.objects.create(study=study, kind="link", label="first batch")
    alone = Invitation.objects.create(study=study, kind="email", label="somebody@example.org")
    one, two = study.annotators.order_by("pk")
    Annotator.objects.filter(pk=one.pk).update(invitation=batch)
    Annotator.objects.filter(pk=two.pk).update(invitation=alone)
    pair = study.comparisons.first()
    vote(pair, AnnotatorFactory(study=study), "a", slot=2)
    Annotator.objects.filter(pk=one.pk).update(invitation=batch)
    assert (left(study, group=str(batch.pk)), left(study, group="personal"), left(study, group="open")) == (6, 6, 1)
    # The invitation of one person would name them.
    assert left(study, group=str(alone.pk)) == 0
    groups = next(c for c in filter_choices(study, Filters(), flagged_votes=0) if c.name == "group")
    assert [o.value for o in groups.options] == ["", "open", str(batch.pk), "personal"]
    assert "somebody" not in repr(groups)


def test_votes_on_flagged_summaries(study):
    summary = study.comparisons.first().summary_a
    GiveawayCheck.objects.create(study=study, summary=summary, flagged=True, flags=[{"term": "ChatGPT"}])
    board = researcher().get("/boards/meetings/board.json", {"flagged": "out"}).json()
    assert (board["votes"], board["votes_unfiltered"], board["flagged_votes"]) == (8, 12, 4)
    assert board_of(study)["flagged_votes"] == 4


def test_a_board_without_flagged_summaries_says_how_many_nobody_searched(study):
    pairs = study.comparisons.values_list("summary_a", "summary_b")
    waiting = len({summary for pair in pairs for summary in pair})
    warning = f"{waiting} summaries were not searched for names of models yet"
    assert any(said.startswith(warning) for said in board_of(study, flagged="out")["warnings"])
    assert not any("not searched" in said for said in board_of(study)["warnings"])
    check_all()
    assert not any("not searched" in said for said in board_of(study, flagged="out")["warnings"])


def test_the_votes_of_an_export_are_those_of_the_board(study):
    Annotator.objects.filter(pk=study.annotators.first().pk).update(judge_type="llm")
    criterion = study.criteria.get()
    assert {row["judge_type"] for row in export_rows(study, criterion, Filters(judges="llm"))} == {"llm"}
    lines = researcher().get("/boards/meetings/ratings.jsonl", {"judges": "human"}).getvalue().splitlines()
    assert len(lines) == 6


def test_ties_are_counted_as_asked(study):
    boards = {ties: board_of(study, ties=ties) for ties in TIES}
    assert {board["filters"].get("ties", "half") for board in boards.values()} == set(TIES)
    assert "half each" in boards["half"]["method"]
    assert "left out" in boards["dropped"]["method"]
    assert "Davidson" in boards["davidson"]["method"]
    assert boards["dropped"]["votes"] < boards["half"]["votes"]


def board_of(study, **asked):
    return get_board(study, study.criteria.get(), filters=Filters(**asked))


def test_a_value_that_the_study_has_none_of_is_told_with_those_it_has(study):
    client = researcher()
    answer = client.get("/boards/meetings/board.json", {"language": "fr"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "language")
    assert "Expected language: en." in answer.json()["error"]["message"]
    page = client.get("/boards/meetings/", {"ties": "elo"})
    assert page.status_code == 400
    assert "asks for ties=&#x27;elo&#x27;. Expected ties: half, dropped, davidson." in page.content.decode()


def test_the_page_says_what_is_left_out_and_keeps_the_filters_in_every_link(study):
    Annotator.objects.filter(pk=study.annotators.first().pk).update(judge_type="llm")
    html = researcher().get("/boards/meetings/", {"judges": "human"}).content.decode()
    assert "Left out: votes by language models. 6 of 12 votes remain." in html
    for link in (
        "/boards/meetings/board.csv?criterion=overall&amp;judges=human",
        "/boards/meetings/board.json?criterion=overall&amp;judges=human",
        "/boards/meetings/ratings.csv?judges=human",
    ):
        assert f'href="{link}"' in html
    assert '<option value="human" selected>' in html


def test_votes_weigh_by_reliability_where_several_people_rate_and_by_chance_where_pairs_are_drawn(study):
    AnnotatorFactory(study=study)

    def ways():
        choices = {choice.name: choice for choice in filter_choices(study, Filters(), flagged_votes=0)}
        return [option.value for option in choices["weights"].options]

    assert ways() == ["equal", "reliability"]
    study.sampling = "adaptive"
    assert ways() == ["equal", "chance", "reliability"]


def test_only_filters_that_make_a_difference_are_offered(study):
    offered = [choice.name for choice in filter_choices(study, Filters(), flagged_votes=0)]
    # Whom the checks flag is not known before it is asked for.
    assert offered == ["raters", "ties", "control", "anchor"]
    asked = Filters(judges="human", size="large")
    offered = [choice.name for choice in filter_choices(study, asked, flagged_votes=0)]
    assert offered == ["judges", "size", "raters", "ties", "control", "anchor"]
    nobody = make_study(systems=2, documents=1)
    assert [c.name for c in filter_choices(nobody, Filters(), flagged_votes=0)] == ["ties", "control", "anchor"]


def test_what_is_left_out_in_words():
    filters = Filters(language="zh", length="long", group="imported", ties="dropped")
    assert left_out(filters) == [
        "documents in other languages than zh",
        "documents that are not long (6,000 words or more)",
        "annotators who came otherwise than rated elsewhere (imported)",
    ]
