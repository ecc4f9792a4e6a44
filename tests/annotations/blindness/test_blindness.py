"""Nothing an annotator receives names or separates systems, except the texts themselves (docs/blindness.md).

Every name, note and figure around the summaries is given a marker, every primary key is made recognisable, and then
everything that a browser can get from the annotators' addresses is searched for them.
"""

import dataclasses
import itertools
import re
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.db.models.signals import pre_save
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_from_request, gettext

from annotations.counts.pair_tallies import recount_pairs
from annotations.gold.attention_checks import add_attention_checks
from annotations.models import Assignment, Comparison, ForeignEvidence, Study, SummaryEvidence
from annotations.models.evidence import METHOD
from annotations.people.invitations import invite, revoke
from annotations.people.links import invitation_path, personal_path, single_path
from annotations.rating import assignment, gold_schedule, repeats, votes
from annotations.studies.consent import set_consent_text
from annotations.studies.personal_questions import asked, parse_questions, set_questions
from annotations.web.views import rating as rating_views
from lib import sql
from models_runner.models import Document, Run, Score, Summary, SummaryCall, System
from models_runner.models.scores import MetricSignature, ScoredSpans
from tests.annotations.helpers import make_gold
from tests.factories import (
    TURNS,
    CriterionFactory,
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    StudyFactory,
    SystemFactory,
)

pytestmark = pytest.mark.django_db

MARKER = "zqmarker"
FIRST_PK = 987_650_001
LEAK = re.compile(rf"[\w.-]*(?:{MARKER}|98765\d{{4}})[\w.-]*", re.IGNORECASE)
INVITATIONS = {
    "link": {"label": f"{MARKER} label"},
    "email": {"addresses": [f"{MARKER}@example.org"]},
    "external": {"label": f"{MARKER} label", "id_parameter": "PROLIFIC_PID"},
}
STATIC = re.compile(r'(?:href|src)="/static/([^"]+)"')


@pytest.fixture
def recognisable_keys(monkeypatch):
    """Rows get primary keys that no page contains by chance; those made by the views as well."""
    numbers = itertools.count(FIRST_PK)

    def number(instance, **_):
        if isinstance(instance, Assignment) and instance.probability is not None:
            instance.probability = 0.987650001
        if instance.pk is None and instance._meta.app_label in ("models_runner", "annotations"):
            instance.pk = next(numbers)

    def numbered(instance):
        number(instance)
        sql.insert(instance)

    # Rows written by hand send no signal.
    for module in (assignment, votes):
        monkeypatch.setattr(module, "insert", numbered)
    for model in (*apps.get_app_config("models_runner").get_models(), *apps.get_app_config("annotations").get_models()):
        pre_save.connect(number, sender=model, weak=False, dispatch_uid=f"blind-{model.__name__}")
    yield
    for model in (*apps.get_app_config("models_runner").get_models(), *apps.get_app_config("annotations").get_models()):
        pre_save.disconnect(sender=model, dispatch_uid=f"blind-{model.__name__}")


@pytest.fixture
def study(recognisable_keys):
    dataset = DatasetFactory(name=f"{MARKER}-dataset", description=f"{MARKER} description")
    study = StudyFactory(
        dataset=dataset,
        slug=f"{MARKER}-study",
        title=f"{MARKER} title",
        quota=5,
        guidelines="Read first, then judge.",
        sampling="adaptive",
        epsilon=0.987650002,
    )
    CriterionFactory(study=study, key="overall", position=0)
    CriterionFactory(study=study, key="fluency", position=1)
    runs = [marked_run(dataset, n) for n in range(3)]
    study.systems.set([run.system for run in runs])
    for n in range(2):
        document = marked_document(dataset, n)
        summaries = [marked_summary(run, document, k) for k, run in enumerate(runs)]
        if n == 1:
            for summary in summaries:
                marked_evidence(summary)
        for shuffle, (a, b) in enumerate(itertools.combinations(summaries, 2)):
            Comparison.objects.create(
                study=study, document=document, summary_a=a, summary_b=b, quota=5, shuffle=10 * n + shuffle
            )
    recount_pairs(study)
    return study


