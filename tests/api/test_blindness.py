"""The crawl of tests/annotations/blindness/test_blindness.py for own front ends: nothing a token to annotate gets names systems."""

import json
import re
import uuid

import pytest

from annotations.gold.attention_checks import add_attention_checks
from annotations.models import Assignment, Comparison, Study
from annotations.people.joining import join
from models_runner.models import Document, Summary
from tests.annotations.blindness.crawl import leaks
from tests.annotations.blindness.marked import (  # noqa: F401  (fixtures)
    MARKER,
    marked_document,
    marked_evidence,
    recognisable_keys,
    study,
)
from tests.annotations.blindness.test_texts_of_researchers import TEXT, body_of, mark_texts
from tests.annotations.helpers import make_gold
from tests.api.helpers import rater
from tests.api.test_permissions import TABLE, World

pytestmark = pytest.mark.django_db


class Crawler:
    """Every operation for annotators, in every state, and every refusal; keeps the answers by name."""

    def __init__(self, study):  # noqa: F811
        self.study, self.answers = study, {}
        self.annotator = join(study, external_id=f"{MARKER}-person")
        self.front = rater(self.annotator)
        self.front.client.raise_request_exception = False

    def keep(self, name, answer):
        assert name not in self.answers
        self.answers[name] = answer
        return answer

    def post(self, name, path, body=None, **headers):
        return self.keep(name, self.front.post(f"/rating/{path}", body, **headers))

    def pair(self, name):
        return self.post(name, "next").json()["pair"]

    def vote(self, name, pair, **fields):
        vote = {"token": pair["token"], "criterion": "overall", "choice": "left", "client_key": str(uuid.uuid4())}
        return self.post(name, "votes", vote | fields)

    def crawl(self):
        self.practice()
        self.rating()
        self.marking()
        self.refusals()
        self.no_work()
        return self.answers

    def marking(self):
        Study.objects.update(ask_marks="required")
        pair = self.pair("pair to mark")
        about = {"token": pair["token"]}
        mark = about | {"side": "left", "kind": "invented", "severity": "major"}
        words = {"start": 0, "end": 4, "text": pair["left"][:4]}
        for name, sent in {
            "words": mark | words,
            "other words": mark | words | {"text": "!"},
            "half": mark | {"start": 1},
        }.items():
            self.post(f"mark {name}", "marks", sent | {"client_key": str(uuid.uuid4())})
        key = {"client_key": str(uuid.uuid4())}
        for time in ("first", "again"):
            self.post(f"mark whole, {time}", "marks", mark | key | {"kind": "missing decision"})
        self.post("mark of an unknown kind", "marks", mark | words | {"kind": "!", "client_key": str(uuid.uuid4())})
        self.pair("marked pair")
        self.post(
            "mark taken back", "marks/take-back", about | {"mark": key["client_key"], "client_key": str(uuid.uuid4())}
        )
        self.post(
            "unknown mark", "marks/take-back", about | {"mark": str(uuid.uuid4()), "client_key": str(uuid.uuid4())}
        )
        for key in ("overall", "fluency"):
            self.vote(f"{key} without a mark", pair, criterion=key)
        self.pair("pair that lacks a mark")
        for name in ("read", "none"):
            self.post(f"marks {name}", f"marks/{name}", about)
            self.post(f"marks {name}, again", f"marks/{name}", about)
        self.post("none of an unknown pair", "marks/none", {"token": str(uuid.uuid4())})
        Study.objects.update(ask_marks="off")

    def practice(self):
        add_attention_checks(self.study, 1, "training", None)
        pair = self.pair("practice")
        self.keep("practice not answered", self.front.get(f"/rating/practice/{pair['token']}"))
        for key in ("overall", "fluency"):
            self.vote(f"practice {key}", pair, criterion=key)
        self.keep("after practice", self.front.get(f"/rating/practice/{pair['token']}"))
        self.keep("no such practice", self.front.get(f"/rating/practice/{uuid.uuid4()}"))

    def rating(self):
        for n in range(3):
            pair = self.pair(f"pair {n}")
            key = str(uuid.uuid4())
            self.post(f"ahead {n}", "ahead", {"after": pair["token"]})
            self.post(f"hold {n}", "hold")
            self.vote(f"vote {n}", pair, client_key=key)
            self.vote(f"vote {n} again", pair, client_key=key)
            self.pair(f"pair {n} half answered")
            self.vote(f"key of {n} used", pair, criterion="fluency", client_key=key)
            self.vote(f"vote {n}, second question", pair, criterion="fluency", choice="tie")
        said = {"token": self.pair("pair to remark on")["token"], "text": "Fine."}
        for kind, reason in (("comment", ""), ("problem", "broken"), ("skip", ""), ("skip", "other")):
            key = str(uuid.uuid4())
            self.post(f"{kind} {reason}", "remarks", said | {"kind": kind, "reason": reason, "client_key": key})
        self.post("undo", "undo", {"client_key": str(uuid.uuid4())})
        self.pair("pair after undo")

    def refusals(self):
        pair = self.pair("pair to refuse")
        self.vote("unknown pair", pair, token=str(uuid.uuid4()))
        self.vote("unknown question", pair, criterion="beauty")
        for field in ("token", "criterion", "choice", "client_key", "lead_time_ms", "strength", "surprise"):
            self.vote(f"bad {field}", pair, **{field: "!"})
        self.post("bad JSON", "votes", "{")
        self.keep("another type", self.front.post("/rating/votes", "{}", content_type="text/plain"))
        key = {"Idempotency-Key": "k1"}
        vote = {"token": pair["token"], "criterion": "overall", "choice": "left", "client_key": str(uuid.uuid4())}
        self.post("kept", "votes", vote, **key)
        self.post("kept, again", "votes", vote, **key)
        self.post("kept, reused", "votes", vote | {"choice": "tie"}, **key)
        for method, path in TABLE:
            if not path.startswith("/rating"):
                path = path.replace("{slug}", self.study.slug).replace("{name}", self.study.dataset.name)
                path = path.replace("{criterion}", "overall").replace("{id}", str(Summary.objects.first().run_id))
                self.keep(f"{method} {path}", getattr(self.front, method.lower())(path))
        self.keep("no such page", self.front.get("/rating/nothing"))
        self.keep("wrong method", self.front.get("/rating/next"))
        self.front.headers |= {"Authorization": "Bearer nothing"}
        self.pair_refused("no token")
        self.front.headers |= {"Authorization": f"Bearer {self.front.text}"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("api.resources.rating.rating_page", fail)
            self.pair_refused("server error")
        Assignment.objects.filter(token=pair["token"]).update(state="expired", slot=None, lease_until=None)
        Comparison.objects.for_rating().update(quota=1, taken=1)
        self.vote("lease lost", pair)
        Comparison.objects.for_rating().update(quota=5, taken=1)

    def pair_refused(self, name):
        assert self.post(name, "next").status_code >= 400

    def no_work(self):
        for status in ("paused", "closed", "draft"):
            Study.objects.update(status=status)
            self.post(status, "next")
            self.post(f"undo while {status}", "undo", {"client_key": str(uuid.uuid4())})
            self.post(f"ahead while {status}", "ahead", {"after": str(uuid.uuid4())})
        Study.objects.update(status="open")
        Comparison.objects.for_rating().update(quota=1, taken=1)
        self.annotator.assignments.filter(state="leased").update(state="expired", slot=None, lease_until=None)
        self.post("done", "next")
        Summary.objects.create(run=Summary.objects.first().run, document=marked_document(self.study.dataset, 9))
        self.post("preparing", "next")


def fail(assignment, **kwargs):
    raise RuntimeError(f"{MARKER} {assignment.pk}")


def test_nothing_a_token_to_annotate_gets_tells_systems_apart(study):  # noqa: F811
    answers = Crawler(study).crawl()
    assert {name: found for name, answer in answers.items() if (found := leaks(answer))} == {}
    assert {answer.status_code for answer in answers.values()} == {200, 400, 401, 403, 404, 405, 409, 415, 422, 500}
    assert [answers[name].json()["why"] for name in ("paused", "done", "preparing")] == [
        "not_open",
        "done",
        "preparing",
    ]
    texts = {answers[f"pair {n}"].json()["pair"][side] for n in range(3) for side in ("left", "right")}
    assert texts <= {"Text 0.", "Text 1.", "Text 2."}
    assert [answers[name].status_code for name in ("mark words", "marked pair", "marks none")] == [200] * 3
    assert len(answers["marked pair"].json()["pair"]["marks"]["standing"]) == 2


@pytest.mark.once
def test_the_crawl_catches_a_name(study, monkeypatch):  # noqa: F811
    monkeypatch.setattr("annotations.models.Study.heading", f"{MARKER}-slug-1")
    crawler = Crawler(study)
    crawler.pair("pair")
    assert leaks(crawler.answers["pair"]) == [f"{MARKER}-slug-1"]


@pytest.mark.parametrize("seed", range(3))
def test_a_pair_is_the_same_whatever_made_it_and_whatever_it_is_for(study, seed):  # noqa: F811
    """Gold among rating pairs of the same texts: only random names and counts differ."""
    for summary in Summary.objects.filter(evidence=None):
        marked_evidence(summary)
    make_gold(study.comparisons.for_rating().last(), explanation=f"{MARKER} note")
    make_gold(study.comparisons.for_rating().first())
    Summary.objects.update(text="The same text.")
    Document.objects.update(title="The same title")
    Study.objects.update(gold_every=2, seed=seed, ask_marks="optional")
    crawler = Crawler(study)
    seen = {"gold": set(), "rating": set()}
    while pair := crawler.pair(f"pair {len(crawler.answers)}"):
        answers = [crawler.answers[name] for name in list(crawler.answers)[-1:]]
        answers += [crawler.vote(f"{pair['token']} {key}", pair, criterion=key) for key in ("overall", "fluency")]
        purpose = Comparison.objects.get(assignments__token=pair["token"]).purpose
        seen[purpose].add(str([shape(answer) for answer in answers]))
    assert len(seen["rating"] | seen["gold"]) == 1
    assert Assignment.objects.filter(comparison__purpose="gold").count() == 2


def shape(answer):
    """Status, headers' names, and the body without random names, counts, and whether there is anything to undo."""
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "random", json.dumps(answer.json(), sort_keys=True))
    body = re.sub(r'"(done|total)": \d+|"can_undo": (true|false)', "progress", body)
    return answer.status_code, tuple(sorted(answer.headers)), body


def api_texts(world):
    """The operations whose answer to a lead who rates holds a text, and the codes of the refusals."""
    found, codes = set(), {}
    for method, path in TABLE:
        if path.startswith("/rating") or path == "/studies/{slug}/status":
            continue
        answer = world.send("lead", method, path)
        said = body_of(answer)
        if TEXT.encode() in said:
            found.add((method, path))
        if answer.status_code == 403:
            codes[(method, path)] = json.loads(said)["error"]["code"]
    return found, codes


@pytest.mark.once
def test_no_operation_of_the_api_shows_a_text_to_who_rates_it(settings):
    settings.ALLOWED_ENDPOINTS = ["hooks.example.com"]
    world = World()
    mark_texts()
    open_to_all = {
        ("GET", "/datasets/{name}/export"),
        ("GET", "/datasets/{name}/summaries"),
        ("GET", "/runs/{id}/summaries"),
    }
    assert open_to_all <= api_texts(world)[0]
    join(world.study, user=world.users["lead"])
    found, codes = api_texts(world)
    assert found == set()
    assert {codes[operation] for operation in open_to_all} == {"still_rating"}
