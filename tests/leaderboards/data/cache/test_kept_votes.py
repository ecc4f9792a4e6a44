"""Votes read from the file that keeps them are those that the database has, whatever happened since it was written."""

import random
import shutil
import threading
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.utils import timezone

from annotations.models import Annotator, Assignment, Judgement, JudgementRevision, Sampling
from annotations.people.privacy import erase
from annotations.quality.exclusion import exclude, include
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import give_back
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.undo import undo
from annotations.rating.votes import AnswerRefusedError
from leaderboards.data.cache import files, forgetting, mark, reading
from leaderboards.data.filters import DEFAULT, Filters
from leaderboards.data.vote_rows import read_vote_rows
from leaderboards.data.votes import read_board_votes
from tests.annotations.helpers import make_gold, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db
STEPS = 70


@pytest.fixture(autouse=True)
def _kept(settings, tmp_path, monkeypatch):
    """Keep the votes of every study, as soon as they are given, and read some again however many they are."""
    settings.VOTE_CACHE_FROM = 0
    settings.VOTE_CACHE_DIR = tmp_path / "votes"
    monkeypatch.setattr(mark, "SETTLE", timedelta(0))
    monkeypatch.setattr(reading, "MOST_SHARE", 100.0)


@pytest.fixture
def whole_reads(monkeypatch):
    """The questions whose votes were all read, one for each time."""
    questions = []
    read_all = reading._read_all
    monkeypatch.setattr(reading, "_read_all", lambda question: questions.append(question.pk) or read_all(question))
    return questions


def in_order(rows):
    order = np.lexsort((rows["public_id"][:, 1], rows["public_id"][:, 0]))
    return {name: column[order] for name, column in rows.items()}


def assert_the_same(criterion):
    """What is read with the help of the file is what the database has."""
    expected, given = in_order(read_vote_rows(criterion, DEFAULT)), in_order(reading.read_kept_votes(criterion))
    assert expected.keys() == given.keys()
    for name, column in expected.items():
        assert column.dtype == given[name].dtype
        np.testing.assert_array_equal(given[name], column, err_msg=name)


class Rating:
    """People rate, change their minds and go, by a random generator."""

    def __init__(self, study, chance):
        self.study, self.chance = study, chance
        self.questions = list(study.criteria.values_list("key", flat=True))

    def step(self):
        act = self.chance.choice([*[self.rate] * 4, *[self.rate_in_part] * 3, self.correct, self.take_back, self.skip,
                                  *[self.lapse] * 2, *[self.answer_late] * 2, self.exclude_or_include, self.leave])  # fmt: skip
        people = list(self.study.annotators.filter(left_at=None)) or [AnnotatorFactory(study=self.study)]
        with suppress(AnswerRefusedError):  # for example, nothing to take back
            act(self.chance.choice(people))
        return act.__name__

    def choice(self):
        return self.chance.choice(["left", "right", "tie", "both_bad"])

    def rate(self, annotator):
        if pair := next_assignment(annotator):
            for key in self.questions:
                vote_on(pair, self.choice(), criterion=key)

    def rate_in_part(self, annotator):
        if pair := next_assignment(annotator):
            vote_on(pair, self.choice(), criterion=self.chance.choice(self.questions))

    def correct(self, annotator):
        if given := list(annotator.assignments.filter(judgements__isnull=False)):
            vote_on(self.chance.choice(given), self.choice(), criterion=self.chance.choice(self.questions))

    def take_back(self, annotator):
        undo(annotator, uuid4())

    def skip(self, annotator):
        held = annotator.assignments.exclude(state="done").first() or next_assignment(annotator)
        if held:
            record_remark(annotator, NewRemark(held.token, "skip", "broken", "", uuid4()))

    def lapse(self, annotator):
        for held in annotator.assignments.filter(state="leased"):
            give_back(held.pk, held.comparison_id)

    def answer_late(self, annotator):
        if given := list(annotator.assignments.filter(state="expired")):
            vote_on(self.chance.choice(given), self.choice(), criterion=self.chance.choice(self.questions))

    def exclude_or_include(self, annotator):
        include(annotator, None) if annotator.excluded_at else exclude(annotator, "a robot", None)

    def leave(self, annotator):
        if self.chance.random() < 0.3:
            erase(annotator)
            AnnotatorFactory(study=self.study)


