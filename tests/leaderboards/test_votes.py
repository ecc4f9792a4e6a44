import pytest
from django.utils import timezone

from annotations.assignment import next_assignment
from annotations.models import Assignment, Study
from leaderboards.stats.arrays import OutcomeCode
from leaderboards.votes import EXPORT_FIELDS, VoteRow, export_rows, vote_arrays, vote_rows
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import make_rated_study, vote


def row(a, b, outcome, *, document="m1", annotator="x"):
    return VoteRow("id", outcome, document, annotator, a, b)


def test_arrays_number_documents_and_annotators_by_name():
    rows = [
        row("tiny", "big", "b", document="m9", annotator="zoe"),
        row("big", "lead", "both_bad", document="m1", annotator="ann"),
    ]
    votes = vote_arrays(rows, ["big", "lead", "tiny"])
    assert (votes.system_a.tolist(), votes.system_b.tolist()) == ([2, 0], [0, 1])
    assert votes.outcome.tolist() == [OutcomeCode.B, OutcomeCode.BOTH_BAD]
    assert (votes.document.tolist(), votes.annotator.tolist()) == ([1, 0], [1, 0])


def test_votes_about_systems_outside_the_study_are_left_out():
    votes = vote_arrays([row("a", "b", "a"), row("a", "gone", "a")], ["a", "b"])
    assert len(votes) == 1


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
    with django_assert_num_queries(5):  # each export also reads which summaries are flagged
        assert len(list(export_rows(study))) == 24  # 3 pairs, 2 documents, 2 annotators, 2 criteria
        assert {r["criterion"] for r in export_rows(study, criterion)} == {"fluency"}
        assert len(vote_rows(criterion)) == 12
    assert Study.objects.count() == 2


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
