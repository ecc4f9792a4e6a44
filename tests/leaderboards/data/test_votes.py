from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from annotations.models import Assignment, Judgement, Study
from annotations.quality.vote_columns import OUTCOME_CODES
from annotations.rating.assignment import next_assignment
from leaderboards.data.inputs import gather_inputs
from leaderboards.data.vote_rows import positions
from leaderboards.data.votes import filtered_votes, read_board_votes
from leaderboards.exports.rows import EXPORT_FIELDS, export_rows
from models_runner.models import Document
from tests.annotations.helpers import make_gold, vote_on
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import make_rated_study, score, summaries_of, system_slugs, vote, vote_rows


@pytest.mark.django_db
def test_arrays_number_documents_and_annotators_by_name():
    study = make_study(systems=3, documents=2)
    criterion = study.criteria.get()
    Document.objects.filter(pk=study.dataset.documents.first().pk).update(external_id="z, though it came first")
    zoe = AnnotatorFactory(study=study, pseudonym="zoe")
    ann = AnnotatorFactory(study=study, pseudonym="ann")
    for number, comparison in enumerate(study.comparisons.all()):
        vote(comparison, (zoe, ann)[number % 2], ("a", "b", "tie", "both_bad")[number % 4])
    inputs = gather_inputs(study, criterion)
    arrays = inputs.arrays
    assert inputs.annotators == ["ann", "zoe"]
    assert inputs.documents == sorted(study.dataset.documents.values_list("external_id", flat=True))
    for i, row in enumerate(inputs.counted_votes):
        judgement = Judgement.objects.get(public_id=row.id)
        pair = judgement.assignment.comparison
        systems = (pair.summary_a.run.system.slug, pair.summary_b.run.system.slug)
        assert (inputs.slugs[arrays.system_a[i]], inputs.slugs[arrays.system_b[i]]) == systems
        assert inputs.documents[arrays.document[i]] == row.document == pair.document.external_id
        assert inputs.annotators[arrays.annotator[i]] == row.annotator == judgement.assignment.annotator.pseudonym
        assert OUTCOME_CODES[judgement.outcome] == arrays.outcome[i]


@pytest.mark.django_db
def test_votes_about_systems_outside_the_study_are_left_out():
    study = make_rated_study(systems=3, documents=1, annotators=1)
    gone = study.systems.order_by("slug").last()
    study.systems.remove(gone)
    inputs = gather_inputs(study, study.criteria.get())
    assert (len(inputs.votes), len(inputs.arrays), len(inputs.counted_votes)) == (3, 1, 1)
    assert gone.slug not in {slug for row in inputs.counted_votes for slug in (row.system_a, row.system_b)}


@pytest.mark.django_db
def test_the_queries_do_not_depend_on_the_number_of_votes(django_assert_num_queries):
    for documents in (1, 6):
        study = make_rated_study(systems=3, documents=documents)
        criterion = study.criteria.select_related("study").get()
        # whether so many that they are kept, people, documents, systems; votes, pairs and summaries, whose arrays
        # PostgreSQL makes without being counted
        with django_assert_num_queries(4 if connection.vendor == "postgresql" else 7):
            read_board_votes(criterion)


@pytest.mark.django_db
def test_votes_sort_by_their_public_id_also_where_the_first_half_is_the_same():
    study = make_rated_study(systems=3, documents=2)
    for number, judgement in enumerate(Judgement.objects.all()):
        Judgement.objects.filter(pk=judgement.pk).update(public_id=UUID(int=(7 << 64) + (number * 977) % 1000))
    votes = read_board_votes(study.criteria.get())
    assert [row.id for row in votes.rows(votes.in_order)] == sorted(
        Judgement.objects.values_list("public_id", flat=True)
    )


@pytest.mark.django_db
def test_an_exported_row_has_the_fixed_fields():
    study = make_study(systems=2, documents=1, criteria=("overall", "fluency"))
    comparison = study.comparisons.get()
    annotator = AnnotatorFactory(study=study, pseudonym="annotator-007")
    judgement = vote(
        comparison,
        annotator,
        "b",
        shown_left="b",
        criterion=study.criteria.get(key="fluency"),
        strength=2,
        active_ms=3000,
    )
    (exported,) = export_rows(study)
    assert tuple(exported) == EXPORT_FIELDS
    assert exported == {
        "id": str(judgement.public_id),
        "comparison_id": comparison.pk,
        "document_id": comparison.document.external_id,
        "query": None,
        "query_number": None,
        "criterion": "fluency",
        "model_a": comparison.summary_a.run.system.slug,
        "model_b": comparison.summary_b.run.system.slug,
        "winner": "model_b",
        "judge": "annotator-007",
        "judge_type": "human",
        "shown_left": "b",
        "sampling_prob": None,
        "sampling_from": None,
        "strength": "much",
        "lead_time": 4.2,
        "active_time": 3.0,
        "void_reason": None,
        "tstamp": pytest.approx(judgement.created_at.timestamp(), abs=0.001),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "winner"), [("a", "model_a"), ("b", "model_b"), ("tie", "tie"), ("both_bad", "both_bad")]
)
def test_every_outcome_has_its_winner(outcome, winner):
    study = make_study(systems=2, documents=1)
    vote(study.comparisons.get(), AnnotatorFactory(study=study), outcome, lead_time_ms=None)
    (exported,) = export_rows(study)
    assert (exported["winner"], exported["lead_time"]) == (winner, None)


