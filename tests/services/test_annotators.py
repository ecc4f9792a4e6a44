"""Eight annotators at once, through HTTP, on a real server: exactly the quota, nobody twice."""

import re
import threading
import uuid
from collections import Counter
from contextlib import contextmanager, nullcontext
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from django.db import connection

from annotations.counts.pair_tallies import tallies_from_votes
from annotations.models import Assignment, Judgement, JudgementRevision
from annotations.people.links import invitation_path
from annotations.quality.exclusion import exclude, include
from annotations.studies.settings import change_settings
from benchmarks.soak import violations
from models_runner.models import Document
from tests.annotations.helpers import make_gold
from tests.factories import make_study

pytestmark = pytest.mark.django_db(transaction=True)


class Annotator:
    """A browser without a browser: cookies, forms, redirects."""

    def __init__(self, server, invitation, **said):
        self.server, self.jar = server, CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.jar))
        self.get(invitation)
        self.page = self.post(invitation, said)

    def get(self, path):
        with self.opener.open(self.server + path, timeout=120) as answer:
            self.url = answer.geturl()
            return answer.read().decode()

    def post(self, path, fields):
        token = next(cookie.value for cookie in self.jar if "csrf" in cookie.name)
        data = urlencode(fields | {"csrfmiddlewaretoken": token}).encode()
        request = Request(self.server + path, data, {"Referer": self.server})
        with self.opener.open(request, timeout=120) as answer:
            self.url = answer.geturl()
            return answer.read().decode()

    def rate_until_done(self, votes):
        path = self.url.removeprefix(self.server)
        while match := re.search(r'name="token" value="([0-9a-f-]{36})"', self.page):
            fields = {
                "token": match[1], "criterion": "overall", "choice": "left",
                "client_key": str(uuid.uuid4()), "lead_time_ms": "1000",
            }  # fmt: skip
            try:
                self.page = self.post(f"{path}vote", fields)
            except HTTPError as error:
                votes.append(error.code)
                raise
            votes.append(200)
            if "/practice/" in self.url:
                self.page = self.get(path)


@contextmanager
def meddling(study, votes):
    """Somebody leaves an annotator out, takes them in again and changes the sampling, whenever a vote has come.

    Not without a pause: on SQLite there is one writer at a time, and who writes all the time lets nobody else in.
    """
    over, failures = threading.Event(), []

    def meddle():
        seen = 0
        try:
            while not over.wait(0.01):
                if len(votes) == seen:
                    continue
                seen = len(votes)
                annotator = study.annotators.order_by("pk")[seen % study.annotators.count()]
                exclude(annotator, "Let us see.", None)
                for sampling in ("even", "adaptive"):
                    change_settings(study, {"sampling": sampling}, None)
                include(annotator, None)
        except Exception as error:
            failures.append(repr(error))
        finally:
            connection.close()

    thread = threading.Thread(target=meddle)
    thread.start()
    yield
    over.set()
    thread.join()
    assert failures == []


@pytest.mark.parametrize("sampling", ["even", "adaptive"])
def test_eight_annotators_give_exactly_the_quota(live_server, sampling):
    study = make_study(systems=4, documents=6, quota=3, sampling=sampling)
    assert study.comparisons.count() == 36
    votes, failures = [], []

    def rate():
        try:
            Annotator(live_server.url, invitation_path(study)).rate_until_done(votes)
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=rate) for _ in range(8)]
    with meddling(study, votes) if sampling == "adaptive" else nullcontext():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert votes == [200] * 108
    assert Judgement.objects.count() == JudgementRevision.objects.count() == 108
    per_comparison = Counter(Assignment.objects.filter(state="done").values_list("comparison_id", flat=True))
    assert set(per_comparison.values()) == {3}
    assert len(per_comparison) == 36
    assert not Assignment.objects.exclude(state="done").exists()
    assert set(study.comparisons.values_list("taken", flat=True)) == {3}
    if sampling == "adaptive":
        # Everybody votes left: a and b win 1 and 0, so squares sum to the same.
        counts = study.pair_tallies.values_list("votes", "score_sum", "score_squares")
        assert [votes for votes, *_ in counts] == [18] * 6
        assert all(total == squares for _, total, squares in counts)
        assert {pair: tuple(totals) for pair, totals in tallies_from_votes(study).items()} == {
            (one, two): tuple(totals)
            for one, two, *totals in study.pair_tallies.values_list(
                "system_1", "system_2", "votes", "score_sum", "score_squares"
            )
        }


def test_readers_of_different_languages_give_exactly_the_quota_at_once(live_server):
    study = make_study(systems=3, documents=6, quota=3)
    for number, document in enumerate(Document.objects.order_by("pk")):
        Document.objects.filter(pk=document.pk).update(language=("en", "zh-Hans", "")[number % 3])
    votes, failures = [], []

    def rate(language):
        try:
            Annotator(live_server.url, invitation_path(study), languages=language).rate_until_done(votes)
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=rate, args=[language]) for language in ("en", "zh") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(study.comparisons.values_list("taken", flat=True)) == {3}
    assert Judgement.objects.count() == len(votes) == 54
    given = set(Assignment.objects.values_list("annotator__reads", "comparison__document__language"))
    own = {("en", "en"), ("zh", "zh-Hans")}
    assert own < given <= own | {("en", ""), ("zh", "")}  # whoever was faster had those of unknown language
    assert not any(violations().values())


def test_gold_and_training_reach_everybody_at_once(live_server):
    study = make_study(systems=3, documents=6, quota=3, gold_every=3)
    for number, comparison in enumerate(study.comparisons.order_by("shuffle")[:7]):
        make_gold(comparison, purpose="training" if number == 3 else "gold")
    failures = []

    def rate():
        try:
            Annotator(live_server.url, invitation_path(study)).rate_until_done([])
        except Exception as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=rate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert not any(violations().values())
    assert set(study.comparisons.for_rating().values_list("taken", flat=True)) == {3}
    assert Judgement.objects.filter(assignment__comparison__purpose="rating").count() == 11 * 3
    for annotator in study.annotators.all():
        came = list(annotator.assignments.order_by("created_at", "pk").values_list("comparison__purpose", flat=True))
        assert came.count("training") == bool(came)
        assert not came or came.pop(0) == "training"
        blocks = [came[start : start + 3] for start in range(0, len(came), 3)]
        assert all(block.count("gold") == 1 for block in blocks if len(block) == 3)
    # Everybody may have a gold pair, so that it is held far more often than the quota of the study says.
    assert sum(study.comparisons.filter(purpose="training").values_list("taken", flat=True)) > 3
