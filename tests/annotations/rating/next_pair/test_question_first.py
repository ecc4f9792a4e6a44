"""Studies that give most votes to the two systems they ask about, one on each document before a second."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from annotations.models import Comparison, Study
from annotations.rating.assignment import next_assignment
from annotations.rating.sampling import candidates
from annotations.studies.pair_generation import shuffle_number
from annotations.studies.settings import change_settings
from annotations.studies.setup import StudyScope, create_study
from models_runner.models import Document
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import (
    AnnotatorFactory,
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    SummaryFactory,
    make_study,
)

pytestmark = pytest.mark.django_db


def study_about_two(*, documents=6, systems=4, epsilon=0.05, quota=2):
    study = make_study(systems=systems, documents=documents, quota=quota)
    small, large = study.systems.order_by("pk")[:2]
    named = {"small_system": small, "large_system": large, "pair_named_at": study.created_at}
    Study.objects.update(sampling="question", epsilon=epsilon, **named)
    study.refresh_from_db()
    return study


def is_asked(study, comparison):
    pair = {comparison.summary_a.run.system_id, comparison.summary_b.run.system_id}
    return pair == {study.small_system_id, study.large_system_id}


def rated_by(annotator, votes):
    rated = []
    for _ in range(votes):
        rated.append(next_assignment(annotator))
        vote_on(rated[-1], "left")
    return rated


def test_the_two_in_question_come_first_on_one_document_after_another():
    study = study_about_two(documents=6, epsilon=1e-9)
    for _ in range(2):
        rated = rated_by(AnnotatorFactory(study=study), 6)
        assert all(is_asked(study, one.comparison) for one in rated)
        assert len({one.comparison.document_id for one in rated}) == 6


def test_every_document_has_a_vote_on_the_two_before_any_has_a_second():
    study = study_about_two(documents=5, epsilon=1e-9, quota=3)
    people = AnnotatorFactory.create_batch(3, study=study)
    for round_number in range(1, 4):
        for number in range(5):
            vote_on(next_assignment(people[(number + round_number) % 3]), "left")
        taken = Counter(
            study.comparisons.filter(
                summary_a__run__system__in=[study.small_system_id, study.large_system_id],
                summary_b__run__system__in=[study.small_system_id, study.large_system_id],
            ).values_list("taken", flat=True)
        )
        assert sum(n * votes for n, votes in taken.items()) == 5 * round_number
        if round_number == 1:
            assert taken == {1: 5}


def test_the_chance_of_every_draw_is_stored_and_of_every_pair_above_zero():
    study = study_about_two(documents=3, systems=3, epsilon=0.3)
    annotator = AnnotatorFactory(study=study)
    rated = rate_everything(annotator)
    assert len({one.comparison_id for one in rated}) == 9
    for one in rated:
        one.refresh_from_db()
        left = one.drawn_from
        expected = 0.7 + 0.3 / left if is_asked(study, one.comparison) else None
        if expected is not None:
            assert one.probability == pytest.approx(expected)
        else:
            assert one.probability in (pytest.approx(0.3 / left), pytest.approx(1 / left))
        assert one.probability > 0


def test_the_chances_are_those_of_the_draws():
    # Second implementation: counts of 400 draws against 1 - 0.4 + 0.4 / 6 for the two, 0.4 / 6 for each other pair.
    study = study_about_two(documents=1, epsilon=0.4)
    drawn = Counter(candidates(study, study.comparisons.all())[0].comparison_id for _ in range(400))
    asked = next(pk for pk in drawn if is_asked(study, Comparison.objects.get(pk=pk)))
    assert len(drawn) == 6
    # Standard error 0.024; five of them.
    assert abs(drawn[asked] / 400 - (0.6 + 0.4 / 6)) < 0.12


def test_where_the_two_have_all_their_votes_the_others_come_and_nothing_twice():
    study = study_about_two(documents=3, quota=1)
    rated = rate_everything(AnnotatorFactory(study=study))
    assert len(rated) == len({one.comparison_id for one in rated}) == 18
    assert next_assignment(AnnotatorFactory(study=study)) is None


def test_without_two_named_systems_all_pairs_come_alike():
    study = study_about_two(documents=2)
    change_settings(study, {"large_system": None}, None)
    rated = rate_everything(AnnotatorFactory(study=study))
    assert {(one.probability, one.drawn_from) for one in rated} == {(None, None)}
    documents = [one.comparison.document_id for one in rated]
    assert documents == sorted(documents) or documents == sorted(documents, reverse=True)


def test_the_two_are_found_beyond_the_comparisons_that_are_looked_at(monkeypatch):
    monkeypatch.setattr("annotations.rating.assignment.LOOKED_AT", 4)
    study = study_about_two(documents=5, epsilon=1e-9)
    rated = rated_by(AnnotatorFactory(study=study), 5)
    assert all(is_asked(study, one.comparison) for one in rated)


def test_documents_come_in_the_random_order_of_the_seed():
    dataset = DatasetFactory()
    runs = [RunFactory(dataset=dataset) for _ in range(2)]
    for document in DocumentFactory.create_batch(12, dataset=dataset):
        for run in runs:
            SummaryFactory(run=run, document=document)
    study = create_study("drawn", dataset, [run.system for run in runs])
    places = dict(study.comparisons.values_list("document", "place"))
    assert places == {pk: shuffle_number(study, pk) for pk in Document.objects.values_list("pk", flat=True)}
    assert len(set(places.values())) == 12
    assert [pk for pk, _ in sorted(places.items(), key=lambda item: item[1])] != sorted(places)


def test_a_sample_says_from_how_many_documents_it_was_drawn():
    dataset = DatasetFactory()
    DocumentFactory.create_batch(3, dataset=dataset, split="test")
    DocumentFactory.create_batch(4, dataset=dataset, split="train")
    systems = [RunFactory(dataset=dataset).system for _ in range(2)]
    for number, (scope, drawn) in enumerate(
        (
            (StudyScope(sample=2, split="test", seed=7), (3, "test")),
            (StudyScope(sample=2), (7, "")),
            (StudyScope(split="test"), (None, "")),
            (StudyScope(), (None, "")),
        )
    ):
        study = create_study(f"s{number}", dataset, systems, scope=scope)
        study.refresh_from_db()
        assert (study.drawn_from, study.drawn_from_split) == drawn


@pytest.mark.parametrize(
    "values", [{"drawn_from": 3}, {"which_documents": "sample", "drawn_from": 0}, {"drawn_from_split": "test"}]
)
def test_only_a_sample_is_drawn_from_something(values):
    study = make_study(documents=1)
    with pytest.raises(IntegrityError, match="study_drawn_from_iff_sample"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(**values)