def marked_run(dataset, n):
    system = SystemFactory(
        slug=f"{MARKER}-slug-{n}",
        name=f"{MARKER} name {n}",
        adapter=f"{MARKER}-adapter",
        model_id=f"org/{MARKER}-model",
        revision=f"{MARKER}-revision",
        licence=f"{MARKER}-licence",
        parameters=987_659_000 + n,
        prompt_template=f"{MARKER} {{transcript}}",
        decoding={MARKER: 1},
        engine={MARKER: 2},
    )
    return RunFactory(
        system=system,
        dataset=dataset,
        split=f"{MARKER}-split",
        status=Run.Status.DONE,
        failure_reason=f"{MARKER} reason",
        environment={MARKER: "version"},
    )


def marked_document(dataset, n):
    return DocumentFactory(
        dataset=dataset,
        external_id=f"{MARKER}-file-{n}.json",
        title="Sprint planning",
        split=f"{MARKER}-split",
        content_hash=f"{MARKER}{n}",
        metadata={"file": MARKER},
        transcript=[turn | {"start": 3_725.5 * n} for n, turn in enumerate(TURNS)],
    )


def marked_summary(run, document, n):
    """One of the three was cut off, which must show on neither side."""
    summary = Summary.objects.create(
        run=run,
        document=document,
        status="done",
        text=f"Text {n}.",
        stop_reason="length" if n == 0 else "end",
        owner=f"{MARKER}-machine",
        failure_reason=f"{MARKER} error",
        prompt_tokens=987_658_000 + n,
        output_tokens=987_657_000 + n,
        dropped_tokens=987_656_000 + n,
        seconds=987_655_000 + n,
        thoughts=f"{MARKER} thought",
        thinking_tokens=987_651_000 + n,
        control_tokens=[f"<|{MARKER}|>"],
    )
    SummaryCall.objects.create(
        summary=summary, position=1, step="summary", prompt=f"{MARKER} prompt", output=summary.text,
        thoughts=f"{MARKER} thought", stop_reason="end", seconds=1.0,
    )  # fmt: skip
    signature, _ = MetricSignature.objects.get_or_create(metric="rouge", text=f"{MARKER} signature")
    Score.objects.create(summary=summary, signature=signature, name=f"{MARKER}", value=987_654_000 + n)
    span = {"start": 0, "end": 4, "value": 0.0, "kind": f"{MARKER} kind"}
    ScoredSpans.objects.create(summary=summary, signature=signature, name=f"{MARKER}", spans=[span])
    return summary


def marked_evidence(summary):
    turns = [{"number": 2, "score": 987_653_000}]
    SummaryEvidence.objects.create(
        summary=summary,
        spans=[{"start": 0, "end": len(summary.text), "turns": turns}],
        signature=f"{METHOD}|{MARKER}",
    )


# ---- what a browser can get


