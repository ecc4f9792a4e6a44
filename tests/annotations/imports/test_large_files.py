"""Large files of votes: read line by line, in bounded memory, and still all of a file or nothing."""

import json
import tracemalloc
import uuid
from datetime import UTC, datetime

import pytest
from django.db.models import F

from annotations.imports.placing import AT_ONCE, place_votes
from annotations.imports.ratings_import import import_ratings, store_placed
from annotations.models import Annotator, Assignment, AuditEntry, Comparison, Judgement, JudgementRevision
from models_runner.importing.records import DatasetImportError
from tests.factories import AnnotatorFactory, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MANY = AT_ONCE + 500  # more than are looked up at once


def votes_on(study, number, judges=None):
    """Votes, each by another judge or on another pair, in turn over all comparisons."""
    pairs = list(
        study.comparisons.order_by("pk").values_list(
            "document__external_id", "summary_a__run__system__slug", "summary_b__run__system__slug"
        )
    )
    for n in range(number):
        document, a, b = pairs[n % len(pairs)]
        yield {
            "id": str(uuid.UUID(int=n + 1, version=4)),
            "document_id": document,
            "model_a": a,
            "model_b": b,
            "winner": ("model_a", "tie", "model_b")[n % 3],
            "judge": f"expert-{n // len(pairs)}",
            "tstamp": 1_700_000_000 + n,
        }


def write(path, votes):
    path.write_text("".join(json.dumps(vote) + "\n" for vote in votes))
    return path


def counts():
    models = (Annotator, Assignment, Judgement, JudgementRevision, AuditEntry)
    quotas = list(Comparison.objects.order_by("pk").values_list("quota", "taken", "imported"))
    return [model.objects.count() for model in models] + quotas


@pytest.fixture
def study():
    return make_study(systems=4, documents=20, quota=1)


def test_a_wrong_line_at_the_end_changes_nothing(study, tmp_path):
    votes = list(votes_on(study, MANY))
    before = counts()
    path = write(tmp_path / "votes.jsonl", [*votes, votes[0] | {"winner": "A", "id": None}])
    with pytest.raises(DatasetImportError, match=f"line {MANY + 1}, field 'winner'"):
        import_ratings(path, study)
    path.write_text(path.read_text()[:-20])
    with pytest.raises(DatasetImportError, match=f"line {MANY + 1}: is not JSON"):
        import_ratings(path, study)
    assert counts() == before


def test_a_repeated_line_is_named_with_the_first_one_however_far_away(study, tmp_path):
    votes = list(votes_on(study, MANY))
    again = votes[3] | {"id": str(uuid.uuid4())}
    # A blank line: places are lines of the file, not counts of votes.
    path = write(tmp_path / "votes.jsonl", votes)
    path.write_text(
        "\n" + path.read_text() + json.dumps(again) + "\n" + json.dumps(votes[7] | {"judge": "other"}) + "\n"
    )
    with pytest.raises(DatasetImportError) as raised:
        import_ratings(path, study)
    assert raised.value.problems == [
        f"votes.jsonl, line {MANY + 2}: the same answer of the same judge is in votes.jsonl, line 5 already.",
        f"votes.jsonl, line {MANY + 3}: this id is in votes.jsonl, line 9 already.",
    ]
    assert not Judgement.objects.exists()


def test_the_first_problems_of_many_are_named_in_the_order_of_the_file(study, tmp_path):
    votes = list(votes_on(study, 100))
    for n in range(30, 100):
        votes[n] |= {"model_a": "gpt-9"} if n % 2 else {"winner": "A"}
    votes[10] = votes[0]  # its id and its answer
    with pytest.raises(DatasetImportError) as raised:
        import_ratings(write(tmp_path / "votes.jsonl", votes), study)
    lines = [int(problem.partition("line ")[2].split(",")[0].split(":")[0]) for problem in raised.value.problems]
    assert lines == [11, 11, *range(31, 49)]
    assert str(raised.value).endswith("... and 52 more")


def test_all_of_a_large_file_is_stored_once(study, tmp_path):
    path = write(tmp_path / "votes.jsonl", votes_on(study, MANY))
    assert import_ratings(path, study).added == MANY
    before = counts()
    assert import_ratings(path, study).unchanged == MANY
    assert counts() == before
    for comparison in study.comparisons.all():
        slots = sorted(comparison.assignments.values_list("slot", flat=True))
        assert slots == list(range(comparison.taken))
        assert (comparison.quota, comparison.imported) == (comparison.taken + 1, comparison.taken)
    # Written past the model, read through it.
    assert Judgement.objects.filter(created_at=datetime.fromtimestamp(1_700_000_005, UTC)).count() == 1
    assert Judgement.objects.filter(public_id=uuid.UUID(int=1, version=4)).exists()
    assert not Assignment.objects.exclude(completed_at=F("judgements__created_at")).exists()
    assert sorted(study.annotators.values_list("number", flat=True)) == list(range(1, study.annotators.count() + 1))


def test_a_place_that_was_given_back_is_taken_first(study, tmp_path):
    pair = study.comparisons.order_by("pk").first()
    Comparison.objects.filter(pk=pair.pk).update(quota=4, taken=2)
    for slot in (0, 2):
        Assignment.objects.create(
            comparison=pair, annotator=AnnotatorFactory(study=study), slot=slot, state="done", shown_left="a"
        )
    import_ratings(write(tmp_path / "votes.jsonl", votes_on(study, 3 * study.comparisons.count())), study)
    imported = pair.assignments.filter(annotator__imported=True).order_by("annotator__number")
    assert list(imported.values_list("slot", flat=True)) == [1, 3, 4]


def test_a_second_question_keeps_the_place_of_the_first(tmp_path):
    study = make_study(systems=2, documents=2, criteria=("overall", "fluency"))
    votes = list(votes_on(study, 4))
    path = write(tmp_path / "votes.jsonl", [*votes, *(v | {"id": None, "criterion": "fluency"} for v in votes)])
    assert import_ratings(path, study).added == 8
    assert Assignment.objects.count() == 4
    third = [v | {"id": None, "judge": "late", "criterion": "fluency"} for v in votes[:2]]
    import_ratings(write(tmp_path / "third.jsonl", third), study)
    import_ratings(write(tmp_path / "fourth.jsonl", [v | {"criterion": "overall"} for v in third]), study)
    assert (Assignment.objects.count(), Judgement.objects.count()) == (6, 12)


def test_a_pair_that_went_while_the_file_was_read_is_told(study, tmp_path):
    placed = place_votes(write(tmp_path / "votes.jsonl", votes_on(study, 10)), study)
    study.comparisons.order_by("pk").first().delete()
    before = counts()
    with pytest.raises(DatasetImportError, match="changed while the file was read"):
        store_placed(placed, study)
    assert counts() == before


def test_a_vote_takes_little_memory(tmp_path):
    """Objects of ten times as many votes took 4,000 bytes a vote; columns take some 300 with what sorts them."""
    peaks = []
    for number in (1_000, 8_000):
        study = make_study(systems=10, documents=10, quota=1)
        path = write(tmp_path / f"{number}.jsonl", votes_on(study, number))
        import_ratings(write(tmp_path / "first.jsonl", [next(votes_on(study, 1)) | {"id": None}]), study)
        Judgement.objects.all().delete()
        Assignment.objects.all().delete()
        tracemalloc.start()
        import_ratings(path, study)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 7_000 * 800
