"""Judges asked through the API, about a study, a dataset, and chosen pairs."""

import pytest

from accounts.roles import give_role
from annotations.people.joining import join
from judges.judging.work import work_on_judging
from judges.models import JudgingJob, Verdict
from tests.api.helpers import error_of, program
from tests.factories import UserFactory, make_study
from tests.judges.files import judge

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def modeller():
    user = UserFactory()
    give_role(user, "researcher")
    return user


def pair_of(comparison):
    names = (comparison.summary_a.run.system.slug, comparison.summary_b.run.system.slug)
    return {"document_id": comparison.document.external_id, "model_a": names[1], "model_b": names[0]}


def test_a_judge_is_asked_about_chosen_pairs_of_a_study_watched_stopped_and_goes_on():
    study, asks = make_study(systems=3, documents=2), program()
    judge("strict", engine={"default": '{"reason": "x", "verdict": "A"}'})
    pair = study.comparisons.last()
    body = {"judge": "strict", "study": study.slug, "criteria": ["overall"], "pairs": [pair_of(pair)]}
    started = asks.post("/judging", body).json()
    assert started["questions"] == {"total": 2, "answered": 0, "failed": 0, "left": 2, "no_verdict": 0}
    assert set(Verdict.objects.values_list("comparison", flat=True)) == {pair.pk}
    address = f"/judging/{started['id']}"
    assert asks.post(f"{address}/cancel").json()["status"] == "cancelled"
    assert asks.post(f"{address}/resume").json()["status"] == "pending"
    work_on_judging(started["id"], owner="here/1:1:1:1")
    done = asks.get(address).json()
    assert (done["status"], done["questions"]["answered"], done["study"]) == ("done", 2, study.slug)


def test_a_judge_is_asked_about_a_dataset():
    dataset = make_study(systems=2, documents=2).dataset
    judge("strict")
    started = program(modeller()).post("/judging", {"judge": "strict", "dataset": dataset.name}).json()
    assert (started["dataset"], started["instruction"], started["study"]) == (dataset.name, "medium", None)
    assert started["criteria"] == ["overall"]
    assert started["questions"]["total"] == 4


REFUSED = {
    "nothing to ask about": ({}, 422, "invalid"),
    "both": ({"study": True, "dataset": True}, 422, "invalid"),
    "no such judge": ({"judge": "nobody", "study": True}, 422, "unknown_judge"),
    "no such question": ({"study": True, "criteria": ["taste"]}, 422, "unknown_criterion"),
    "no such dataset": ({"dataset": "nowhere"}, 422, "unknown_dataset"),
    "no such study": ({"study": "nowhere"}, 404, "not_found"),
    "no such pair": (
        {"study": True, "pairs": [{"document_id": "d", "model_a": "a", "model_b": "b"}]}, 422, "no_judging"
    ),
    "a limit without a price": ({"study": True, "cost_limit": 1.5}, 422, "no_judging"),
    "a sample of none": ({"study": True, "sample": 0}, 422, "invalid"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_asked_is_refused_with_its_reason(what):
    study = make_study(systems=2, documents=1)
    judge("strict")
    values, status, code = REFUSED[what]
    named = {"study": study.slug, "dataset": study.dataset.name}
    body = {"judge": "strict"} | {name: named[name] if value is True else value for name, value in values.items()}
    answer = program().post("/judging", body)
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)
    assert not JudgingJob.objects.exists()


def test_who_rates_texts_of_a_dataset_asks_no_judge_about_it():
    study, user = make_study(systems=2, documents=1), modeller()
    judge("strict")
    join(study, user=user)
    answer = program(user).post("/judging", {"judge": "strict", "dataset": study.dataset.name})
    assert (answer.status_code, error_of(answer)["code"]) == (403, "still_rating")