class Crawler:
    """Requests as an annotator's browser makes them; keeps every answer under a name."""

    def __init__(self, study):
        self.study, self.answers = study, {}
        self.rate_url = reverse("rate", args=[study.public_id])
        self.vote_url = reverse("vote", args=[study.public_id])
        self.leave_url = reverse("leave-study", args=[study.public_id])
        self.remark_url = reverse("remark", args=[study.public_id])
        self.undo_url = reverse("undo", args=[study.public_id])
        self.hold_url = reverse("hold", args=[study.public_id])
        self.next_url = reverse("next", args=[study.public_id])
        self.browser = Client(raise_request_exception=False)

    def keep(self, name, answer):
        assert name not in self.answers
        self.answers[name] = answer
        return answer

    def vote(self, name, *, as_json=True, browser=None, **fields):
        data = {"criterion": "overall", "choice": "left", "client_key": uuid.uuid4(), "lead_time_ms": 5000} | fields
        headers = {"Accept": "application/json"} if as_json else {}
        return self.keep(name, (browser or self.browser).post(self.vote_url, data, headers=headers))

    def say(self, name, *, as_json=True, browser=None, url=None, **fields):
        data = {"kind": "comment", "text": "Fine.", "client_key": uuid.uuid4()} | fields
        headers = {"Accept": "application/json"} if as_json else {}
        return self.keep(name, (browser or self.browser).post(url or self.remark_url, data, headers=headers))

    def token(self, name):
        return self.keep(name, self.browser.get(self.rate_url)).context["page"].token

    def crawl(self):
        self.joining()
        self.languages_read()
        self.consent()
        self.practice()
        self.rating()
        self.beside_votes()
        self.refusals()
        self.strangers_and_errors()
        self.languages()
        self.invitations()
        self.no_work()
        return self.answers

    def joining(self):
        invitation = invitation_path(self.study)
        self.keep("join", self.browser.get(invitation))
        self.keep("joined", self.browser.post(invitation))
        self.keep("join again", self.browser.get(invitation))
        self.annotator = self.study.annotators.get()
        self.keep("resume", self.browser.get(personal_path(self.annotator)))
        self.keep("resumed", self.browser.post(personal_path(self.annotator)))

    def languages_read(self):
        """The documents are in two languages for as long as the question is asked."""
        url = reverse("languages-read", args=[self.study.public_id])
        other = Document.objects.last()
        Document.objects.filter(pk=other.pk).update(language="de")
        self.keep("invitation that asks for languages", Client().get(invitation_path(self.study)))
        self.keep("joined without a language", Client().post(invitation_path(self.study)))
        self.keep("languages", self.browser.get(url))
        self.keep("no language", self.browser.post(url))
        self.keep("languages chosen", self.browser.post(url, {"languages": ["de"]}))
        self.keep("pair in the language", self.browser.get(self.rate_url))
        self.keep("languages back", self.browser.post(url, {"languages": ["de", "en"]}))
        self.keep("stranger's languages", Client().get(url))
        self.annotator.assignments.all().delete()
        Comparison.objects.update(taken=0)
        Document.objects.filter(pk=other.pk).update(language="en")

    def consent(self):
        """In words of the study's guidelines, which the search for words of another language passes over."""
        set_consent_text(self.study, self.study.guidelines, None)
        for moment in ("before", "after"):
            asks = self.study.guidelines
            lines = f"text | {asks}\nscale | {asks} | 1-5\nchoice | {asks} | 1; 2"
            set_questions(self.study, moment, parse_questions(lines), None)
        begin, after = (reverse(name, args=[self.study.public_id]) for name in ("begin", "after"))
        self.keep("pair without consent", self.browser.get(self.rate_url))
        self.keep("before rating", self.browser.get(begin))
        self.keep("no consent", self.browser.post(begin, {"version": 1}))
        set_consent_text(self.study, f"{self.study.guidelines} {self.study.guidelines}", None)
        self.keep("consent to an older text", self.browser.post(begin, {"version": 1, "agree": "on"}))
        self.keep("consent", self.browser.post(begin, {"version": 2, "agree": "on"}))
        set_consent_text(self.study, self.study.guidelines, None)
        self.keep("consent asked again", self.browser.get(begin))
        self.keep("after rating", self.browser.get(after))
        unknown = {question.key.hex: "!" for question in asked(self.study, "after")}
        self.keep("answers not offered", self.browser.post(after, unknown))
        self.keep("answered", self.browser.post(after))
        self.keep("answered before", self.browser.get(after))
        for name, url in (("begins", begin), ("goes", after)):
            self.keep(f"stranger {name}", Client().get(url))
        set_consent_text(self.study, "", None)
        set_questions(self.study, "before", [], None)
        set_questions(self.study, "after", [], None)

    def practice(self):
        (pair,) = add_attention_checks(self.study, 1, "training", None)
        token = self.token("practice pair")
        url = reverse("practice", args=[self.study.public_id, token])
        self.keep("practice not answered yet", self.browser.get(url))
        self.vote("practice, first question", token=token)
        self.vote("practice, second question", token=token, criterion="fluency")
        answer = self.keep("after practice", self.browser.get(url))
        with translation.override(answer.headers["Content-Language"]):
            assert gettext(pair.explanation) in answer.content.decode()
        self.say("practice taken back", url=self.undo_url)
        self.vote("practice answered by form", token=token, criterion="fluency", choice="right", as_json=False)
        self.keep("after practice again", self.browser.get(url))
        self.keep("no such practice", self.browser.get(reverse("practice", args=[self.study.public_id, uuid.uuid4()])))

    def rating(self):
        for n in range(3):
            token = self.token(f"pair {n}")
            key = uuid.uuid4()
            self.vote(f"vote {n} first question", token=token, client_key=key)
            self.vote(f"vote {n} repeated", token=token, client_key=key)
            self.keep(f"pair {n} half answered", self.browser.get(self.rate_url))
            self.vote(f"vote {n} second question", token=token, criterion="fluency", choice="tie")
            self.vote(f"vote {n} key used", token=token, criterion="fluency", choice="left", client_key=key)
        token = (
            self.keep("fragment", self.browser.get(self.rate_url, headers={"X-Fragment": "1"})).context["page"].token
        )
        self.vote("form vote", token=token, as_json=False)

    def beside_votes(self):
        token = self.token("pair to remark on")
        self.keep("ahead", self.browser.get(self.next_url, {"after": token}))
        self.keep("ahead of nonsense", self.browser.get(self.next_url, {"after": "!"}))
        self.keep("hold", self.browser.post(self.hold_url))
        for as_json in (True, False):
            kind = "JSON" if as_json else "page"
            self.say(f"comment, {kind}", token=token, as_json=as_json)
            self.say(f"problem, {kind}", token=token, kind="problem", reason="broken", as_json=as_json)
            self.say(f"no reason, {kind}", token=token, kind="skip", as_json=as_json)
            self.say(f"bad kind, {kind}", token=token, kind="!", as_json=as_json)
            self.say(f"remark on unknown pair, {kind}", token=uuid.uuid4(), as_json=as_json)
            self.say(f"undo, {kind}", url=self.undo_url, as_json=as_json)
            self.say(f"bad undo, {kind}", url=self.undo_url, client_key="!", as_json=as_json)
        self.keep("pair after undo", self.browser.get(self.rate_url))
        self.say("skip", token=token, kind="skip", reason="other")

    def refusals(self):
        token = self.token("pair to refuse")
        for as_json in (True, False):
            kind = "JSON" if as_json else "page"
            self.vote(f"unknown pair, {kind}", token=uuid.uuid4(), as_json=as_json)
            self.vote(f"unknown question, {kind}", token=token, criterion="beauty", as_json=as_json)
            for field in ("token", "criterion", "choice", "client_key", "lead_time_ms"):
                self.vote(f"bad {field}, {kind}", **{"token": token, "as_json": as_json, field: "!"})
        Assignment.objects.filter(token=token).update(state="expired", slot=None, lease_until=None)
        Comparison.objects.for_rating().update(quota=1, taken=1)
        self.vote("lease lost", token=token)
        self.vote("lease lost, page", token=token, as_json=False)
        Comparison.objects.for_rating().update(quota=5, taken=1)

    def strangers_and_errors(self):
        stranger = Client(raise_request_exception=False)
        self.keep("not joined", stranger.get(self.rate_url))
        self.vote("stranger's vote", token=uuid.uuid4(), browser=stranger)
        self.vote("stranger's vote, page", token=uuid.uuid4(), browser=stranger, as_json=False)
        self.keep("stranger leaves", stranger.post(self.leave_url))
        self.say("stranger's remark", token=uuid.uuid4(), browser=stranger)
        self.say("stranger's undo", url=self.undo_url, browser=stranger)
        self.keep("stranger's practice", stranger.get(reverse("practice", args=[self.study.public_id, uuid.uuid4()])))
        self.keep("stranger holds", stranger.post(self.hold_url))
        self.keep("stranger looks ahead", stranger.get(self.next_url, {"after": uuid.uuid4()}))
        for name, path in (
            ("unknown study", reverse("rate", args=[uuid.uuid4()])),
            ("broken invitation", reverse("join", args=["nonsense"])),
            ("broken personal link", reverse("resume", args=["nonsense"])),
            ("wrong method", self.vote_url),
            ("no such page", self.rate_url + "nothing"),
        ):
            self.keep(name, self.browser.get(path))
        strict = Client(enforce_csrf_checks=True)
        self.keep("no security token", strict.post(self.vote_url))
        # A fault of our own: the error page must not carry what the exception says.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rating_views, "rating_page", fail)
            self.keep("server error", self.browser.get(self.rate_url))

    def languages(self):
        """Each of the two, last the one this browser came with."""
        came_with = get_language_from_request(self.browser.get(self.rate_url).wsgi_request)
        for language in ("en", "zh-hans", came_with):
            choice = {"language": language, "next": self.rate_url}
            self.keep(f"language {len(self.answers)}", self.browser.post(reverse("set-language"), choice))
            self.keep(f"pair in language {len(self.answers)}", self.browser.get(self.rate_url))

    def invitations(self):
        made = {kind: invite(self.study, kind, None, **more)[0] for kind, more in INVITATIONS.items()}
        for kind, invitation in made.items():
            path = single_path(invitation)
            self.keep(f"{kind} invitation", Client().get(path))
            self.keep(f"{kind} invitation with an id", Client().get(path, {"PROLIFIC_PID": "5f1e"}))
            revoke(invitation, None)
            self.keep(f"{kind} invitation taken back", Client().get(path))
        Study.objects.update(open_link=False)
        self.keep("open link closed", Client().get(invitation_path(self.study)))
        Study.objects.update(open_link=True)

    def guesses(self):
        url = reverse("guess", args=[self.study.public_id])
        Study.objects.update(ask_guess=True)
        System.objects.filter(pk=Run.objects.first().system_id).update(parameters=98_765_000_000)
        self.keep("done, may guess", self.browser.get(self.rate_url))
        page = self.keep("guess", self.browser.get(url))
        token = page.context["page"].token
        self.keep("guessed", self.browser.post(url, {"token": token, "choice": "left"}))
        self.keep("bad guess", self.browser.post(url, {"token": token, "choice": "!"}))
        self.keep("guess about nothing", self.browser.post(url, {"token": uuid.uuid4(), "choice": "left"}))
        Study.objects.update(ask_guess=False)

    def no_work(self):
        for status in ("paused", "closed", "draft"):
            Study.objects.update(status=status)
            self.keep(status, self.browser.get(self.rate_url))
            self.vote(f"vote while {status}", token=self.annotator.assignments.first().token)
            self.keep(f"ahead while {status}", self.browser.get(self.next_url, {"after": uuid.uuid4()}))
            self.say(f"undo while {status}", url=self.undo_url)
        Study.objects.update(status="open", opens_at="2999-01-01T00:00Z", completion_code="C0FFEE")
        self.keep("soon", self.browser.get(self.rate_url))
        Study.objects.update(opens_at=None)
        self.annotator.assignments.filter(state="leased").update(state="expired", slot=None, lease_until=None)
        Comparison.objects.for_rating().update(quota=1, taken=1)
        self.keep("done", self.browser.get(self.rate_url))
        self.guesses()
        Summary.objects.filter(comparisons_as_a=None, comparisons_as_b=None).delete()
        late = marked_document(self.study.dataset, 9)
        Summary.objects.create(run=Run.objects.first(), document=late)
        self.keep("preparing", self.browser.get(self.rate_url))
        other = self.study.annotators.create(number=2, pseudonym="annotator-002")
        had = self.annotator.assignments.exclude(state="expired").values("comparison")
        wanted = self.study.comparisons.for_rating().exclude(pk__in=had)
        Assignment.objects.create(
            comparison=wanted.first(), annotator=other, slot=0, shown_left="a", lease_until="2999-01-01T00:00Z"
        )
        self.keep("leased", self.browser.get(self.rate_url))
        self.keep("leave", self.browser.post(self.leave_url))
        self.keep("left", self.browser.get(self.rate_url))
        self.keep("my data", self.browser.get(reverse("my-data", args=[self.study.public_id])))
        self.keep("erased", self.browser.post(reverse("erase-me", args=[self.study.public_id])))
        self.keep("data of nobody", self.browser.get(reverse("my-data", args=[self.study.public_id])))
        self.keep("erased before", self.browser.post(reverse("erase-me", args=[self.study.public_id])))


