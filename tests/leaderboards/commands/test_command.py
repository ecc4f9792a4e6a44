import json

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Annotator
from leaderboards.models import BoardSnapshot
from models_runner.models import Regime
from tests.factories import SystemFactory, make_study
from tests.leaderboards.helpers import build_board, make_rated_study, score, summaries_of, system_slugs

pytestmark = pytest.mark.django_db


def printed(capsys, *args, **kwargs):
    call_command("leaderboard", *args, **kwargs)
    return capsys.readouterr().out


def test_json_is_the_board_and_is_stored(capsys):
    study = make_rated_study(systems=3, documents=3)
    board = json.loads(printed(capsys, study.slug, format="json"))
    assert board.pop("source") == "people"
    assert board == build_board(study, study.criteria.get())
    assert BoardSnapshot.objects.get().board == board


def test_the_table_fits_a_terminal_and_gives_reasons_below(capsys):
    study = make_rated_study(systems=3, documents=3)
    study.systems.add(SystemFactory(slug="reference", regime=Regime.HUMAN))
    slug = system_slugs(study)[1]
    score(summaries_of(study, slug), "rouge1", [0.25, 0.25, 0.25])
    lines = printed(capsys, study.slug).splitlines()
    assert max(len(line) for line in lines) <= 110
    rows = [line.split() for line in lines]
    assert ["System", "Rank", "Rating", "95", "%", "interval", "Votes", "Win", "rate", "Both", "bad"] in rows
    reference = next(row for row in rows if row[:1] == ["reference"])
    number = reference[2]
    assert reference[:3] == ["reference", "—", number]
    assert f"{number} no votes yet" in lines
    assert any(row[:2] == [slug, "0.250"] for row in rows)


def test_another_criterion_can_be_named(capsys):
    study = make_rated_study(systems=2, documents=2, criteria=("overall", "fluency"))
    assert json.loads(printed(capsys, study.slug, criterion="fluency", format="json"))["criterion"] == "fluency"


def test_filters_are_those_of_the_address(capsys):
    study = make_rated_study(systems=3, documents=2)
    Annotator.objects.filter(pk=study.annotators.first().pk).update(judge_type="llm")
    assert json.loads(printed(capsys, study.slug, format="json", filters="judges=human"))["votes"] == 6
    assert "Left out: votes by language models." in printed(capsys, study.slug, filters="judges=human")
    for wrong, expected in (
        ("judges=cats", "Expected judges: all, human, llm"),
        ("flag=out", "the filters are judges,"),
    ):
        with pytest.raises(CommandError, match=expected):
            call_command("leaderboard", study.slug, filters=wrong)


def test_unknown_names_are_answered_with_the_known_ones():
    make_study(slug="meetings", criteria=("fluency", "coverage"))
    with pytest.raises(CommandError, match=r"no study 'x'. Known studies: meetings\."):
        call_command("leaderboard", "x")
    with pytest.raises(CommandError, match=r"no criterion 'overall'. Known criteria: fluency, coverage\."):
        call_command("leaderboard", "meetings")


def test_no_study_at_all_says_what_to_do():
    with pytest.raises(CommandError, match="none yet; make one with create_study"):
        call_command("leaderboard", "x")
