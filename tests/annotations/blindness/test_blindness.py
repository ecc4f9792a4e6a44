"""Nothing an annotator receives names or separates systems, except the texts themselves (docs/blindness.md).

Every name, note and figure around the summaries is given a marker, every primary key is made recognisable, and then
everything that a browser can get from the annotators' addresses is searched for them.
"""
# ruff: noqa: F811  (fixtures)

import dataclasses
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation

from annotations.gold.attention_checks import add_attention_checks
from annotations.models import Assignment, Comparison, ForeignEvidence, JudgementRevision, Study
from annotations.models.evidence import METHOD
from annotations.rating.assignment import next_assignment
from annotations.rating.mixing import gold_schedule, repeats
from annotations.web.views import rating as rating_views
from models_runner.models import Document, Summary
from tests.annotations.blindness.crawl import LEAK, STATIC, Crawler, leaks
from tests.annotations.blindness.marked import (  # noqa: F401  (fixtures)
    FIRST_PK,
    MARKER,
    keys_are_recognisable,
    marked_evidence,
    marked_study,
    recognisable_keys,
    study,
)
from tests.annotations.helpers import make_gold, vote_on
from tests.factories import AnnotatorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def answers(django_db_setup, django_db_blocker):
    """To everything that a browser can ask. Of the rows behind them nothing is left."""
    with django_db_blocker.unblock(), translation.override("en"), keys_are_recognisable():
        whole = transaction.atomic()
        whole._from_testcase = True  # as of a test's transaction: the site's own are within it
        with whole:
            answers = Crawler(marked_study()).crawl()
            transaction.set_rollback(True)
    return answers


def test_nothing_an_annotator_receives_tells_systems_apart(answers):
    assert {name: found for name, answer in answers.items() if (found := leaks(answer))} == {}
    states = {n: a.context["state"] for n, a in answers.items() if a.context and "state" in a.context}
    states.pop("done, may guess")
    assert states == {n: n for n in ("paused", "closed", "draft", "soon", "done", "preparing", "leased", "left")}
    assert {answer.status_code for answer in answers.values()} == {200, 204, 302, 400, 403, 404, 405, 409, 410, 500}


def test_the_crawl_sees_real_pairs(answers):
    for n in range(3):
        assert answers[f"pair {n}"].content.count(b'class="summary-text" lang="en"><p dir="auto">') == 2
        said = answers[f"vote {n} second question"].json()
        assert said.pop("next").count('class="summary-text" lang="en"><p dir="auto">') == 2
        assert said == {"saved": True, "complete": True, "repeated": False}
        assert "data-pair" in answers[f"vote {n} corrected"].json()["next"]
    assert "data-pair" in answers["skip"].json()["next"]
    for mark in ("mark on words", "mark on the whole"):
        assert answers[f"{mark}, again"].json() == {"saved": True, "complete": False, "repeated": True}
    assert answers["marked pair"].content.count(b"&quot;side&quot;:") == 2
    assert answers["read for errors"].status_code == 200
    assert answers["fluency without a mark"].json()["complete"] is False
    assert answers["mark by a form"].status_code == 302
    assert answers["no error"].json() == {"saved": True, "complete": True, "repeated": False}
    sentences = re.findall(
        rb'<span class="sentence"[^>]* data-support="2">Text \d.</span>', answers["fragment"].content
    )
    assert len(sentences) == 2