def fail(assignment, **kwargs):
    raise RuntimeError(f"{MARKER} {assignment.pk}")


def leaks(answer):
    """Markers and primary keys in what was sent: status line, headers, cookies, body."""
    sent = "\n".join(
        [
            answer.reason_phrase,
            *(f"{name}: {value}" for name, value in answer.headers.items()),
            answer.cookies.output(),
            answer.content.decode(),
        ]
    )
    return sorted(set(LEAK.findall(sent)))


# ---- the proof


def test_nothing_an_annotator_receives_tells_systems_apart(study):
    answers = Crawler(study).crawl()
    assert {name: found for name, answer in answers.items() if (found := leaks(answer))} == {}
    states = {n: a.context["state"] for n, a in answers.items() if a.context and "state" in a.context}
    states.pop("done, may guess")
    assert states == {n: n for n in ("paused", "closed", "draft", "soon", "done", "preparing", "leased", "left")}
    assert {answer.status_code for answer in answers.values()} == {200, 204, 302, 400, 403, 404, 405, 409, 410, 500}


def test_the_crawl_sees_real_pairs(study):
    answers = Crawler(study).crawl()
    for n in range(3):
        assert answers[f"pair {n}"].content.count(b'class="summary-text" lang="en"><p dir="auto">') == 2
        assert answers[f"vote {n} second question"].json() == {"saved": True, "complete": True, "repeated": False}
    sentences = re.findall(
        rb'<span class="sentence"[^>]* data-support="2">Text \d.</span>', answers["fragment"].content
    )
    assert len(sentences) == 2


