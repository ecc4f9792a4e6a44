import json
import threading

import pytest
from django.db import connection

from annotations.models import Judgement
from leaderboards.boards import build
from leaderboards.models import BoardSnapshot
from leaderboards.snapshots import store
from leaderboards.snapshots.boards import build_board, get_board
from models_runner.models import Regime, Run, Score, Summary
from tests.factories import DocumentFactory, RunFactory, SummaryFactory, SystemFactory, make_study
from tests.leaderboards.helpers import make_rated_study, score, summaries_of, system_slugs

KEYS = {
    "system",
    "rating",
    "rating_lower",
    "rating_upper",
    "rank",
    "votes",
    "win_rate",
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
    "bertscore_f1",
    "words",
    "seconds",
    "parameters",
}

pytestmark = pytest.mark.django_db


def board_of(study, **kwargs):
    return build_board(study, study.criteria.first(), **kwargs)


def line_of(study, slug):
    return next(line for line in board_of(study)["systems"] if line["system"] == slug)


def test_the_board_has_the_fixed_fields_and_is_json():
    study = make_rated_study(systems=3, documents=4, annotators=3)
    board = board_of(study)
    assert {"study", "criterion", "votes", "fingerprint", "systems"} <= set(board)
    assert (board["study"], board["criterion"], board["votes"]) == (study.slug, "overall", 36)
    assert (board["documents"], board["annotators"]) == (4, 3)
    assert all(set(line) >= KEYS for line in board["systems"])
    assert json.loads(json.dumps(board, allow_nan=False)) == board


def test_the_preferred_system_leads():
    study = make_rated_study(systems=3, documents=4, annotators=3, prefer=2)
    first, *rest = board_of(study)["systems"]
    assert first["system"] == system_slugs(study)[2]
    assert (first["win_rate"], first["rank"], first["votes"]) == (1.0, 1, 24)
    assert first["rating"] > max(line["rating"] for line in rest)


def test_every_null_has_its_reason_and_undefined_comes_last():
    study = make_rated_study(systems=2, documents=3, annotators=2)
    study.systems.add(SystemFactory(slug="newcomer", regime=Regime.BASELINE))
    lines = board_of(study)["systems"]
    for line in lines:
        for field in KEYS:
            assert line[field] is not None or line["reasons"][field]
    newcomer = lines[-1]
    assert (newcomer["system"], newcomer["rating"], newcomer["votes"]) == ("newcomer", None, 0)
    assert newcomer["reasons"] == dict.fromkeys(
        [
            *("rating", "rating_lower", "rating_upper", "rank", "win_rate", "both_bad_rate"),
            *("rank_best", "rank_worst", "all_lower", "all_upper", "iid_lower", "iid_upper"),
        ],
        "no votes yet",
    ) | dict.fromkeys(
        ["rouge1", "rouge2", "rougeL", "rougeLsum", "bertscore_f1", "words", "seconds"], "no summaries yet"
    ) | {"parameters": "has no parameters"}


def test_metrics_are_means_over_the_summaries():
    study = make_study(systems=2, documents=4)
    slug = system_slugs(study)[0]
    score(summaries_of(study, slug), "rouge1", [0.1, 0.2, 0.3, 0.6])
    Summary.objects.filter(run__system__slug=slug).update(seconds=2.5, dropped_tokens=10, stop_reason="length")
    line = line_of(study, slug)
    assert line["rouge1"] == pytest.approx(0.3)
    assert line["seconds"] == 2.5
    assert (line["cut_inputs"], line["dropped_tokens"], line["cut_outputs"], line["empty_outputs"]) == (4, 40, 4, 0)
    assert "rouge1" not in line["reasons"]
    assert (line["rouge2"], line["reasons"]["rouge2"]) == (None, "not scored yet")


def test_a_mean_over_some_summaries_says_so():
    study = make_study(systems=2, documents=4)
    slug = system_slugs(study)[0]
    score(summaries_of(study, slug)[:3], "rouge1", [0.2, 0.4, None], reasons=["", "", "no reference"])
    line = line_of(study, slug)
    assert line["rouge1"] == pytest.approx(0.3)
    assert line["reasons"]["rouge1"] == "2 of 4 summaries (no reference)"


def test_a_document_a_system_has_no_summary_of_counts_as_missing():
    study = make_study(systems=2, documents=4)
    slug = system_slugs(study)[0]
    score(summaries_of(study, slug), "words", [10, 20, 30, 40], metric="length")
    study.comparisons.all().delete()
    summaries_of(study, slug)[0].delete()
    line = line_of(study, slug)
    assert (line["words"], line["reasons"]["words"]) == (30, "3 of 4 summaries")
    assert line["reasons"]["seconds"] == "3 of 4 summaries"


def test_a_remark_on_values_is_shown():
    study = make_study(systems=2, documents=3)
    slug = system_slugs(study)[0]
    remark = "reference cut at 510 tokens of 734"
    score(summaries_of(study, slug), "bertscore_f1", [0.8, 0.9, 0.7], metric="bertscore", reasons=["", remark, remark])
    assert line_of(study, slug)["reasons"]["bertscore_f1"] == f"2 of 3 values with a remark, such as: {remark}"


