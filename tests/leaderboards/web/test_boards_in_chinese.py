"""A board is computed once, in English, and each reader sees it in their language."""

import json

import pytest
from django.urls import reverse
from django.utils import translation

from leaderboards.models import BoardSnapshot
from tests.factories import make_study
from tests.leaderboards.analysed import make_scored_study
from tests.people import researcher

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _language_of_this_test_alone():
    with translation.override("en"):
        yield


def page(study, name, language):
    answer = researcher().get(reverse(name, args=[study.slug]), headers={"accept-language": language})
    return answer.content.decode()


@pytest.mark.parametrize("first", ["zh-CN", "en"])
def test_whoever_comes_first_what_is_stored_is_the_same(first):
    study = make_study(systems=2, documents=2)
    page(study, "board", first)
    stored = json.dumps(BoardSnapshot.objects.get(study=study).board, ensure_ascii=False)
    assert "no votes yet" in stored
    assert "还没有投票" in page(study, "board", "zh-CN")
    assert "No votes yet" in page(study, "board", "en")


def test_a_board_computed_before_reads_in_the_readers_language():
    study = make_scored_study()
    english, chinese = page(study, "board", "en"), page(study, "board", "zh-CN")
    assert BoardSnapshot.objects.filter(study=study, kind="board").count() == 1
    assert "Ratings with 95 % intervals" in english
    assert "评分及 95% 区间" in chinese
    assert "Ratings with 95 % intervals" not in chinese


def test_a_chart_is_drawn_in_each_language_and_its_data_stay():
    study = make_scored_study()
    client = researcher()

    def chart(ending, language):
        address = reverse("figure", args=[study.slug, "forest", ending])
        return client.get(address, headers={"accept-language": language}).content.decode()

    assert json.loads(chart("json", "zh-CN"))["layer"][1]["encoding"]["x"]["title"] == "评分"
    assert json.loads(chart("json", "en"))["layer"][1]["encoding"]["x"]["title"] == "Rating"
    assert "评分" in chart("svg", "zh-CN")
    assert "Rating" in chart("svg", "en")
    assert chart("csv", "zh-CN") == chart("csv", "en")