def test_files_that_annotator_pages_load_name_nothing(study):
    pages = [a.content.decode() for a in Crawler(study).crawl().values()]
    names = {name for page in pages for name in STATIC.findall(page)}
    assert "annotations/rate.js" in names
    for name in names:
        assert not LEAK.search(Path(finders.find(name)).read_text()), name


def test_both_sides_have_the_same_markup(study):
    crawler = Crawler(study)
    crawler.joining()
    while (page := crawler.browser.get(crawler.rate_url)).context.get("page"):
        shown, html = page.context["page"], page.content.decode()
        left, right = re.findall(r'<section class="card summary rendered".*?</section>', html, re.DOTALL)
        assert left.replace(shown.left, "…").replace("left", "right").replace("Left", "Right") == right.replace(
            shown.right, "…"
        )
        for key in ("overall", "fluency"):
            crawler.vote(f"{shown.token} {key}", token=shown.token, criterion=key)
    assert Assignment.objects.filter(state="done").count() == 6


def test_the_pair_is_the_same_whichever_system_made_it(study):
    """Two systems with the same texts: the pages differ in random names alone."""
    Summary.objects.update(text="The same text.")
    Document.objects.update(title="The same title")
    crawler = Crawler(study)
    crawler.joining()
    seen = set()
    for _ in range(3):
        html = crawler.browser.get(crawler.rate_url, headers={"X-Fragment": "1"}).content.decode()
        html = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=csrfmiddlewaretoken\" value=\")\w+", "random", html)
        html = html.replace("data-undo hidden>", "data-undo>")  # after the first pair there is an answer to undo
        seen.add(re.sub(r"data-done=\"\d\"|value=\"\d\"|\d of 6( rated)?", "progress", html))
        Assignment.objects.filter(state="leased").update(state="done")
    assert len(seen) == 1


