"""The whole dataset card, compared byte for byte with cards that were kept: readers' tools parse it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation

from leaderboards.models.releases import Release
from leaderboards.releases.card import Facts, card, translated_card
from leaderboards.releases.tables import TABLES
from lib.text.translated import VERBATIM
from tests.factories import CriterionFactory, StudyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CARDS = Path(__file__).parent / "cards"
METHOD = "Bradley-Terry by maximum likelihood, ties as half a win; 1,000 two-way cluster resamples"


def make_release(*, criteria, release=(), **study):
    made = StudyFactory(slug="minutes", **study)
    for position, (key, question) in enumerate(criteria):
        CriterionFactory(study=made, key=key, question=question, position=position)
    created = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
    return Release(study=made, created_at=created, **{"name": "Minutes", "version": "1.0", **dict(release)})


def rated(system, rating, lower=None, upper=None, *, votes, reason=None):
    return {
        "system": system,
        "rating": rating,
        "rating_lower": lower,
        "rating_upper": upper,
        "votes": votes,
        "reason": reason,
    }


def board(*systems, votes, warnings=(), by_chance=None, **weights):
    return {
        "votes": votes,
        "method": METHOD,
        "warnings": list(warnings),
        "systems": list(systems),
        "by_chance": by_chance,
        **weights,
    }


def full():
    """Every section has all it can have; names and texts hold what Markdown, YAML, HTML and templates would obey."""
    release = make_release(
        criteria=[
            ("overall", 'Which is <better> & "truer"?'),
            ("fluency", "Which reads *more* easily? {{ n }} {% if %}"),
        ],
        release={
            "name": "Minutes: <b>A|B</b> & \"C\" 'D' {{ name }} {% now 'Y' %} — 会议",
            "version": "2.0-rc.1",
            "licence": "Ours & Theirs: v1",
            "description": "Line one, *as it is*, 1 < 2 & \"so\".\n\n- a_b | c\n- # not a heading: 'x'\n",
        },
        allow_tie=True,
        allow_both_bad=True,
        sampling="adaptive",
        quota=5,
        instruction="medium",
    )
    weighted = board(
        rated("small_a", 1051.4999, 1001.5, 1100.25, votes=800.6),
        rated("big-b", 948.5, 899.4, 998.0, votes=1_200.4),
        votes=12_345,
        warnings=["weights are uneven"],
        drawn=11_222,
        effective_votes=9_876.54,
    )
    overall = board(
        rated("small_a", 1049.6, 1010.2, 1090.9, votes=6_000),
        rated("big-b", 950.4, 909.1, 989.8, votes=6_345),
        rated("new|c", None, votes=0, reason="no votes yet"),
        rated("only_d", 1300.0, votes=12, reason="won every vote: <no limit>"),
        votes=12_345,
        warnings=["few judges & documents", "parts: {a} | {b}"],
        by_chance=weighted,
    )
    facts = Facts(
        counts={name: 12_345 + n for n, name in enumerate(TABLES)} | {"references": 0},
        left_out={"of practice pairs": 1_234, "of excluded annotators": 36},
        languages=["en", "zh"],
        licences=["CC-BY-4.0", "MIT & <others>"],
        withheld=1_001,
        board={"criteria": {"overall": overall, "fluency": board(rated("big-b", 1000.0, votes=7), votes=7)}},
        agreement={
            "overall": {"alpha": 0.41234, "lower": 0.3, "upper": 0.5555, "reason": "", "interval_reason": ""},
            "fluency": {
                "alpha": -0.05,
                "lower": None,
                "upper": None,
                "reason": "",
                "interval_reason": "one <document>",
            },
            "other": {"alpha": None, "lower": None, "upper": None, "reason": "nobody & nothing", "interval_reason": ""},
        },
    )
    return release, facts


def bare():
    """Every section has as little as it can have."""
    release = make_release(
        criteria=[("overall", "Which is better?")],
        allow_tie=False,
        allow_both_bad=False,
        sampling="even",
        quota=1,
        instruction="short",
    )
    facts = Facts(
        counts=dict.fromkeys(TABLES.keys() - {"comments", "repeats", "looks", "verdicts", "marks"}, 0),
        left_out={},
        languages=[],
        licences=[],
        withheld=0,
        board={"criteria": {"overall": board(votes=0)}},
        agreement={},
    )
    return release, facts


@pytest.mark.parametrize("language", ["en", "zh-hans", "de"])
@pytest.mark.parametrize("make", [full, bare])
def test_the_card_is_the_one_that_was_kept(make, language):
    with translation.override(language):
        made = card(*make())
    assert made == (CARDS / f"{make.__name__}.md").read_bytes().decode()


def test_line_breaks_of_a_description_stay_as_they_were_typed():
    release, facts = bare()
    release.description = "One.\r\nTwo.\r\n"
    assert "0 documents.\n\nOne.\r\nTwo.\r\n\n\n## Contents" in card(release, facts)


@pytest.mark.parametrize("make", [full, bare])
def test_the_chinese_card_tells_the_same_facts(make):
    release, facts = make()
    english, chinese = card(release, facts), translated_card(release, facts, "zh-hans")
    body = english.split("---\n", 2)[2]
    for mark in ("#", "|", "- "):
        lines = [[line for line in text.splitlines() if line.startswith(mark)] for text in (body, chinese)]
        assert len(lines[0]) == len(lines[1])
    cells = [re.findall(r"(?<=\| )[\d,]+(?= \|)", text) for text in (body, chinese)]
    assert cells[0] == cells[1]
    assert set(re.findall(r"`data/.*?`", english)) == set(re.findall(r"`data/.*?`", chinese))


def test_no_name_and_no_text_of_a_person_is_translated():
    release, facts = bare()
    release.name, release.description = "New study", "Agreement\n\n  - no votes yet\n```\nAgreement\r\nLimits"
    release.study.criteria.update(question="Limits", key="agreement")
    release.licence = "no votes yet"
    system = rated("Agreement", None, votes=0, reason="no votes yet")
    facts = replace(facts, board={"criteria": {"votes": board(system, votes=0)}}, licences=["Contents"])
    chinese = translated_card(release, facts, "zh-hans")
    assert chinese.startswith("# New study\n")
    assert "Agreement\n\n  - no votes yet\n```\nAgreement\nLimits\n" in chinese
    assert "- `agreement`: Limits\n" in chinese
    assert "| Agreement | — | — | 0 |" in chinese
    assert "- Agreement：还没有投票" in chinese
    assert chinese.count("no votes yet") == 2  # of the description and of the licence
    assert "Contents" in chinese
    assert "## 内容" in chinese
    assert VERBATIM not in chinese


def test_a_question_of_the_library_stands_as_people_were_asked_it():
    release, facts = bare()
    release.study.criteria.update(question="Which summary is better overall?")
    assert "- `overall`: 总体来说，哪份摘要更好？" in translated_card(release, facts, "zh-hans")
    assert "- `overall`: Which summary is better overall?" in card(release, facts)
