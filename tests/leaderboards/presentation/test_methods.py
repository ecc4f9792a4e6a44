"""The methods paragraph, word by word: nothing is claimed that was not done."""

import pytest

from annotations.models import Annotator
from leaderboards.presentation.methods import (
    BRADLEY_TERRY,
    CAMERON,
    LIN,
    ROMANO,
    Judging,
    as_latex,
    as_text,
    judging_of,
)
from models_runner.models import Dataset
from stats.ratings.estimates import NO_LIMIT, Ties
from stats.ratings.ratings import method
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import build_board, make_rated_study, score, summaries_of, system_slugs

ANSWERS = ("left", "right", "equally good", "both bad")
HERE = Judging(here=True, elsewhere=False, models=False, answers=ANSWERS)
LINE = {"system": "lead-3", "rating": 1000.0, "rating_lower": 900.0, "reasons": {}}


NAMED = {"by": "named"}
NO_PAIR = {"small": None, "large": None, "margin": None, "lower": None, "too_few": "", "pairs": 0}


def board(**changes):
    values = {
        "study": "qmsum_pilot",
        "dataset": "QMSum",
        "instruction": "medium",
        "criterion": "overall",
        "question": "Which summary is better overall?",
        "systems": [LINE] * 8,
        "votes": 1440,
        "annotators": 12,
        "documents": 20,
        "resamples": 1000,
        "seed": 7,
        "code_version": "0.3.0",
        "fingerprint": "ab" * 32,
        "method": method(),
        "verdict": NO_PAIR,
        "signatures": ["rouge|rouge-score 0.1.2|stemmer", "length|words 1"],
    }
    return values | changes


def paragraph(values, judging=HERE):
    return as_text(values, judging).split("\n\n")[0]


RECORD = f"Computed with version 0.3.0 of Punchweight's boards; SHA-256 of the data: {'ab' * 32}."


@pytest.mark.parametrize(
    ("names", "words"), [(["best"], "best leads or trails"), (["best", "worst"], "best and worst lead or trail")]
)
def test_systems_without_an_interval_are_named(names, words):
    without = [{**LINE, "system": name, "rating_lower": None, "reasons": {"rating_lower": NO_LIMIT}} for name in names]
    limit = f"the same rule. The votes set no limit to how far {words}: intervals are those of the other systems, with their mean"
    assert limit in paragraph(board(systems=[*without, LINE, LINE]))
    assert "no limit" not in paragraph(board())


def test_the_whole_paragraph():
    assert as_text(board(), HERE) == (
        "We compared 8 systems on the dataset QMSum (medium instruction). 12 annotators gave 1,440 judgements on 20 "
        "documents, each on a pair of summaries of the same document. Judgements were blind: the names of the systems were "
        "hidden and the sides counterbalanced. To the question “Which summary is better overall?” the answers were left, "
        "right, equally good and both bad. Ratings are Bradley–Terry strengths (Bradley and Terry, 1952), estimated by "
        "maximum likelihood with a weak Gaussian prior (standard deviation 10 in log-odds), ties and “both bad” counting as "
        "half a win for either side, on a scale on which 400 points are odds of 10 to 1. Intervals are 95 % intervals that "
        "take documents and annotators for random samples (two-way sandwich; Cameron et al., 2011), with variances between "
        "them half pooled over systems (Smyth, 2004) and quantiles of t (Satterthwaite, 1946). Ranks hold for all systems at "
        "once: intervals of all differences are widened to hold together (Romano and Wolf, 2005; 1,000 draws, seed 7). "
        "Two systems are said to differ if the interval of their difference, widened so that those of all pairs hold at "
        "once, leaves out zero and there are at least 20 votes by 3 annotators on 3 documents on each; ranks follow from "
        "the same rule. Automatic metrics (Lin, 2004) are means over a system's summaries, with these signatures: rouge|rouge-score "
        f"0.1.2|stemmer; length|words 1. {RECORD}\n\nReferences\n{BRADLEY_TERRY}\n{CAMERON}\n{ROMANO}\n{LIN}"
    )


def test_without_votes_and_metrics_nothing_but_the_systems_is_told():
    nothing = board(votes=0, annotators=0, documents=0, signatures=[], systems=[{"rating": None, "rating_lower": None}])
    assert as_text(nothing, Judging(False, False, False, ANSWERS)) == (
        "We compared 1 system on the dataset QMSum (medium instruction). No human judgements were collected. " + RECORD
    )


def test_votes_that_connect_no_scale_give_no_ratings():
    text = as_text(board(systems=[{"rating": None, "rating_lower": None}] * 4, signatures=[]), HERE)
    assert "Ratings" not in text
    assert "Bradley" not in text
    assert "random samples" not in text


def test_one_vote_has_no_interval():
    text = as_text(
        board(systems=[{"rating": 1000.0, "rating_lower": None}] * 2, votes=1, annotators=1, documents=1), HERE
    )
    assert "1 annotator gave 1 judgement on 1 document" in text
    assert "random samples" not in text
    assert ROMANO not in text


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"annotators": 1}, "take documents (there was one annotator) for random samples (one-way sandwich"),
        ({"documents": 1}, "take annotators (there was one document) for random samples (one-way sandwich"),
    ],
)
def test_what_was_not_drawn_again_is_not_claimed(counts, words):
    assert words in paragraph(board(**counts))
    assert "two-way" not in paragraph(board(**counts))