@pytest.mark.parametrize("seed", range(4))  # so that gold comes first as well, and late
def test_gold_is_not_told_from_rating_pairs(study, seed):
    """Attention checks and a chosen pair among pairs with the same texts: only random names and counts differ."""
    for summary in Summary.objects.filter(evidence=None):
        marked_evidence(summary)
    checks = add_attention_checks(study, 2, "gold", None)
    make_gold(study.comparisons.for_rating().last(), explanation=f"{MARKER} note")
    for side in "ab":
        for check in checks:
            foreign_evidence(getattr(check.comparison, f"summary_{side}"), check.comparison.document)
    Summary.objects.update(text="The same text.")
    Document.objects.update(title="The same title")
    Study.objects.update(gold_every=2, seed=seed)
    crawler = Crawler(study)
    crawler.joining()
    seen = {"gold": set(), "rating": set()}
    totals = set()
    while "page" in (page := crawler.browser.get(crawler.rate_url)).context:
        token, total = page.context["page"].token, page.context["page"].total
        comparison = Comparison.objects.get(assignments__token=token)
        totals.add(total)
        ahead = crawler.browser.get(crawler.next_url, {"after": token})
        answers = [
            crawler.vote(f"{token} {key} {as_json}", token=token, criterion=key, as_json=as_json)
            for key, as_json in (("overall", True), ("fluency", True), ("fluency", False))
        ]
        hold = crawler.browser.post(crawler.hold_url)
        shapes = [shape(answer) for answer in (page, *answers, hold)]
        seen[comparison.purpose].add(str([*shapes, shape(ahead) if ahead.status_code == 200 else "last"]))
        assert leaks(page) == leaks(ahead) == []
    sizes = {purpose: len(different) for purpose, different in seen.items()}
    assert seen["gold"] <= seen["rating"], sizes
    assert len(totals) == 1
    assert Assignment.objects.filter(comparison__purpose="gold").count() >= 2
    data = crawler.browser.get(reverse("my-data", args=[study.public_id])).json()
    assert len({frozenset(one) for one in data["answers"]}) == 1
    assert {one["practice"] for one in data["answers"]} == {False}