@pytest.mark.parametrize("seed", range(4))
def test_kept_votes_are_those_of_the_database_after_every_act(seed, whole_reads, monkeypatch):
    chance = random.Random(seed)
    study = make_study(
        systems=3,
        documents=6,
        quota=2,
        criteria=("overall", "fluency"),
        sampling=Sampling.ADAPTIVE if seed % 2 else Sampling.EVEN,
    )
    make_gold(study.comparisons.first())
    for _ in range(4):
        AnnotatorFactory(study=study)
    rating, compared = Rating(study, chance), 0
    for _ in range(STEPS):
        acts = [rating.step() for _ in range(chance.choice([1, 1, 3]))]
        monkeypatch.setattr(reading, "WRITTEN_FROM", chance.choice([0.0, 0.0, 9.0]))
        monkeypatch.setattr(mark, "SETTLE", timedelta(seconds=chance.choice([0, 0, 0, 3600])))
        for criterion in study.criteria.all():
            try:
                assert_the_same(criterion)
            except AssertionError as error:
                error.add_note(f"after {acts}")
                raise
            compared += 1
    assert len(whole_reads) < compared / 2, "the file is hardly ever used"


def rated(pairs=6, **values):
    study = make_study(systems=3, documents=4, **values)
    annotator = AnnotatorFactory(study=study)
    for _ in range(pairs):
        vote_on(next_assignment(annotator), "left")
    return study.criteria.get()


def test_what_is_read_from_the_file_is_not_read_from_the_database(whole_reads):
    criterion = rated()
    assert_the_same(criterion)
    vote_on(next_assignment(Annotator.objects.get()), "right")
    assert_the_same(criterion)
    assert whole_reads == [criterion.pk]
    # Past the history, as nothing of the site does it: the file does not know.
    Judgement.objects.order_by("pk").first().delete()
    with pytest.raises(AssertionError):
        assert_the_same(criterion)


def test_boards_read_what_is_kept(whole_reads, settings):
    criterion = rated()
    kept, again = read_board_votes(criterion), read_board_votes(criterion)
    settings.VOTE_CACHE_FROM = 6
    few = read_board_votes(criterion)
    read_board_votes(criterion, Filters(judges="human"))
    assert whole_reads == [criterion.pk]
    for votes in (kept, again):
        assert votes.rows(votes.in_order) == few.rows(few.in_order)


def of_another_question(path, criterion):
    shutil.copyfile(path, files.file_of(criterion.pk + 1))
    shutil.move(files.file_of(criterion.pk + 1), path)
    path.write_bytes(path.read_bytes().replace(f'"question": {criterion.pk},'.encode(), b'"question": 0,'))


def cut_off(path, criterion):
    path.write_bytes(path.read_bytes()[:-100])


def one_bit_wrong(path, criterion):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def emptied(path, criterion):
    path.write_bytes(b"")


def of_an_older_format(path, criterion):
    kept = files.load(criterion.pk)
    files.FORMAT, now = files.FORMAT - 1, files.FORMAT
    files.save(criterion.pk, kept)
    files.FORMAT = now


def a_day_old(path, criterion):
    kept = files.load(criterion.pk)
    files.save(criterion.pk, files.KeptVotes(kept.mark, timezone.now() - reading.OLDEST, kept.rows))


@pytest.mark.parametrize(
    "damage", [of_another_question, cut_off, one_bit_wrong, emptied, of_an_older_format, a_day_old]
)
def test_a_file_in_doubt_is_made_anew(damage, whole_reads):
    criterion = rated()
    assert_the_same(criterion)
    damage(files.file_of(criterion.pk), criterion)
    assert_the_same(criterion)
    assert_the_same(criterion)
    assert len(whole_reads) == 2


def test_an_answer_that_was_committed_late_is_not_missed(whole_reads):
    criterion = rated()
    late = JudgementRevision.objects.order_by("pk").last()
    said = {"assignment": late.assignment, "criterion": criterion}
    JudgementRevision.objects.create(pk=late.pk + 1000, client_key=uuid4(), outcome="a", **said)
    assert_the_same(criterion)
    other = next_assignment(Annotator.objects.get())
    Judgement.objects.create(assignment=other, criterion=criterion, outcome="b")
    JudgementRevision.objects.create(
        pk=late.pk + 500, client_key=uuid4(), outcome="b", assignment=other, criterion=criterion
    )
    assert_the_same(criterion)
    assert len(whole_reads) == 2


def test_a_restored_database_is_read_anew(whole_reads):
    """It has another answer under the number of the newest one that was read."""
    criterion = rated()
    assert_the_same(criterion)
    newest = JudgementRevision.objects.order_by("pk").last()
    given = Judgement.objects.get(assignment=newest.assignment_id)
    newest.delete()
    JudgementRevision.objects.create(
        pk=newest.pk, client_key=uuid4(), outcome="tie", assignment=given.assignment, criterion=criterion
    )
    Judgement.objects.filter(pk=given.pk).update(outcome="tie")
    assert_the_same(criterion)
    assert len(whole_reads) == 2


