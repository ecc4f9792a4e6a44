"""Random schedules of everything annotators can do, against what must never be false."""

import uuid
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from annotations.gold.items import answered_among, remove, switch
from annotations.models import Assignment, ControlItem, Judgement, JudgementRevision
from annotations.quality.exclusion import exclude, include
from annotations.rating.assignment import next_assignment, prefetch
from annotations.rating.leases import come_back, leave, renew, return_expired
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.undo import SKIP, undo
from annotations.rating.votes import AnswerRefusedError, outcome_of
from annotations.studies.settings import change_settings
from benchmarks.soak import violations
from tests.annotations.helpers import make_gold, vote_on
from tests.factories import AnnotatorFactory, make_study

PEOPLE, CRITERIA = 3, ("overall", "fluency")
ACTIONS = (
    *("open", "ahead", "vote", "vote", "vote", "revote", "undo", "skip", "hold", "wait", "expire", "leave", "back"),
    *("switch", "exclude", "include", "sampling"),
)
SCORES = {"a": 1.0, "b": 0.0, "tie": 0.5, "both_bad": 0.5}
steps = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, PEOPLE - 1), st.integers(0, 7)), max_size=60)


class World:
    """The study, its people, and what they were told is stored. One pair is for training, two are gold."""

    def __init__(self, quota, sampling):
        self.study = make_study(systems=3, documents=3, quota=quota, criteria=CRITERIA, gold_every=2, sampling=sampling)
        for number, purpose in enumerate(("gold", "training", "gold")):
            make_gold(self.study.comparisons.for_rating()[2 * number], purpose=purpose)
        self.study.refresh_from_db()
        self.people = AnnotatorFactory.create_batch(PEOPLE, study=self.study)
        self.now = timezone.now()
        self.seen = [[] for _ in self.people]  # assignments on each one's screen, also long gone ones
        self.answers = {}  # (assignment, criterion) -> outcome
        self.order = [[] for _ in self.people]  # keys of the answers and (assignment, SKIP), the last given last
        self.given = 0
        self.removed = False

    def do(self, action, who, n):
        # Refused means that nothing changed, which the invariants check.
        with suppress(AnswerRefusedError):
            getattr(self, action)(who, n)

    def open(self, who, n):
        assignment = next_assignment(self.people[who], now=self.now)
        if assignment:
            self.show(who, assignment)

    def ahead(self, who, n):
        shown = self.seen[who][-1].token if self.seen[who] else uuid.uuid4()
        assignment = prefetch(self.people[who], shown, now=self.now)
        if assignment:
            self.show(who, assignment)

    def show(self, who, assignment):
        skipped_or_done = self.people[who].assignments.filter(
            comparison=assignment.comparison_id, state__in=["done", "skipped"]
        )
        assert not skipped_or_done.exists()
        if self.study.sampling == "even":
            assert assignment.drawn_from is None or assignment in self.seen[who]
        self.seen[who].append(assignment)

    def vote(self, who, n):
        self.answer(who, -1, n)

    def revote(self, who, n):
        self.answer(who, n, n)

    def answer(self, who, which, n):
        if not self.seen[who]:
            return
        assignment = self.seen[who][which % len(self.seen[who])]
        criterion, choice = CRITERIA[n % 2], ("left", "right", "tie", "both_bad")[n // 2]
        vote_on(assignment, choice, criterion=criterion, now=self.now)
        key = (assignment.pk, criterion)
        self.answers[key] = outcome_of(choice, assignment.shown_left)
        self.was_last(who, key, no_longer=(assignment.pk, SKIP))  # a vote on a skipped pair takes it up again
        self.given += 1

    def was_last(self, who, act, no_longer=None):
        self.order[who] = [known for known in self.order[who] if known not in (act, no_longer)] + [act]

    def undo(self, who, n):
        undone = undo(self.people[who], uuid.uuid4(), now=self.now)
        assignment, act = self.order[who].pop()
        assert undone.token == Assignment.objects.get(pk=assignment).token
        assert (undone.what == SKIP) == (act == SKIP)
        if act != SKIP:
            del self.answers[assignment, act]
            self.given += 1

    def skip(self, who, n):
        if self.seen[who]:
            assignment = self.seen[who][n % len(self.seen[who])]
            said = NewRemark(assignment.token, "skip", "other", "", uuid.uuid4())
            record_remark(self.people[who], said, now=self.now)
            self.was_last(who, (assignment.pk, SKIP))

    def hold(self, who, n):
        renew(self.people[who], now=self.now)

    def wait(self, who, n):
        self.now += timedelta(minutes=10 * n)

    def expire(self, who, n):
        return_expired(self.study, now=self.now)

    def switch(self, who, n):
        """A researcher takes the gold away or switches some of it off or on, whatever is in people's hands."""
        pair = list(ControlItem.objects.filter(comparison__study=self.study).order_by("pk"))[n % 2 :][:1]
        if pair and n > 5 and not answered_among([pair[0].comparison_id]):
            tokens = set(pair[0].comparison.assignments.values_list("pk", flat=True))
            remove(pair[0], None)
            self.removed = True  # later blocks are counted without it
            for seen, order in zip(self.seen, self.order, strict=True):
                seen[:] = [one for one in seen if one.pk not in tokens]
                order[:] = [act for act in order if act[0] not in tokens]
        elif pair:
            switch(pair[0], on=n % 4 > 1, by=None)

    def leave(self, who, n):
        leave(self.people[who], now=self.now)

    def back(self, who, n):
        come_back(self.people[who])

    def exclude(self, who, n):
        exclude(self.people[who], "Answers within a second.", None)

    def include(self, who, n):
        include(self.people[who], None)

    def sampling(self, who, n):
        change_settings(self.study, {"sampling": ("even", "adaptive")[n % 2]}, None)

    def check_pair_counts(self):
        """Against every vote, one at a time."""
        expected = {}
        if self.study.sampling == "adaptive":
            for vote in Judgement.objects.filter(criterion__key=CRITERIA[0], assignment__comparison__purpose="rating"):
                if vote.assignment.slot is None or vote.assignment.annotator.excluded_at is not None:
                    continue
                comparison = vote.assignment.comparison
                a, b = (summary.run.system_id for summary in (comparison.summary_a, comparison.summary_b))
                pair, score = ((a, b), SCORES[vote.outcome]) if a < b else ((b, a), 1 - SCORES[vote.outcome])
                votes, total, squares = expected.get(pair, (0, 0.0, 0.0))
                expected[pair] = (votes + 1, total + score, squares + score * score)
        rows = self.study.pair_tallies.values_list("system_1", "system_2", "votes", "score_sum", "score_squares")
        counted = {(one, two): tuple(rest) for one, two, *rest in rows}
        assert {pair: totals for pair, totals in counted.items() if totals[0]} == expected
        assert all(totals == (0, 0.0, 0.0) for pair, totals in counted.items() if pair not in expected)
        assert not counted or self.study.sampling == "adaptive"

    def check(self):
        self.check_pair_counts()
        for comparison in self.study.comparisons.all():
            slots = list(comparison.assignments.exclude(slot=None).values_list("slot", flat=True))
            assert comparison.taken == len(slots) == len(set(slots)) <= comparison.quota
            assert all(slot < comparison.quota for slot in slots)
        rows = Judgement.objects.values_list("assignment", "criterion__key", "outcome")
        assert {(assignment, key): outcome for assignment, key, outcome in rows} == self.answers
        assert len(rows) == len(self.answers)
        assert JudgementRevision.objects.count() == self.given
        assert not any(rows for rows in violations().values())
        for person in self.people:
            # In each block of two one gold pair at most.
            came = list(person.assignments.exclude(comparison__purpose="training").order_by("created_at", "pk"))
            gold = [one.comparison.purpose == "gold" for one in came]
            assert self.removed or not any(all(gold[start : start + 2]) for start in range(0, len(gold) - 1, 2))
        for assignment in Assignment.objects.filter(state="done"):
            assert assignment.judgements.count() == len(CRITERIA)


class SchedulesTest(TestCase):
    @settings(max_examples=25)
    @given(steps=steps, quota=st.integers(1, 2), sampling=st.sampled_from(["even", "adaptive"]))
    def test_nothing_is_lost_taken_twice_given_beyond_its_quota_or_miscounted(self, steps, quota, sampling):
        world = World(quota, sampling)
        for action, who, n in steps:
            world.do(action, who, n)
            world.check()
