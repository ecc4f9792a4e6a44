"""Gets everything that a browser can get from the annotators' addresses, and finds the markers in it."""

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_from_request, gettext

from annotations.gold.attention_checks import add_attention_checks
from annotations.models import Assignment, Comparison, Study
from annotations.people.invitations import invite, revoke
from annotations.people.links import invitation_path, personal_path, single_path
from annotations.studies.consent import set_consent_text
from annotations.studies.personal_questions import asked, parse_questions, set_questions
from annotations.web.views import rating as rating_views
from models_runner.models import Document, Run, Summary, System
from tests.annotations.blindness.marked import MARKER, marked_document

LEAK = re.compile(rf"[\w.-]*(?:{MARKER}|98765\d{{4}})[\w.-]*", re.IGNORECASE)
INVITATIONS = {
    "link": {"label": f"{MARKER} label"},
    "email": {"addresses": [f"{MARKER}@example.org"]},
    "external": {"label": f"{MARKER} label", "id_parameter": "PROLIFIC_PID"},
}
STATIC = re.compile(r'(?:href|src)="/static/([^"]+)"')


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
        if "error_kind" in fields and "start" not in fields:
            del data["text"]  # a mark on the whole has none
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
        self.marking()
        self.required_marks()
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
            self.vote(f"vote {n} second question", token=token, criterion="fluency", choice="tie", after=token)
            self.vote(f"vote {n} corrected", token=token, criterion="fluency", after=uuid.uuid4())
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
        self.say("skip", token=token, kind="skip", reason="other", after=token)
        self.say("remark after nonsense", token=token, after="!")

    def marking(self):
        """Asked for from here on: later pages, and their own data, hold the panel and the marks."""
        Study.objects.update(ask_marks="optional")
        page = self.keep("pair to mark", self.browser.get(self.rate_url)).context["page"]
        add, back, read = (
            reverse(name, args=[self.study.public_id]) for name in ("add-mark", "take-back-mark", "read-for-errors")
        )
        inked = "".join(page.left.split())
        sent = {"token": page.token, "side": "left", "error_kind": "invented", "severity": "major"}
        words = {"start": 0, "end": len(inked), "text": inked}
        whole = sent | {"error_kind": "missing decision", "side": "right"}
        for name, mark in {"on words": sent | words, "on the whole": whole}.items():
            key = uuid.uuid4()
            for time in ("first", "again"):
                self.say(f"mark {name}, {time}", url=add, **mark | {"client_key": key})
        self.say("mark of an unknown kind", url=add, **sent | words | {"error_kind": "!"})
        self.say("mark on other words", url=add, **sent | words | {"text": "!"})
        self.say("mark on no side", url=add, **sent | {"side": "a"})
        self.say("mark on unknown pair", url=add, **sent | words | {"token": uuid.uuid4()})
        self.say("mark key used", url=add, **sent | words | {"client_key": key})
        self.keep("marked pair", self.browser.get(self.rate_url))
        self.keep("marked fragment", self.browser.get(self.rate_url, headers={"X-Fragment": "1"}))
        self.keep("marked ahead", self.browser.get(self.next_url, {"after": uuid.uuid4()}))
        self.say("mark taken back", url=back, token=page.token, mark=key)
        self.say("unknown mark taken back", url=back, token=page.token, mark=uuid.uuid4())
        self.say("bad mark taken back", url=back, token=page.token, mark="!")
        self.say("read for errors", url=read, token=page.token)
        self.say("unknown pair read", url=read, token=uuid.uuid4())
        for name, url in (("adds", add), ("takes back", back), ("reads", read)):
            self.say(f"stranger {name} a mark", url=url, browser=Client(), **sent | words | {"mark": key})

    def required_marks(self):
        """A summary that loses needs a mark, or the word that there is none to make; by forms as well."""
        Study.objects.update(ask_marks="required")
        add, none = (reverse(name, args=[self.study.public_id]) for name in ("add-mark", "no-error-to-mark"))
        token = self.token("pair that will lack a mark")
        for key in ("overall", "fluency"):
            self.vote(f"{key} without a mark", token=token, criterion=key)
        self.keep("pair that lacks a mark", self.browser.get(self.rate_url))
        mark = {"token": token, "side": "left", "error_kind": "invented", "severity": "minor", "start": ""}
        self.say("mark by a form", url=add, as_json=False, **mark | {"text": "", "words": "Text"})
        self.say("mark of no words by a form", url=add, as_json=False, **mark | {"text": "", "words": "!"})
        self.say("no error", url=none, token=token)
        self.say("no error, again", url=none, token=token, as_json=False)
        self.say("no error on unknown pair", url=none, token=uuid.uuid4())
        self.say("stranger finds no error", url=none, token=token, browser=Client())
        Study.objects.update(ask_marks="optional")

    def refusals(self):
        token = self.token("pair to refuse")
        for as_json in (True, False):
            kind = "JSON" if as_json else "page"
            self.vote(f"unknown pair, {kind}", token=uuid.uuid4(), as_json=as_json)
            self.vote(f"unknown question, {kind}", token=token, criterion="beauty", as_json=as_json)
            for field in ("token", "criterion", "choice", "client_key", "lead_time_ms", "after"):
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
