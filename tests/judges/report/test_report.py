"""The figures of a judge: those of an endpoint whose accuracy and position bias are known come out."""

import hashlib
import json
import random
import re
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.models import Verdict
from judges.report.figures import judge_report
from judges.report.outcomes import judged_pairs
from models_runner.adapters.registry import unload_all
from models_runner.models import Summary
from tests.factories import AnnotatorFactory, make_study
from tests.judges.files import judge
from tests.leaderboards.helpers import vote_all
from tests.servers.endpoint import completion, endpoint

pytestmark = pytest.mark.django_db
ACCURACY, BIAS = 0.8, 0.3


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


def graded_study(**size):
    """A study whose summaries say how good they are, and whose two people see it."""
    study = make_study(**size)
    for summary in Summary.objects.select_related("run__system"):
        grade = list(study.systems.order_by("slug")).index(summary.run.system)
        Summary.objects.filter(pk=summary.pk).update(text=f"Grade {grade}. " + "word " * (5 + grade))
    people = [AnnotatorFactory(study=study) for _ in range(2)]
    criterion = study.criteria.get()
    votes = [
        (pair, person, slot, "a", "a" if grade_of(pair.summary_a) > grade_of(pair.summary_b) else "b")
        for pair in study.comparisons.select_related("summary_a", "summary_b")
        for slot, person in enumerate(people)
    ]
    vote_all(criterion, votes)
    return study


def grade_of(summary):
    return int(re.search(r"Grade (\d+)", summary.text)[1])


def biased(body, headers):
    """Prefers the first text in BIAS of all questions, else the better one in ACCURACY; the same each time."""
    asked = body["messages"][-1]["content"]
    draws = random.Random(hashlib.sha256(asked.encode()).hexdigest())
    first, second = map(int, re.findall(r"Grade (\d+)", asked))
    better, worse = ("A", "B") if first > second else ("B", "A")
    letter = "A" if draws.random() < BIAS else better if draws.random() < ACCURACY else worse
    return 200, {}, completion(json.dumps({"reason": "It says more.", "verdict": letter}))


def asked_by(server, study, **values):
    engine = {"base_url": server.url, "concurrency": 8}
    asking = judge("far", adapter="openai", model_id="m", context_window=8000, engine=engine, **values)
    job = start_judging(asking, study, Asked())
    work_on_judging(job.pk, owner="here/1:1:1:1")
    return asking


def holds(share, truth):
    return share["lower"] <= truth <= share["upper"]


def test_known_accuracy_and_position_bias_are_recovered():
    study = graded_study(systems=4, documents=24)
    # Documents differ, so that no two of them ask the same.
    for n, document in enumerate(study.dataset.documents.all()):
        turns = [{"speaker": "Maya", "content": f"Meeting number {n}."}]
        document.transcript.turns = turns
        document.transcript.save()
    with endpoint(biased) as server:
        asking = asked_by(server, study)
    report = judge_report(asking, study.criteria.get())
    shown_first, shown_second = BIAS + (1 - BIAS) * ACCURACY, (1 - BIAS) * ACCURACY
    flips = shown_first * (1 - shown_second) + shown_second * (1 - shown_first)
    assert report["pairs"] == 144
    assert report["verdicts"] == 288
    assert report["no_verdict"] == 0
    assert holds(report["flip_rate"], flips)
    assert holds(report["first_position_share"], 0.5 + BIAS / 2)
    assert not holds(report["first_position_share"], 0.5)
    # Two orders that disagree are a tie, so it is right where both orders are.
    assert holds(report["accuracy_where_people_agree"], shown_first * shown_second)
    assert report["agreement"]["value"] == report["accuracy_where_people_agree"]["value"]
    assert report["human_agreement"]["value"] == 1
    # The better summaries are the longer ones here, and people always say so; a tie of the judge's is half.
    assert report["length_bias"]["value"] == pytest.approx(
        (report["outcomes"]["tie"] / 2 + report["accuracy_where_people_agree"]["value"] * 144) / 144 - 1
    )
    assert report["states"] == []
    assert report["may_stand_in"] is None
    assert report["why_not"] == ["too_few"]
    assert np.sum(report["confusion"]["votes"]) == 288
    assert report["votes"] == 288
    # People agree with each other always, so that a judge of 0.5 adds nothing much; it never takes votes away.
    assert report["effective_votes"] >= 288
    assert set(report) >= {
        "judge", "criterion", "pairs", "agreement", "human_agreement", "accuracy_where_people_agree", "flip_rate",
        "first_position_share", "length_bias", "ece", "alt_test", "effective_votes", "no_verdict",
    }  # fmt: skip