def test_the_reference_as_a_system_has_no_reference_based_metrics():
    study = make_study(systems=2, documents=2)
    slug = system_slugs(study)[0]
    score(summaries_of(study, slug), "rouge1", [None, None], reasons=["is the reference itself"] * 2)
    line = line_of(study, slug)
    assert (line["rouge1"], line["reasons"]["rouge1"]) == (None, "is the reference itself")


def test_the_newest_signature_of_a_language_counts():
    study = make_study(systems=2, documents=2)
    slug = system_slugs(study)[0]
    english, chinese = summaries_of(study, slug)
    chinese.document.language = "zh"
    chinese.document.save()
    score([english, chinese], "rouge1", [0.1, 0.2], signature="rouge|old")
    score([chinese], "rouge1", [0.8], signature="rouge|new for zh")
    board = board_of(study)
    assert next(line for line in board["systems"] if line["system"] == slug)["rouge1"] == pytest.approx(0.45)
    assert board["signatures"] == ["rouge|new for zh", "rouge|old"]


def test_summaries_of_another_instruction_or_dataset_do_not_count():
    study = make_study(systems=2, documents=2)
    system = study.systems.order_by("slug").first()
    score(summaries_of(study, system.slug), "rouge1", [0.2, 0.4])
    for run in (RunFactory(system=system, dataset=study.dataset, instruction="long"), RunFactory(system=system)):
        score([SummaryFactory(run=run, document=DocumentFactory(dataset=run.dataset))], "rouge1", [1.0])
    assert line_of(study, system.slug)["rouge1"] == pytest.approx(0.3)


def test_of_two_runs_over_a_document_the_newest_counts():
    study = make_study(systems=2, documents=2)
    system = study.systems.order_by("slug").first()
    old = summaries_of(study, system.slug)
    score(old, "words", [10, 10], metric="length")
    rerun = RunFactory(system=system, dataset=study.dataset, split="val", status=Run.Status.DONE)
    score([SummaryFactory(run=rerun, document=old[0].document)], "words", [30], metric="length")
    line = line_of(study, system.slug)
    assert (line["words"], line["summaries"]) == (20, 2)


def test_votes_about_a_system_taken_out_are_left_out_and_counted():
    study = make_rated_study(systems=3, documents=2, annotators=1)
    study.systems.remove(study.systems.last())
    board = board_of(study)
    assert (board["votes"], board["votes_left_out"], len(board["systems"])) == (2, 4, 2)


def change_a_vote(study):
    Judgement.objects.filter(pk=Judgement.objects.first().pk).update(outcome="both_bad")


def change_a_score(study):
    Score.objects.filter(pk=Score.objects.first().pk).update(value=0.5)


def change_the_time_taken(study):
    Summary.objects.filter(pk=Summary.objects.first().pk).update(seconds=99)


def add_a_system(study):
    study.systems.add(SystemFactory())


@pytest.mark.parametrize("change", [change_a_vote, change_a_score, change_the_time_taken, add_a_system])
def test_the_fingerprint_follows_everything_the_board_shows(change):
    study = make_rated_study(systems=2, documents=2)
    score(summaries_of(study, system_slugs(study)[0]), "rouge1", [0.2, 0.4])
    before = board_of(study)["fingerprint"]
    assert board_of(study)["fingerprint"] == before
    change(study)
    assert board_of(study)["fingerprint"] != before


def test_a_board_is_computed_once_and_again_after_a_vote():
    study = make_rated_study(systems=2, documents=3)
    criterion = study.criteria.first()
    first = get_board(study, criterion)
    assert get_board(study, criterion) == first == build_board(study, criterion)
    assert BoardSnapshot.objects.count() == 1
    Judgement.objects.update(outcome="tie")
    assert get_board(study, criterion)["systems"][0]["win_rate"] == 0.5
    assert BoardSnapshot.objects.count() == 2


def test_a_new_version_computes_anew(monkeypatch):
    study = make_rated_study(systems=2, documents=2)
    criterion = study.criteria.first()
    get_board(study, criterion)
    monkeypatch.setattr(store, "CODE_VERSION", "9.9.9")
    monkeypatch.setattr(build, "CODE_VERSION", "9.9.9")
    assert get_board(study, criterion)["code_version"] == "9.9.9"


def test_the_queries_of_a_board_do_not_depend_on_the_number_of_votes(django_assert_max_num_queries):
    counts = []
    for documents in (2, 12):
        study = make_rated_study(systems=4, documents=documents, annotators=3)
        criterion = study.criteria.first()
        for most in (26, 20):  # computed; found as it is
            with django_assert_max_num_queries(most) as captured:
                get_board(study, criterion)
            counts.append(len(captured))
    assert counts[:2] == counts[2:]


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_both_get_the_board(monkeypatch):
    study = make_rated_study(systems=3, documents=3)
    criterion = study.criteria.first()
    both_found_none, results = threading.Barrier(2), []
    compute = store.KINDS["board"]

    def compute_together(*args):
        both_found_none.wait(timeout=20)
        return compute(*args)

    def read():
        try:
            results.append(get_board(study, criterion))
        finally:
            connection.close()

    monkeypatch.setitem(store.KINDS, "board", compute_together)
    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0] == results[1]
    assert BoardSnapshot.objects.count() == 1