def test_files_that_annotator_pages_load_name_nothing(answers):
    pages = [a.content.decode() for a in answers.values()]
    names = {name for page in pages for name in STATIC.findall(page)}
    assert {"annotations/rate.js", "marks/marking.js", "marks/marking/marks.js"} <= names
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
    Study.objects.update(ask_marks="optional")
    crawler = Crawler(study)
    crawler.joining()
    seen, coming = {"gold": set(), "rating": set()}, {"gold": set(), "rating": set()}
    totals = set()
    while "page" in (page := crawler.browser.get(crawler.rate_url)).context:
        token, total = page.context["page"].token, page.context["page"].total
        comparison = Comparison.objects.get(assignments__token=token)
        totals.add(total)
        ahead = crawler.browser.get(crawler.next_url, {"after": token})
        answers = [
            crawler.vote(f"{token} {key} {as_json}", token=token, criterion=key, as_json=as_json, after=token)
            for key, as_json in (("overall", True), ("fluency", True), ("fluency", False))
        ]
        hold = crawler.browser.post(crawler.hold_url)
        coming[comparison.purpose] |= {shape_of(html) for html in map(pair_with, answers) if html}
        shapes = [shape(answer) for answer in (page, *answers, hold)]
        seen[comparison.purpose].add(str([*shapes, shape(ahead) if ahead.status_code == 200 else "last"]))
        assert [found for answer in (page, ahead, *answers) for found in leaks(answer)] == []
    sizes = {purpose: len(different) for purpose, different in seen.items()}
    assert seen["gold"] <= seen["rating"], sizes
    assert coming["gold"] == coming["rating"]
    assert len(coming["gold"]) == 1
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
    Study.objects.update(repeat_every=2, seed=seed, ask_marks="optional")
    crawler = Crawler(study)
    crawler.joining()
    seen, coming = {"repeat": set(), "rating": set()}, {"repeat": set(), "rating": set()}
    totals = set()
    while "page" in (page := crawler.browser.get(crawler.rate_url)).context:
        token, total = page.context["page"].token, page.context["page"].total
        comparison = Comparison.objects.get(assignments__token=token)
        totals.add(total)
        ahead = crawler.browser.get(crawler.next_url, {"after": token})
        answers = [
            crawler.vote(f"{token} {key} {as_json}", token=token, criterion=key, as_json=as_json, after=token)
            for key, as_json in (("overall", True), ("fluency", True), ("fluency", False))
        ]
        hold = crawler.browser.post(crawler.hold_url)
        coming[comparison.purpose] |= {shape_of(html) for html in map(pair_with, answers) if html}
        shapes = [shape(answer) for answer in (page, *answers, hold)]
        seen[comparison.purpose].add(str([*shapes, shape(ahead) if ahead.status_code == 200 else "last"]))
        assert [found for answer in (page, ahead, *answers) for found in leaks(answer)] == []
    assert seen["repeat"] <= seen["rating"]
    assert coming["repeat"] <= coming["rating"]
    assert len(coming["rating"]) == 1
    assert len(totals) == 1
    assert Assignment.objects.filter(comparison__purpose="repeat").count() >= 2
    data = crawler.browser.get(reverse("my-data", args=[study.public_id])).json()
    assert len({frozenset(one) for one in data["answers"]}) == 1
    assert {one["practice"] for one in data["answers"]} == {False}


def foreign_evidence(summary, document):
    if summary.document_id != document.pk:
        spans = [{"start": 0, "end": len(summary.text), "turns": [{"number": 2, "score": 0.5}]}]
        ForeignEvidence.objects.create(summary=summary, document=document, spans=spans, signature=f"{METHOD}|{MARKER}")


def pair_with(answer):
    """The HTML of the next pair in the answer to a vote, or None."""
    return answer.json().get("next") if answer.headers["Content-Type"] == "application/json" else None


def shape(answer):
    """Status, headers' names, and the body without random names and counts; the next pair with an answer apart."""
    body = answer.content.decode()
    if pair_with(answer):
        body = str(answer.json() | {"next": ""})
    return answer.status_code, tuple(sorted(answer.headers)), shape_of(body)


def shape_of(body):
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=csrfmiddlewaretoken\" value=\")\w+", "random", body)
    body = re.sub(r"data-(done|total)=\"\d+\"|(value|max)=\"\d+\"|\d+ of \d+( rated)?", "progress", body)
    # Before the first answer there is nothing to undo, whatever the pair is.
    return re.sub(r"(?<=data-undo) (hidden)?(?=>)|\"held\": \d", "", body)


@pytest.mark.once
@pytest.mark.parametrize("field", ["title", "left", "document_title", "task"])
def test_the_crawl_catches_a_name_on_the_page(study, monkeypatch, field):
    honest = rating_views.rating_page
    name = f"{MARKER}-slug-1"
    monkeypatch.setattr(
        rating_views, "rating_page", lambda a, **k: dataclasses.replace(honest(a, **k), **{field: name})
    )
    crawler = Crawler(study)
    for step in (crawler.joining, crawler.practice, crawler.rating, crawler.beside_votes):
        step()
    answers = crawler.answers
    assert leaks(answers["pair 0"]) == [name]
    if field in ("document_title", "task"):  # what every pair shows of its own
        assert leaks(answers["ahead"]) == leaks(answers["vote 0 second question"]) == [name]


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


def test_rows_written_by_hand_are_recognisable_as_well(study):
    given = next_assignment(AnnotatorFactory(study=study))
    vote_on(given, "left")
    stored = Assignment.objects.get()
    (answer,) = stored.judgements.all()
    values = [str(value) for value in (stored.pk, answer.pk, JudgementRevision.objects.get().pk, stored.probability)]
    assert leaks(HttpResponse(" ".join(values))) == sorted(values)