def test_a_judge_that_always_says_a_is_told():
    study = graded_study(systems=3, documents=10)
    with endpoint(lambda body, headers: (200, {}, completion('{"reason": "x", "verdict": "A"}'))) as server:
        asking = asked_by(server, study)
    report = judge_report(asking, study.criteria.get())
    assert report["flip_rate"]["value"] == report["first_position_share"]["value"] == 1
    assert report["outcomes"] == {"tie": 30}
    assert report["states"] == ["It nearly always prefers the summary that is shown first, whatever the texts say."]


def test_a_judge_without_a_verdict_has_no_figure():
    study = graded_study(systems=2, documents=3)
    with endpoint(lambda body, headers: (200, {}, completion("I cannot compare these."))) as server:
        asking = asked_by(server, study)
    report = judge_report(asking, study.criteria.get())
    assert (report["pairs"], report["no_verdict"], report["verdicts"]) == (0, 6, 6)
    assert report["agreement"] == {
        "value": None, "lower": None, "upper": None, "n": 0, "reason": "too few to say: no answers yet",
    }  # fmt: skip
    undefined = ("flip_rate", "first_position_share", "length_bias", "family_bias", "consistency", "ece")
    for name in undefined:
        assert report[name]["value"] is None
        assert report[name]["reason"]
    assert report["alt_test"]["passes"] is None
    assert report["alt_test"]["reason"].startswith("too few to say")
    # It was asked and said nothing, so people's votes are worth what they are.
    assert report["effective_votes"] == report["votes"] == 6
    assert report["states"] == ["No answer holds a verdict."]


def test_scores_are_compared_pair_by_pair():
    study = graded_study(systems=3, documents=2)

    def answer(body, headers):
        grade = int(re.search(r"Grade (\d+)", body["messages"][-1]["content"])[1])
        return 200, {}, completion(json.dumps({"score": max(1, grade + 1) if grade < 2 else 2}))

    with endpoint(answer) as server:
        asking = asked_by(server, study, mode="score", reasoning=False)
    judged = judged_pairs(asking, study.criteria.get())
    assert sorted(judged.outcomes.values()).count("tie") == 2
    report = judge_report(asking, study.criteria.get())
    assert report["pairs"] == 6
    assert report["flip_rate"]["value"] is None
    assert report["accuracy_where_people_agree"]["value"] == pytest.approx(4 / 6)


def test_a_question_that_waits_says_nothing_yet():
    study = graded_study(systems=2, documents=1)
    asking = judge("strict")
    start_judging(asking, study, Asked())
    Verdict.objects.filter(shown_first="a").update(status="done", answer="a")
    report = judge_report(asking, study.criteria.get())
    assert (report["pairs"], report["verdicts"]) == (0, 1)


def test_the_command_prints_what_the_report_says():
    study = graded_study(systems=2, documents=4)
    with endpoint(biased) as server:
        asked_by(server, study)
    out, table = StringIO(), StringIO()
    call_command("judge_report", study.slug, judge="far", format="json", stdout=out)
    assert json.loads(out.getvalue())["judge"] == "far"
    call_command("judge_report", study.slug, judge="far", stdout=table)
    assert "4 pairs with a verdict" in table.getvalue()
    with pytest.raises(CommandError, match="There is no judge 'nobody'"):
        call_command("judge_report", study.slug, judge="nobody")
    with pytest.raises(CommandError, match="has no criterion 'taste'"):
        call_command("judge_report", study.slug, judge="far", criterion="taste")
