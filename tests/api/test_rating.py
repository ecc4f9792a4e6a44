"""Rating through the API, as a front end of one's own does."""

import uuid

import pytest

from annotations.models import Judgement, Study
from annotations.people.joining import join
from annotations.studies.consent import give_consent, set_consent_text
from models_runner.models import Transcript
from tests.annotations.helpers import make_gold
from tests.api.helpers import error_of, program, rater
from tests.factories import make_study

pytestmark = pytest.mark.django_db


def test_a_front_end_of_ones_own_gets_the_times_of_turns():
    study = make_study(systems=2, documents=1)
    Transcript.objects.update(
        turns=[{"speaker": "Maya", "content": "We ship.", "start": 62.5}, {"speaker": "Leo", "content": "Good."}]
    )
    made = program().post(f"/studies/{study.slug}/annotators", {"external_id": "p1"}).json()
    front = rater(study.annotators.get())
    front.headers = {"Authorization": f"Bearer {made['token']}"}
    turns = front.post("/rating/next").json()["pair"]["turns"]
    assert turns == [
        {"number": 1, "speaker": "Maya", "content": "We ship.", "start": "1:02"},
        {"number": 2, "speaker": "Leo", "content": "Good.", "start": ""},
    ]


def test_an_annotator_of_an_own_front_end_rates_everything():
    study = make_study(systems=2, documents=2)
    asks = program()
    made = asks.post(f"/studies/{study.slug}/annotators", {"external_id": "p1"}).json()
    again = asks.post(f"/studies/{study.slug}/annotators", {"external_id": "p1"}).json()
    assert made["pseudonym"] == again["pseudonym"]
    front = rater(study.annotators.get())
    front.headers = {"Authorization": f"Bearer {made['token']}"}
    seen = []
    while pair := front.post("/rating/next").json()["pair"]:
        assert pair["token"] == front.post("/rating/next").json()["pair"]["token"]
        vote = {"token": pair["token"], "criterion": "overall", "choice": "left", "client_key": str(uuid.uuid4())}
        assert front.post("/rating/votes", vote).json() == {"complete": True, "repeated": False}
        assert front.post("/rating/votes", vote).json() == {"complete": True, "repeated": True}
        seen.append(pair["token"])
    assert len(set(seen)) == len(seen) == 2
    assert Judgement.objects.count() == 2
    assert front.post("/rating/next").json() == {"pair": None, "why": "done"}
    undone = front.post("/rating/undo", {"client_key": str(uuid.uuid4())}).json()
    assert undone["token"] == seen[-1] == front.post("/rating/next").json()["pair"]["token"]
    rated = asks.get(f"/studies/{study.slug}/annotators").json()["items"]
    assert rated == [{"pseudonym": "annotator-001", "rated": 1, "left": False, "excluded": False}]


def test_a_pair_is_skipped_commented_on_and_held():
    study = make_study(systems=2, documents=2)
    front = rater(join(study))
    pair = front.post("/rating/next").json()["pair"]
    ahead = front.post("/rating/ahead", {"after": pair["token"]}).json()["pair"]
    assert front.post("/rating/hold").json() == {"held": 2}
    said = {"token": pair["token"], "text": "Hm.", "client_key": str(uuid.uuid4())}
    assert front.post("/rating/remarks", said | {"kind": "comment"}).json() == {"complete": False, "repeated": False}
    skip = {"token": pair["token"], "kind": "skip", "client_key": str(uuid.uuid4())}
    assert error_of(front.post("/rating/remarks", skip))["code"] == "reason_missing"
    assert front.post("/rating/remarks", skip | {"reason": "subject"}).status_code == 200
    assert front.post("/rating/next").json()["pair"]["token"] == ahead["token"]


def test_a_study_with_a_consent_text_gives_a_front_end_no_pair_and_says_why():
    study = make_study(systems=2, documents=1)
    set_consent_text(study, "You may stop at any time.", None)
    annotator = join(study)
    front = rater(annotator)
    refusal = front.post("/rating/next")
    assert (refusal.status_code, error_of(refusal)["code"]) == (409, "consent_missing")
    assert not annotator.assignments.exists()
    give_consent(annotator, 1)
    assert front.post("/rating/next").json()["pair"]


def test_why_there_is_no_pair():
    study = make_study(systems=2, documents=1, quota=1)
    front, other = rater(join(study)), rater(join(study))
    assert front.post("/rating/next").json()["pair"]
    assert other.post("/rating/next").json() == {"pair": None, "why": "waiting"}
    Study.objects.update(status="paused")
    assert front.post("/rating/next").json() == {"pair": None, "why": "not_open"}
    refusal = front.post("/rating/undo", {"client_key": str(uuid.uuid4())})
    assert (refusal.status_code, error_of(refusal)["code"]) == (409, "study_not_open")


def test_practice_is_explained_after_it_is_rated():
    study = make_study(systems=2, documents=2)
    make_gold(study.comparisons.first(), "training", outcomes=("a",), explanation="{A} names the date.")
    front = rater(join(study))
    pair = front.post("/rating/next").json()["pair"]
    assert pair["practice"]
    assert front.get(f"/rating/practice/{pair['token']}").status_code == 404
    vote = {"token": pair["token"], "criterion": "overall", "choice": "tie", "client_key": str(uuid.uuid4())}
    front.post("/rating/votes", vote)
    told = front.get(f"/rating/practice/{pair['token']}").json()
    assert told["right"] is False
    assert told["explanation"] in ("Left names the date.", "Right names the date.")


def test_what_annotators_are_told_is_in_their_language():
    front = rater(join(make_study()))
    refusal = front.post("/rating/undo", {"client_key": str(uuid.uuid4())}, **{"Accept-Language": "zh-hans"})
    assert (
        error_of(refusal)["message"]
        != error_of(front.post("/rating/undo", {"client_key": str(uuid.uuid4())}))["message"]
    )
