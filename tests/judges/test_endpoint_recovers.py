"""A scripted endpoint of known accuracy, position bias and calibration is asked; its figures hold what it is."""

import math
import re

import numpy as np
import pytest

from judges.judging.lifecycle import Asked, start_judging
from judges.judging.work import work_on_judging
from judges.report.figures import judge_report
from models_runner.adapters.registry import unload_all
from models_runner.models import Summary
from tests.factories import AnnotatorFactory, make_study
from tests.judges.files import judge
from tests.leaderboards.helpers import vote_all
from tests.servers.endpoint import completion, endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DOCUMENTS, PEOPLE, PERSON_RIGHT = 90, 3, 0.9
SHOWN = re.compile(r"Summary ([AB]):\n<<<\n(good|bad) (\d+)")


@pytest.fixture(autouse=True)
def _unloaded():
    yield
    unload_all()


@pytest.fixture
def study():
    """Of each pair the summary that comes first by its key is the better one; people see it in nine of ten votes."""
    study = make_study(systems=2, documents=DOCUMENTS, quota=PEOPLE)
    rng = np.random.default_rng(2)
    people = [AnnotatorFactory(study=study) for _ in range(PEOPLE)]
    votes = []
    for number, pair in enumerate(study.comparisons.all()):
        Summary.objects.filter(pk=pair.summary_a_id).update(text=f"good {number}")
        Summary.objects.filter(pk=pair.summary_b_id).update(text=f"bad {number}")
        for slot, person in enumerate(people):
            votes.append((pair, person, slot, "a", "a" if rng.random() < PERSON_RIGHT else "b"))
    vote_all(study.criteria.get(), votes)
    return study


def answering(*, accuracy, first, chance):
    """An endpoint that is right about a share of the pairs, and for the summary shown first in a share of answers."""
    rng = np.random.default_rng(5)
    right = rng.random(DOCUMENTS) < accuracy
    biased = rng.random((DOCUMENTS, 2)) < first

    def answer(body, headers):
        shown = {letter: (kind, int(number)) for letter, kind, number in SHOWN.findall(body["messages"][-1]["content"])}
        number, good_first = shown["A"][1], shown["A"][0] == "good"
        own = "A" if good_first == right[number] else "B"
        said = "A" if biased[number, int(good_first)] else own
        other = {"A": "B", "B": "A"}[said]
        alternatives = [{"token": other, "logprob": math.log(1 - chance)}]
        filled = completion(said)
        tokens = [{"token": said, "logprob": math.log(chance), "top_logprobs": alternatives}]
        filled["choices"][0]["logprobs"] = {"content": tokens}
        return 200, {}, filled

    return answer


def reported(study, **known):
    with endpoint(answering(**known)) as server:
        engine = {"base_url": server.url, "preset": "vllm", "max_retries": 0}
        asking = judge("known", adapter="openai", model_id="m", context_window=8000, engine=engine, reasoning=False)
        job = start_judging(asking, study, Asked())
        work_on_judging(job.pk, owner="here/1:1:1:1")
    job.refresh_from_db()
    assert (job.status, job.verdicts.count()) == ("done", 2 * DOCUMENTS)
    return judge_report(asking, study.criteria.get())


def holds(figure, truth):
    return figure["lower"] <= truth <= figure["upper"]


def test_accuracy_and_position_bias_are_within_their_intervals(study):
    report = reported(study, accuracy=0.8, first=0.4, chance=0.9)
    # For the first if biased, else in half of the answers.
    assert holds(report["first_position_share"], 0.4 + 0.6 * 0.5)
    # Both biased, or one, and the own answer against it.
    assert holds(report["flip_rate"], 0.4**2 + 0.4 * 0.6)
    # Without a flip the answer is its own: where no order was biased, or the one that agrees with it.
    good, bad = (share * (0.6**2 + 0.4 * 0.6) for share in (0.8, 0.2))
    assert holds(report["agreement"], good * PERSON_RIGHT + bad * (1 - PERSON_RIGHT))
    assert not holds(report["first_position_share"], 0.5)
    assert "position" in report["why_not"]


def test_accuracy_and_calibration_are_within_their_intervals(study):
    report = reported(study, accuracy=0.8, first=0.0, chance=0.98)
    agrees = 0.8 * PERSON_RIGHT + 0.2 * (1 - PERSON_RIGHT)
    assert (report["flip_rate"]["value"], report["first_position_share"]["value"]) == (0, 0.5)
    assert holds(report["agreement"], agrees)
    assert holds(report["accuracy_where_people_agree"], 0.8)
    assert holds(report["human_agreement"], PERSON_RIGHT**2 + (1 - PERSON_RIGHT) ** 2)
    assert holds(report["ece"], 0.98 - agrees)
    assert not holds(report["ece"], 0)
