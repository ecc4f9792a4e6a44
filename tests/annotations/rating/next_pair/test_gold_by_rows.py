"""What gold and training pairs are due, on random studies: as worked out once more from all rows, and in few queries."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Assignment, ControlItem
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.leases import give_back
from annotations.rating.mixing import gold_schedule
from annotations.rating.mixing.places import secret
from annotations.rating.queries import available_to
from tests.annotations.helpers import make_gold
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "pt", "zh-Hant")
# control items that can be given; the newest pairs that were
RATING_IS_DUE = 2
# the same; the document last read, and whether any pair is left for rating
GOLD_IS_DUE = 4
# control items that can be given, and whether any pair is left for rating
TRAINING_IS_DUE = 2


class ByRows:
    """What is due to an annotator, and what will be, from all assignments and all control items there are."""

    def __init__(self, annotator):
        self.annotator, self.every = annotator, annotator.study.gold_every
        rows = sorted(annotator.assignments.select_related("comparison"), key=lambda row: (row.created_at, row.pk))
        self.rows = rows
        self.given = [row for row in rows if row.comparison.purpose != "training"]
        self.states = {row.comparison_id: row.state for row in rows}
        items = ControlItem.objects.select_related("comparison__document").order_by("pk")
        self.open = [item.comparison for item in items if self.is_open(item)]

    def is_open(self, item):
        pair, read = item.comparison, self.annotator.languages
        return (
            pair.study_id == self.annotator.study_id
            and item.switched_off_at is None
            and self.states.get(pair.pk, "expired") == "expired"
            and (not read or pair.document.language[:2] in read)
        )

    def due(self):
        if not available_to(self.annotator).exists():
            return []
        if training := [pair.pk for pair in self.open if pair.purpose == "training"]:
            return training
        if not self.every:
            return []
        lapsed = [row.comparison_id for row in self.given[-2:] if row.state == "expired"]
        if again := [pair.pk for pair in self.open if pair.pk in lapsed]:
            return again[:1]
        return self.ordered()[:1] if self.is_gold_next([row.comparison.purpose for row in self.given]) else []

    def fresh(self):
        return [pair for pair in self.open if pair.purpose == "gold" and pair.pk not in self.states]

    def ordered(self):
        last = self.rows[-1].comparison.document_id if self.rows else None
        order = sorted((secret(self.annotator, "order", pair.pk), pair.pk, pair.document_id) for pair in self.fresh())
        here = [pair for _, pair, document in order if document == last]
        return here + [pair for _, pair, document in order if document != last]

    def is_gold_next(self, purposes):
        block, given = divmod(len(purposes), self.every)
        position = secret(self.annotator, "block", block) % self.every
        return given >= position and "gold" not in purposes[block * self.every :]

    def upcoming(self, rating):
        """Give pair after pair, as if none were skipped."""
        given, left, coming = [row.comparison.purpose for row in self.given], len(self.fresh()), []
        while self.every and coming.count("rating") < rating:
            is_next = coming.count("gold") < left and self.is_gold_next(given + coming)
            coming.append("gold" if is_next else "rating")
        return coming.count("gold")


def random_study(rng):
    """Up to four documents in three languages, with gold, training, both or neither; some pairs have no place left."""
    study = make_study(systems=3, documents=4, quota=2, gold_every=rng.choice((0, 2, 2, 3, 4)), seed=rng.randrange(99))
    for document in study.dataset.documents.all():
        document.language = rng.choice(LANGUAGES)
        document.save()
    pairs = rng.sample(list(study.comparisons.all()), 6)
    for pair in pairs[: rng.randrange(3, 7)]:
        make_gold(pair, purpose=rng.choice(("gold", "gold", "gold", "gold", "training")))
    study.refresh_from_db()
    return study


def random_step(rng, annotator, due):
    """Give a pair, mostly one that is due, and rate it, skip it, give it back or hold it."""
    free = list(available_to(annotator).values_list("pk", flat=True))
    pair = due[0] if due and rng.random() < 0.7 else rng.choice([*free, None])
    assignment = pair and take_comparison(annotator, pair, timezone.now())
    if not assignment:
        return
    state = rng.choice(("done", "done", "expired", "skipped", "leased"))
    if state == "done":
        Assignment.objects.filter(pk=assignment.pk).update(state="done", lease_until=None)
    elif state != "leased":
        give_back(assignment.pk, assignment.comparison_id, state=state)
    if rng.random() < 0.2:  # as if it had come before others
        long_ago = timezone.now() - timedelta(days=rng.randrange(1, 3))
        Assignment.objects.filter(pk=assignment.pk).update(created_at=long_ago)
    if rng.random() < 0.05:
        ControlItem.objects.filter(comparison=pair).update(switched_off_at=timezone.now())


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_all_rows_say(seed):
    rng = random.Random(seed)
    make_gold(make_study(systems=2, documents=1).comparisons.get())  # of another study
    study = random_study(rng)
    two = rng.sample(("en", "pt", "zh"), 2)
    people = [AnnotatorFactory(study=study, reads=" ".join(languages)) for languages in ((), two, ("de",))]
    for _ in range(16):
        for annotator in people:
            by_rows, rating = ByRows(annotator), rng.randrange(12)
            due = gold_schedule.due(annotator)
            assert due == by_rows.due()
            assert gold_schedule.upcoming(annotator, rating) == by_rows.upcoming(rating)
            random_step(rng, annotator, due)


def test_few_queries_tell_what_is_due():
    study = make_study(systems=3, documents=8, quota=9, gold_every=3)
    for pair in study.comparisons.order_by("-document_id")[:6]:
        make_gold(pair)
    make_gold(study.comparisons.for_rating().first(), purpose="training")
    study.refresh_from_db()
    annotator = AnnotatorFactory(study=study)
    counted = {"training": set(), "gold": set(), "rating": set()}
    for _ in range(12):
        with CaptureQueriesContext(connection) as queries:
            gold_schedule.due(annotator)
        assignment = next_assignment(annotator)
        counted[assignment.comparison.purpose].add(len(queries))
        Assignment.objects.filter(pk=assignment.pk).update(state="done", lease_until=None)
    assert counted == {"training": {TRAINING_IS_DUE}, "gold": {GOLD_IS_DUE}, "rating": {RATING_IS_DUE}}