@pytest.mark.parametrize(
    ("ties", "words"),
    [
        (Ties.HALF, "ties and “both bad” counting as half a win for either side,"),
        (Ties.DROPPED, "ties and “both bad” left out,"),
        (Ties.DAVIDSON, "a parameter for ties and “both bad” (Davidson, 1970),"),
    ],
)
def test_ties_as_they_were_counted(ties, words):
    text = as_text(board(method=method(ties)), HERE)
    assert words in text
    assert ("Davidson (1970)," in text) == (ties == Ties.DAVIDSON)


def test_an_unknown_method_is_quoted_and_no_source_made_up():
    text = as_text(board(method="Elo, K = 4", signatures=[]), HERE)
    assert "Ratings: Elo, K = 4." in text
    assert "References" not in text


def test_imported_judgements_are_not_called_blind():
    elsewhere = paragraph(board(), Judging(here=False, elsewhere=True, models=False, answers=ANSWERS))
    assert "The judgements were made elsewhere and imported." in elsewhere
    assert "blind" not in elsewhere
    both = paragraph(board(), Judging(here=True, elsewhere=True, models=True, answers=ANSWERS))
    assert "Judgements made on our site were blind:" in both
    assert "Other judgements were made elsewhere and imported." in both
    assert "12 judges gave" in both
    assert "Some of the judges were language models." in both


def test_drawn_judgements_are_called_neither_imported_nor_blind():
    drawn = as_text(board(), Judging(here=False, elsewhere=True, models=False, answers=ANSWERS, simulated=True))
    assert "A program drew these judgements to show what results look like; they are no evidence." in drawn
    assert "imported" not in drawn
    assert "blind" not in drawn


def test_latex_can_be_compiled_as_it_is():
    text = as_latex(board(dataset="A&B_1 50%", question="Which {one}?\nTell."), HERE)
    assert text.startswith(f"% qmsum_pilot, overall, fingerprint {'ab' * 32}\n")
    body = text.split("\n", 1)[1]
    assert r"A\&B\_1 50\%" in body
    assert r"``Which \{one\}? Tell.''" in body
    assert r"rouge\textbar{}rouge-score" in body
    assert "Bradley--Terry" in body
    assert not {"“", "”", "–", "|"} & set(body)


@pytest.mark.django_db
def test_from_a_board_of_the_database():
    study = make_rated_study(systems=3, documents=4, annotators=3, allow_both_bad=False)
    Dataset.objects.update(name="QMSum")
    for slug in system_slugs(study):
        score(summaries_of(study, slug), "rougeL", [0.2, 0.3, 0.4, 0.1], signature="rouge|1")
    study.refresh_from_db()
    text = as_text(build_board(study, study.criteria.get(), seed=3), judging_of(study))
    assert text.startswith(
        "We compared 3 systems on the dataset QMSum (medium instruction). 3 annotators gave 36 judge"
    )
    assert "the answers were left, right and equally good." in text
    assert "with this signature: rouge|1." in text
    assert "1,000 draws, seed 3)." in text


@pytest.mark.django_db
def test_who_judged():
    study = make_rated_study(systems=2, documents=1, annotators=1)
    assert judging_of(study) == HERE
    AnnotatorFactory(study=study, imported=True)  # gave no judgement
    assert judging_of(study) == HERE
    Annotator.objects.filter(imported=False).update(imported=True, judge_type="llm")
    assert judging_of(study) == Judging(here=False, elsewhere=True, models=True, answers=ANSWERS)
    assert judging_of(make_study()).here is False


def decided(**changes):
    pair = {"small": "tiny", "large": "big", "margin": 0.05, "lower": -0.04, "too_few": "", "pairs": 1}
    return pair | {"chosen": {"small": NAMED, "large": NAMED}, "named_before_votes": True} | changes


def test_margin_pair_and_when_it_was_named_are_told_together():
    text = paragraph(board(verdict=decided()))
    assert (
        "tiny counts as not inferior to big if the lower end of the 95 % interval of the share of comparisons in which it "
        "is preferred (ties half) lies above 45 % (margin 0.05, fixed when the study was made; Piaggio et al., 2012), and "
        "as equivalent if the upper end also lies below 55 % (two one-sided tests of level 0.025; Schuirmann, 1987). Both "
        "systems were named before the first vote, so the interval is that of one pair."
    ) in text
    assert "Schuirmann (1987)" in as_text(board(verdict=decided()), HERE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"pairs": 9, "named_before_votes": False},
            "They were named after the first vote: the interval holds for all 9",
        ),
        (
            {"pairs": 6, "chosen": {"small": {"by": "leads"}, "large": NAMED}},
            "The votes chose the pair, so the interval holds for all 6 pairs at once.",
        ),
        ({"chosen": {"small": {"by": "only"}, "large": {"by": "only"}}}, "There was one pair to choose"),
    ],
)
def test_who_chose_the_pair_is_told(changes, words):
    assert words in paragraph(board(verdict=decided(**changes)))


@pytest.mark.parametrize("changes", [{"margin": None}, {"lower": None}, {"too_few": "too few to say"}, {"large": None}])
def test_what_was_not_decided_is_not_told(changes):
    assert "inferior" not in paragraph(board(verdict=decided(**changes)))
