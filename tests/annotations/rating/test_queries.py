"""SQL written by hand says the same as the querysets it stands for."""

import random
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.models import Annotator, Assignment, Judgement, JudgementRevision, Remark, SideLead, Study
from annotations.models.evidence import METHOD, SummaryEvidence
from annotations.rating import queries, vote_queries
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import give_back
from annotations.rating.page import RatingProgress, rating_page, rating_progress
from annotations.rating.queries import available_to
from lib.sql import change
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


def values(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_instances_are_those_of_a_queryset():
    annotator = AnnotatorFactory(study=make_study())
    Study.objects.update(opens_at=timezone.now(), epsilon=0.25)
    held = next_assignment(annotator)
    themselves = queries.find_annotator(annotator.pk, annotator.study.public_id)
    (assignment,), last = queries.held_by(annotator)
    for found, model in ((themselves, Annotator), (themselves.study, Study), (assignment, Assignment)):
        assert values(found) == values(model.objects.get(pk=found.pk))
        assert not found._state.adding
    assert (assignment, last) == (held, (held.comparison.place, held.comparison.document_id))
    assert queries.held_by(AnnotatorFactory(study=annotator.study)) == ([], None)


def test_what_all_hold_is_counted_in_the_study_alone():
    study = make_study(systems=2, documents=4)
    one, another, third = AnnotatorFactory.create_batch(3, study=study)
    vote_on(next_assignment(one), "left")
    held = [next_assignment(annotator) for annotator in (one, another)]
    next_assignment(AnnotatorFactory(study=make_study()))
    assert queries.held_and_people(one, 9) == (held[:1], queries.held_by(one)[1], 3)
    assert queries.held_and_people(third, 2) == ([], None, 2)
    first, last = sorted(assignment.lease_until for assignment in held)
    assert queries.number_held(study.pk, timezone.now()) == 2
    assert queries.number_held(study.pk, first) == 1
    assert queries.number_held(study.pk, last) == 0


def test_an_inserted_row_is_the_instance():
    assignment = next_assignment(AnnotatorFactory(study=make_study()))
    assert values(assignment) == values(Assignment.objects.get())
    assignment.shown_left = assignment.shown_right
    assignment.save()  # the same row
    assert Assignment.objects.get().shown_left == assignment.shown_left


def test_inserted_rows_are_those_that_the_models_make():
    study = make_study(systems=2, documents=1, quota=2)
    one, another = (next_assignment(AnnotatorFactory(study=study)) for _ in range(2))
    about = {"criterion": study.criteria.get(), "outcome": "tie", "active_ms": 7}
    answer, key = vote_queries.Answer("tie", None, None, 7), uuid.uuid4()
    vote_queries.add_answer(one.pk, about["criterion"].pk, answer, key, changed=False)
    stored = one.judgements.get(), one.revisions.get()
    made = (
        Judgement.objects.create(assignment=another, **about),
        JudgementRevision.objects.create(assignment=another, client_key=uuid.uuid4(), **about),
    )
    new = {"id", "assignment_id", "public_id", "client_key", "created_at", "updated_at"}
    for row, like in zip(stored, made, strict=True):
        assert {k: v for k, v in values(row).items() if k not in new} == {
            k: v for k, v in values(like).items() if k not in new
        }
        assert abs(row.created_at - like.created_at) < timedelta(minutes=1)
    assert stored[0].public_id.version == 4 and stored[1].client_key == key
    assert stored[0].created_at == stored[0].updated_at


def test_a_changed_answer_keeps_its_row():
    given = next_assignment(AnnotatorFactory(study=make_study()))
    question = given.annotator.study.criteria.get().pk
    tie, better = (vote_queries.Answer(outcome, None, 5, 3) for outcome in ("tie", "a"))
    assert not vote_queries.change_answer(given.pk, question, tie)
    vote_queries.add_answer(given.pk, question, tie, uuid.uuid4(), changed=False)
    before = given.judgements.get()
    assert vote_queries.change_answer(given.pk, question, better)
    vote_queries.add_answer(given.pk, question, better, uuid.uuid4(), changed=True)
    after = given.judgements.get()
    assert (after.pk, after.public_id, after.created_at) == (before.pk, before.public_id, before.created_at)
    assert (after.outcome, after.lead_time_ms, after.active_ms) == ("a", 5, 3)
    assert after.updated_at > before.updated_at
    assert list(given.revisions.values_list("outcome", flat=True)) == ["tie", "a"]


def test_nothing_is_left_of_an_answer_whose_key_is_anothers():
    study = make_study(systems=2, documents=1, quota=2)
    question, key = study.criteria.get().pk, uuid.uuid4()
    one, another = (next_assignment(AnnotatorFactory(study=study)) for _ in range(2))
    answer = vote_queries.Answer("tie", None, None, None)
    vote_queries.add_answer(one.pk, question, answer, key, changed=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        vote_queries.add_answer(another.pk, question, answer, key, changed=False)
    assert not another.judgements.exists()


def test_what_is_available_is_what_the_queryset_says():
    study = make_study(systems=3, documents=3, quota=2)
    people, rng = AnnotatorFactory.create_batch(3, study=study), random.Random(5)
    places = dict(
        zip(
            study.comparisons.values_list("document", flat=True).order_by("document").distinct(), (7, 3, 7), strict=True
        )
    )
    for document, place in places.items():
        study.comparisons.filter(document=document).update(place=place)
    seen = set()
    for _ in range(25):
        assignment = next_assignment(rng.choice(people))
        if assignment is not None and rng.random() < 0.6:
            vote_on(assignment, "left")
        elif assignment is not None:
            give_back(assignment.pk, assignment.comparison_id, state=rng.choice(("expired", "skipped")))
        for annotator in people:
            for document, place in places.items():
                start = queries.DocumentPlace(place, document)
                listed = available_to(annotator).order_by("place", "document", "shuffle", "pk")
                listed = [tuple(row) for row in listed.values_list("pk", "document", "taken")]
                found = queries.available_from(annotator, start, 100)
                before = queries.available_before(annotator, start, 100)
                assert before + found == listed
                assert all((places[row.document_id], row.document_id) < start for row in before)
            assert queries.count_work(annotator, 100).left == len(listed)
            seen.add(len(listed))
    assert len(seen) > 5


def test_training_and_gold_are_not_available():
    study = make_study(systems=3, documents=1)
    annotator = AnnotatorFactory(study=study)
    gold = study.comparisons.first()
    study.comparisons.filter(pk=gold.pk).update(purpose="gold", quota=1_000_000_000)
    found = {row.pk for row in queries.available_from(annotator, queries.DocumentPlace(0, 0), 100)}
    assert found == {pk for pk in study.comparisons.values_list("pk", flat=True) if pk != gold.pk}


def test_the_progress_line_counts_no_further_than_it_must(monkeypatch):
    monkeypatch.setattr("annotations.rating.page.MOST_COUNTED", 4)
    study = make_study(systems=3, documents=2, quota=1)
    annotator = AnnotatorFactory(study=study)
    assert rating_progress(annotator) == RatingProgress(done=0, total=4, more_than=4)
    for _ in range(2):
        vote_on(next_assignment(annotator), "left")
    assert rating_progress(annotator) == RatingProgress(done=2, total=6)


def test_the_progress_line_is_the_same_whether_the_pair_is_new_or_held(monkeypatch):
    """Of a new one it is known how many are left where they are many; of one that is held they are counted."""
    for module in ("page", "assignment"):
        monkeypatch.setattr(f"annotations.rating.{module}.MOST_COUNTED", 3)
    annotator = AnnotatorFactory(study=make_study(systems=3, documents=2, quota=1))
    known = []
    for left in (5, 4, 3, 2, 1, 0):
        new = next_assignment(annotator)
        held = next_assignment(annotator)
        lines = [(page.done, page.total, page.more_than) for page in (rating_page(new), rating_page(held))]
        assert lines[0] == lines[1]
        assert lines[0][2] == (3 if left > 3 else 0)
        known.append(new.many_left)
        assert not held.many_left
        vote_on(new, "left")
    # Of the second it is known only where the other document comes after the one that is being read.
    assert known[0]
    assert not any(known[2:])


def test_changes_are_counted():
    make_study(systems=3, documents=1, quota=3)
    add = "UPDATE annotations_comparison SET taken = taken + 1 WHERE quota = %s"
    assert (change(add, 3), change(add, 4)) == (3, 0)


def test_an_unknown_token_finds_nothing():
    annotator = AnnotatorFactory(study=make_study())
    assert queries.find_annotator(annotator.pk, uuid.uuid4()) is None
    assert not vote_queries.lock_comparison_of(annotator, uuid.uuid4())
    assert vote_queries.lock_vote_target(annotator, uuid.uuid4(), "overall", uuid.uuid4()) is None


def test_changes_of_one_row_say_whether_there_was_one():
    annotator = AnnotatorFactory(study=make_study(systems=2, documents=1, quota=2))
    held, later = next_assignment(annotator), timezone.now() + timedelta(days=9)
    assert queries.renew_lease(held.pk, later)
    held.refresh_from_db()
    assert (held.lease_until, held.comparison.taken) == (later, 1)
    assert [queries.take_place(held.comparison_id) for _ in range(2)] == [True, False]
    held.comparison.refresh_from_db()
    assert held.comparison.taken == 2
    vote_queries.complete(held.pk, later)
    held.refresh_from_db()
    assert (held.state, held.lease_until, held.completed_at) == ("done", None, later)
    assert not queries.renew_lease(held.pk, later)


def test_systems_and_earlier_assignments_are_those_of_the_models():
    study = make_study(systems=2, documents=2, quota=3)
    people = AnnotatorFactory.create_batch(3, study=study)
    for annotator in people[:2]:
        rate_everything(annotator)
    comparison = study.comparisons.first()
    a, b = (summary.run.system_id for summary in (comparison.summary_a, comparison.summary_b))
    for annotator in people:
        leads = dict(SideLead.objects.filter(annotator=annotator).values_list("system", "lead"))
        systems, earlier = queries.systems_and_earlier(annotator, comparison.pk)
        assert systems == (a, b, leads.get(a, 0) - leads.get(b, 0))
        rows = comparison.assignments.values_list("pk", "annotator", "state", "slot", "shown_left")
        assert sorted(earlier) == sorted(rows)
        assert len(earlier) == 2


def test_texts_are_those_of_the_models():
    annotator = AnnotatorFactory(study=make_study(systems=2, documents=2))
    assignment = next_assignment(annotator)
    comparison = assignment.comparison
    for number, text in enumerate(("first", "newest")):
        Remark.objects.create(assignment=assignment, kind="comment", text=text, client_key=uuid.UUID(int=number))
    of_a = [{"start": 0, "end": 2, "turns": [{"number": 1, "score": 0.5}]}]
    for summary, spans, method in ((comparison.summary_a, of_a, METHOD), (comparison.summary_b, [], "another")):
        SummaryEvidence.objects.create(summary=summary, spans=spans, signature=f"{method}|x")
    assert queries.pair_texts(assignment, 5) == queries.PairTexts(
        purpose="rating",
        title=comparison.document.title,
        language=comparison.document.language,
        turns=comparison.document.transcript.turns,
        query=None,
        comment="newest",
        texts={"a": comparison.summary_a.text, "b": comparison.summary_b.text},
        spans={"a": of_a},
        counts=queries.WorkCounts(rated=0, held=1, left=1),
    )


def test_questions_come_with_their_answers():
    study = make_study(systems=2, documents=1, strength="optional")
    study.criteria.create(key="fluency", question="Which reads better?", help_text="Style alone.", position=7)
    assignment = next_assignment(AnnotatorFactory(study=study))
    vote_on(assignment, "left", criterion="fluency", strength=2)
    first = study.criteria.get(key="overall")
    assert queries.questions_of(assignment) == [
        ("overall", first.question, first.help_text, None, None),
        ("fluency", "Which reads better?", "Style alone.", assignment.shown_left, 2),
    ]


def test_what_a_vote_needs_is_what_the_models_say():
    study = make_study(systems=2, documents=1, sampling="adaptive")
    study.criteria.create(key="fluency", question="Which reads better?", position=7)
    annotator = AnnotatorFactory(study=study)
    given = next_assignment(annotator)
    for choice in ("left", "tie"):
        vote_on(given, choice)
    key = JudgementRevision.objects.order_by("pk").first().client_key
    with transaction.atomic():
        assert vote_queries.lock_comparison_of(annotator, given.token)
        target = vote_queries.lock_vote_target(annotator, given.token, "overall", key)
        other = vote_queries.lock_vote_target(annotator, given.token, "fluency", uuid.uuid4())
        unknown = vote_queries.lock_vote_target(annotator, given.token, "unknown", uuid.uuid4())
    overall, fluency = (study.criteria.get(key=name).pk for name in ("overall", "fluency"))
    assert values(target.assignment) == values(Assignment.objects.get())
    assert target[1:] == (True, overall, 2, True, (given.pk, "overall", given.shown_left, None))
    assert other[1:] == (True, fluency, 0, False, None)
    assert (unknown.criterion_id, unknown.times_answered) == (None, 0)