@pytest.mark.parametrize("seed", range(2))
def test_a_pair_that_comes_again_is_not_told_from_others(study, seed, monkeypatch):
    """Pairs with the same texts: only random names and counts differ. They come again soon, as there are but six."""
    for schedule in (repeats, gold_schedule):
        monkeypatch.setattr(schedule, "REPEAT_AFTER", 2)
    for summary in Summary.objects.filter(evidence=None):
        marked_evidence(summary)
    Summary.objects.update(text="The same text.")
    Document.objects.update(title="The same title")
    Study.objects.update(repeat_every=2, seed=seed)
    crawler = Crawler(study)
    crawler.joining()
    seen = {"repeat": set(), "rating": set()}
    totals = set()
    while "page" in (page := crawler.browser.get(crawler.rate_url)).context:
        token, total = page.context["page"].token, page.context["page"].total
        comparison = Comparison.objects.get(assignments__token=token)
        totals.add(total)
        ahead = crawler.browser.get(crawler.next_url, {"after": token})
        answers = [
            crawler.vote(f"{token} {key} {as_json}", token=token, criterion=key, as_json=as_json)
            for key, as_json in (("overall", True), ("fluency", True), ("fluency", False))
        ]
        hold = crawler.browser.post(crawler.hold_url)
        shapes = [shape(answer) for answer in (page, *answers, hold)]
        seen[comparison.purpose].add(str([*shapes, shape(ahead) if ahead.status_code == 200 else "last"]))
        assert leaks(page) == leaks(ahead) == []
    assert seen["repeat"] <= seen["rating"]
    assert len(totals) == 1
    assert Assignment.objects.filter(comparison__purpose="repeat").count() >= 2
    data = crawler.browser.get(reverse("my-data", args=[study.public_id])).json()
    assert len({frozenset(one) for one in data["answers"]}) == 1
    assert {one["practice"] for one in data["answers"]} == {False}


def foreign_evidence(summary, document):
    if summary.document_id != document.pk:
        spans = [{"start": 0, "end": len(summary.text), "turns": [{"number": 2, "score": 0.5}]}]
        ForeignEvidence.objects.create(summary=summary, document=document, spans=spans, signature=f"{METHOD}|{MARKER}")


def shape(answer):
    """Status, headers' names, and the body without random names and counts."""
    body = re.sub(
        r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=csrfmiddlewaretoken\" value=\")\w+", "random", answer.content.decode()
    )
    body = re.sub(r"data-(done|total)=\"\d+\"|(value|max)=\"\d+\"|\d+ of \d+( rated)?", "progress", body)
    # Before the first answer there is nothing to undo, whatever the pair is.
    body = re.sub(r"(?<=data-undo) (hidden)?(?=>)|\"held\": \d", "", body)
    return answer.status_code, tuple(sorted(answer.headers)), body


@pytest.mark.once
@pytest.mark.parametrize("field", ["title", "left", "document_title", "task"])
def test_the_crawl_catches_a_name_on_the_page(study, monkeypatch, field):
    honest = rating_views.rating_page
    name = f"{MARKER}-slug-1"
    monkeypatch.setattr(
        rating_views, "rating_page", lambda a, **k: dataclasses.replace(honest(a, **k), **{field: name})
    )
    answers = Crawler(study).crawl()
    assert leaks(answers["pair 0"]) == [name]


@pytest.mark.once
def test_the_crawl_catches_a_primary_key_as_token(study, monkeypatch):
    honest = rating_views.rating_page
    crawler = Crawler(study)
    crawler.joining()
    monkeypatch.setattr(
        rating_views,
        "rating_page",
        lambda a, **k: dataclasses.replace(honest(a, **k), token=a.comparison.summary_a_id),
    )
    answer = crawler.browser.get(crawler.rate_url)
    assert leaks(answer) == [str(Assignment.objects.get().comparison.summary_a_id)]


def test_headers_and_cookies_are_searched(study):
    answer = HttpResponse("fine", headers={"X-Run": f"a-{MARKER}"})
    answer.set_cookie("last", FIRST_PK)
    assert leaks(answer) == [str(FIRST_PK), f"a-{MARKER}"]