@pytest.mark.django_db
def test_only_the_study_and_the_criterion_asked_for_are_read(django_assert_num_queries):
    study = make_rated_study(systems=3, documents=2, annotators=2, criteria=("overall", "fluency"))
    make_rated_study(systems=2, documents=1)
    criterion = study.criteria.get(key="fluency")
    # each export also reads which summaries are flagged
    with django_assert_num_queries(8 if connection.vendor == "postgresql" else 11):
        assert len(list(export_rows(study))) == 24  # 3 pairs, 2 documents, 2 annotators, 2 criteria
        assert {r["criterion"] for r in export_rows(study, criterion)} == {"fluency"}
        assert len(vote_rows(criterion)) == 12
    assert Study.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", ["gold", "training"])
def test_answers_to_known_pairs_are_no_votes(purpose):
    study = make_study(systems=3, documents=2)
    known, *others = study.comparisons.all()
    make_gold(known, purpose)
    known.refresh_from_db()
    annotator = AnnotatorFactory(study=study)
    given = {pair.pk: vote(pair, annotator, "b").public_id for pair in (known, *others)}
    votes = read_board_votes(study.criteria.get())
    assert {row.id for row in votes.rows(np.arange(len(votes)))} == set(given.values()) - {given[known.pk]}
    assert len(votes) == filtered_votes(study.criteria.get()).count() == 5


@pytest.mark.parametrize("keys", [[5, 3, 9, 4], [10**15, 5, 3], [7], []])
@pytest.mark.parametrize("wanted", [[3, 9, 3, 8, 5, 1, 10**15, 10**15 + 1], []])
def test_places_are_those_of_a_list(keys, wanted):
    expected = [keys.index(key) if key in keys else -1 for key in wanted]
    assert positions(np.array(keys, dtype=np.int64), np.array(wanted, dtype=np.int64)).tolist() == expected


@pytest.mark.django_db
def test_a_half_answered_pair_counts_only_while_its_annotator_holds_a_place():
    study = make_study(systems=2, documents=1, criteria=("overall", "fluency"), quota=1)
    comparison, overall = study.comparisons.get(), study.criteria.get(key="overall")
    first, second = AnnotatorFactory(study=study), AnnotatorFactory(study=study)
    half = vote(comparison, first, "a", criterion=overall).assignment
    Assignment.objects.filter(pk=half.pk).update(state="leased", completed_at=None, lease_until=timezone.now())
    assert len(vote_rows(overall)) == len(list(export_rows(study))) == 1
    Assignment.objects.filter(pk=half.pk).update(state="expired", slot=None, lease_until=None)
    assert vote_rows(overall) == list(export_rows(study)) == []
    vote(comparison, second, "b", criterion=overall)
    assert [row.annotator for row in vote_rows(overall)] == [second.pseudonym]


@pytest.mark.django_db
def test_the_chance_of_a_draw_is_exported():
    study = make_study(systems=3, documents=1, sampling="adaptive", epsilon=0.5)
    vote_on(next_assignment(AnnotatorFactory(study=study)), "tie")
    (exported,) = export_rows(study)
    assert exported["sampling_prob"] == pytest.approx(1 / 3)  # nobody has rated any pair of systems
    assert exported["sampling_from"] == 3


@pytest.mark.django_db
def test_a_metric_is_averaged_over_the_summaries_of_a_document():
    study = make_study(systems=2, documents=3)
    first, second = system_slugs(study)
    documents = sorted(study.dataset.documents.values_list("external_id", flat=True))
    score(summaries_of(study, first), "rouge1", [0.1, 0.2, 0.3])
    score(summaries_of(study, second)[:1], "rouge1", [0.4])
    inputs = gather_inputs(study, study.criteria.get())
    of_query = inputs.summaries[0]._replace(pk=-1, system=first, document=documents[0], query=1)
    more = inputs.scores[0]._replace(summary=-1, value=0.5)
    inputs = replace(inputs, summaries=[*inputs.summaries, of_query], scores=[*inputs.scores, more])
    turned = inputs.document_means("rouge1", documents[::-1])
    np.testing.assert_allclose(turned, [[0.3, 0.2, (0.1 + 0.5) / 2], [np.nan, np.nan, 0.4]])
    assert np.isnan(inputs.document_means("rouge2", documents)).all()