def test_nothing_is_kept_of_answers_that_may_still_be_numbered_otherwise(monkeypatch):
    monkeypatch.setattr(mark, "SETTLE", timedelta(minutes=1))
    criterion = rated()
    assert_the_same(criterion)
    assert files.load(criterion.pk) is None


def test_more_than_a_share_of_the_votes_is_read_whole(monkeypatch, whole_reads):
    criterion = rated()
    assert_the_same(criterion)
    monkeypatch.setattr(reading, "MOST_SHARE", 0.3)
    annotator = Annotator.objects.get()
    vote_on(next_assignment(annotator), "right")
    assert_the_same(criterion)
    assert len(whole_reads) == 1
    for _ in range(3):
        vote_on(next_assignment(annotator), "right")
    assert_the_same(criterion)
    assert len(whole_reads) == 2


def test_an_erased_annotator_leaves_the_file(django_capture_on_commit_callbacks):
    criterion = rated()
    assert_the_same(criterion)
    annotator = Annotator.objects.get()
    assert annotator.pk in files.load(criterion.pk).rows["annotator"]
    with django_capture_on_commit_callbacks(execute=True):
        erase(annotator)
    assert not files.file_of(criterion.pk).exists()


def test_nothing_stays_of_an_annotator_or_a_study_that_is_deleted(django_capture_on_commit_callbacks, whole_reads):
    criterion = rated()
    study = criterion.study
    assert_the_same(criterion)
    with django_capture_on_commit_callbacks(execute=True):
        Annotator.objects.get().delete()
    assert not files.file_of(criterion.pk).exists()
    vote_on(next_assignment(AnnotatorFactory(study=study)), "left")
    assert_the_same(criterion)
    with django_capture_on_commit_callbacks(execute=True):
        study.delete()
    assert files.kept_questions() == []


def test_a_deleted_annotator_is_gone_also_where_the_file_stayed(whole_reads):
    """Another machine's folder."""
    criterion = rated()
    vote_on(next_assignment(AnnotatorFactory(study=criterion.study)), "right")
    assert_the_same(criterion)
    Annotator.objects.order_by("pk").first().delete()
    assert_the_same(criterion)
    assert len(whole_reads) == 2
    assert len(files.load(criterion.pk).rows["outcome"]) == 1


def test_a_sweep_deletes_what_nobody_needs(monkeypatch):
    criterion = rated()
    assert_the_same(criterion)
    kept = files.load(criterion.pk)
    files.save(criterion.pk + 1, kept)
    forgetting.forget_outdated()
    assert files.kept_questions() == [criterion.pk]
    monkeypatch.setattr(forgetting, "OLDEST", timedelta(hours=-2))
    forgetting.forget_outdated()
    assert files.kept_questions() == []


def test_two_that_write_at_once_leave_a_whole_file():
    criterion = rated()
    assert_the_same(criterion)
    kept = files.load(criterion.pk)
    other = {name: np.concatenate([column] * 500) for name, column in kept.rows.items()}
    both = (kept, files.KeptVotes(kept.mark, kept.read_at, other))
    writers = [
        threading.Thread(target=lambda one=one: [files.save(criterion.pk, one) for _ in range(40)]) for one in both
    ]
    for writer in writers:
        writer.start()
    sizes = set()
    while any(writer.is_alive() for writer in writers):
        sizes.add(len(files.load(criterion.pk).rows["outcome"]))
    for writer in writers:
        writer.join()
    assert sizes <= {len(one.rows["outcome"]) for one in both}
    assert [path.suffix for path in sorted(files.file_of(criterion.pk).parent.iterdir())] == [".lock", ".npz"]


def test_a_disk_that_takes_nothing_costs_time_alone(settings, tmp_path, whole_reads, caplog):
    settings.VOTE_CACHE_DIR = tmp_path / "a file" / "votes"
    (tmp_path / "a file").write_text("")
    criterion = rated()
    assert_the_same(criterion)
    assert_the_same(criterion)
    assert len(whole_reads) == 2
    assert "are not kept" in caplog.text


def test_the_state_of_a_place_is_read_again_until_it_is_rated(whole_reads):
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    annotator = AnnotatorFactory(study=study)
    pair = next_assignment(annotator)
    vote_on(pair, "left")
    criterion = study.criteria.get(key="overall")
    assert len(reading.read_kept_votes(criterion)["outcome"]) == 1
    give_back(pair.pk, pair.comparison_id)
    assert len(reading.read_kept_votes(criterion)["outcome"]) == 0
    assert Assignment.objects.get().slot is None
    vote_on(pair, "right", criterion="fluency")
    assert len(reading.read_kept_votes(criterion)["outcome"]) == 1
    assert whole_reads == [criterion.pk]
