"""Asking for the next pair and saving a vote take the same few queries, however much was stored before."""

import uuid

import pytest
from django.db import connection
from django.db.models import Case, Q, When
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.models import Assignment
from annotations.rating.assignment import next_assignment
from annotations.web.access import SESSION_KEY
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db

# PostgreSQL gets as one statement: sides counted and assignment made; answer and its place in the history.
AS_ONE = int(connection.vendor == "postgresql")
# session, annotator with study; held pairs and last document, comparisons open from it on; savepoint, place taken, who
# has the others with the pair's systems, sides counted, assignment made, release; the pair with pairs rated and left,
# questions
NEXT = 12 - AS_ONE
# the same, and comparisons open before the last document
NEXT_DOCUMENT = NEXT + 1
# session, annotator with study; savepoint, comparison locked, assignment locked with all that the vote is about, answer,
# its place in the history, assignment done, release
SAVE = 9 - AS_ONE
# a vote, and the pair after the one fetched ahead, without session and annotator a second time
BOTH = SAVE + NEXT - 2
# pairs held by all, free places counted no further than these: where few comparisons are left from the last document on
FEW_LEFT = 2


STORES = {"few": 0, "many": 20}


@pytest.fixture(params=STORES.values(), ids=STORES)
def rating(request, client):
    """Somebody who has rated a pair of a document, after so many documents that they and others rated."""
    study = make_study(systems=3, documents=3 + 2 * request.param, quota=1)
    me, other = AnnotatorFactory.create_batch(2, study=study)
    for annotator in (me, other):
        for _ in range(3 * request.param):
            vote_on(next_assignment(annotator), "left")
    session = client.session
    session[SESSION_KEY] = {str(study.public_id): me.pk}
    session.save()
    return Rating(client, study, me)


class Rating:
    def __init__(self, client, study, annotator):
        self.client, self.study, self.annotator = client, study, annotator

    def next(self):
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.get(reverse("rate", args=[self.study.public_id]))
        self.token = answer.context["page"].token
        return len(queries)

    def save(self):
        vote = {"token": self.token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.post(
                reverse("vote", args=[self.study.public_id]), vote, headers={"accept": "application/json"}
            )
        assert answer.json() == {"saved": True, "complete": True, "repeated": False}
        return len(queries)

    def fetch_ahead(self):
        answer = self.client.get(reverse("next", args=[self.study.public_id]), {"after": self.token})
        return answer.context["page"].token

    def save_for_next(self, after):
        """Return the number of queries, and the token of the pair that came."""
        vote = {"token": self.token, "criterion": "overall", "choice": "left", "client_key": uuid.uuid4()}
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.post(
                reverse("vote", args=[self.study.public_id]),
                vote | {"after": after},
                headers={"accept": "application/json"},
            )
        return len(queries), answer.context["page"].token

    def place_document(self, *, last):
        """Make the document of the pair that is shown the first or the last in the study's order of documents."""
        shown = Assignment.objects.get(token=self.token).comparison
        here = Q(document=shown.document_id)
        self.study.comparisons.update(place=Case(When(here, then=2 if last else 0), default=1))

    def votes_for_next(self):
        """Return the number of queries of each of two votes whose answer brings the pair after the next."""
        ahead, numbers = self.fetch_ahead(), []
        for _ in range(2):
            number, following = self.save_for_next(after=ahead)
            numbers.append(number)
            self.token, ahead = ahead, following
        return numbers


def test_next_and_save_take_the_same_queries_whatever_is_stored(rating):
    rating.next()
    rating.save()
    for _ in range(2):
        assert rating.next() == NEXT
        assert rating.save() == SAVE
    assert rating.next() == NEXT_DOCUMENT


def test_a_vote_with_the_next_pair_takes_the_queries_of_both(rating):
    rating.next()
    rating.place_document(last=False)
    assert rating.votes_for_next() == [BOTH, BOTH + NEXT_DOCUMENT - NEXT]


def test_at_the_end_of_the_documents_free_places_are_counted_as_well(rating):
    rating.next()
    rating.place_document(last=True)
    assert rating.votes_for_next() == [BOTH + FEW_LEFT, BOTH + NEXT_DOCUMENT - NEXT]


def test_a_large_study_is_looked_at_in_part(rating, monkeypatch):
    """The first pair of the next document comes as quickly where there are more comparisons than are looked at."""
    monkeypatch.setattr("annotations.rating.assignment.LOOKED_AT", 2)
    rate_one_document(rating)
    assert rating.next() <= NEXT_DOCUMENT
    assert Assignment.objects.filter(token=rating.token, state="leased").exists()


def rate_one_document(rating):
    for _ in range(3):
        rating.next()
        rating.save()


def test_everything_is_rated_though_only_a_part_is_looked_at(monkeypatch):
    monkeypatch.setattr("annotations.rating.assignment.LOOKED_AT", 2)
    study = make_study(systems=3, documents=5, quota=2)
    for _ in range(2):
        rate_everything(AnnotatorFactory(study=study))
    assert set(study.comparisons.values_list("taken", flat=True)) == {2}
