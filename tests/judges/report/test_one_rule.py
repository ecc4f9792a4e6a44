"""What a judge says of a pair is the same on its board and in its report, whatever its verdicts."""

import json
import random

import pytest

from judges.imports.storing import import_verdicts
from judges.models import Judge, OrderRule
from judges.report.arrays import read_judged_study
from judges.verdicts.combining import GivenVerdict, combined
from stats.judges.arrays import answers
from stats.votes.arrays import OutcomeCode
from tests.factories import make_study

pytestmark = pytest.mark.django_db
NEITHER = ("tie", "both_bad")
WINNERS = ("model_a", "model_b", "tie", "both_bad", "none")


def verdict_lines(study, rng):
    """Some samples in one order alone, some without chances; chances are tenths, so that many are as likely."""
    for pair in study.comparisons.select_related("document", "summary_a__run__system", "summary_b__run__system"):
        models = [summary.run.system.slug for summary in (pair.summary_a, pair.summary_b)]
        about = {
            "document_id": pair.document.external_id,
            "judge": "random",
            "model_a": models[0],
            "model_b": models[1],
        }
        for sample in range(rng.randint(1, 4)):
            for first in rng.choice(["ab", "ab", "ab", "a", "b"]):
                a = rng.randint(0, 10)
                b = rng.randint(0, 10 - a)
                tie = rng.randint(0, 10 - a - b)
                told = {"p_a": a / 10, "p_b": b / 10, "p_tie": tie / 10} if rng.random() < 0.7 else {}
                winner = rng.choices(WINNERS, (5, 5, 3, 3, 1))[0]
                yield about | told | {"shown_first": first, "winner": winner, "sample": sample}


@pytest.mark.parametrize("rule", OrderRule.values)
def test_board_and_report_say_the_same_of_each_pair(tmp_path, rule):
    study = make_study(systems=4, documents=40)
    rng = random.Random(7)
    path = tmp_path / "verdicts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in verdict_lines(study, rng)))
    import_verdicts(path, study, order_rule=rule)
    judged = read_judged_study(Judge.objects.get(), study.criteria.get())
    reported = answers(judged.verdicts, len(judged.items), judged.rule).outcome
    names = {-1: "none", OutcomeCode.A: "a", OutcomeCode.B: "b", OutcomeCode.TIE: "neither"}
    on_board = [judged.judged.outcomes.get(pair, "none") for pair in judged.pairs]
    assert [names[code] for code in reported.tolist()] == ["neither" if one in NEITHER else one for one in on_board]
    assert {"a", "b", "tie", "both_bad", "none"} <= set(on_board)


@pytest.mark.parametrize(
    ("chances", "outcome"),
    [
        ((0.4, 0.0, 0.3, 0.3), "tie"), ((0.4, 0.0, 0.25, 0.35), "both_bad"), ((0.5, 0.0, 0.25, 0.25), "tie"),
        ((0.3, 0.25, 0.45, 0.0), "tie"), ((0.5, 0.1, 0.2, 0.2), "a"), ((0.4, 0.4, 0.1, 0.1), "tie"),
    ],
)  # fmt: skip
def test_neither_is_better_where_that_is_likelier_than_either(chances, outcome):
    told = dict(zip(("a", "b", "tie", "both_bad"), chances, strict=True))
    assert combined([GivenVerdict("a", 0, "a", told)], conservative=False) == outcome


def test_samples_that_say_neither_in_two_ways_count_together():
    said = [GivenVerdict("a", n, outcome) for n, outcome in enumerate(["a", "a", "tie", "both_bad", "both_bad"])]
    assert combined(said, conservative=True) == "both_bad"
    assert combined(said[:4], conservative=True) == "tie"
