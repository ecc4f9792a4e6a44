"""Each format, opened by the tool that defines it, or by its documented columns where that tool is not here."""

import json
import os
import subprocess
from collections import Counter

import datasets
import evalica
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotations.models import Judgement
from leaderboards.exports import EXPORTS, Export, export_ratings, preferences
from leaderboards.exports.columns import ROWS_AT_ONCE, VOTE_TYPES, parquet_parts, schema_of
from leaderboards.exports.preferences import Counting, majority
from leaderboards.exports.rows import EXPORT_FIELDS
from leaderboards.exports.texts import VOTES_AT_ONCE, Texts
from models_runner.models import Summary
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import build_board, make_rated_study, vote

pytestmark = pytest.mark.django_db
ARENA_PYTHON = os.environ.get("ARENA_RANK_PYTHON", "")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture
def study():
    """Four comparisons, three people: a a b, tie both_bad tie, both_bad both_bad a, a b tie."""
    study = make_study(systems=2, documents=4, criteria=("overall", "fluency"))
    people = [AnnotatorFactory(study=study) for _ in range(3)]
    outcomes = (("a", "a", "b"), ("tie", "both_bad", "tie"), ("both_bad", "both_bad", "a"), ("a", "b", "tie"))
    for comparison, given in zip(study.comparisons.order_by("pk"), outcomes, strict=True):
        for slot, (person, outcome) in enumerate(zip(people, given, strict=True)):
            vote(comparison, person, outcome, slot=slot)
    vote(study.comparisons.first(), people[0], "b", criterion=study.criteria.get(key="fluency"))
    return study


def exported(tmp_path, study, name, **options):
    path = tmp_path / f"votes.{EXPORTS[name].ending}"
    return path, export_ratings(study, path, name, **options)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def loaded(path):
    return datasets.load_dataset("json", data_files=str(path), split="train")


def test_parquet_opens_with_pyarrow_and_pandas_and_holds_the_rows_of_json_lines(tmp_path, study):
    plain, _ = exported(tmp_path, study, "jsonl")
    path, done = exported(tmp_path, study, "parquet")
    table = pq.read_table(path)
    assert done.lines == table.num_rows == 13
    assert table.schema == schema_of(VOTE_TYPES)
    assert table.to_pylist() == rows(plain)
    assert list(pd.read_parquet(path).columns) == list(VOTE_TYPES) == list(EXPORT_FIELDS)


def test_parquet_holds_a_group_of_rows_at_a_time():
    many = ({"n": i} for i in range(2 * ROWS_AT_ONCE + 1))
    parts = list(parquet_parts(many, pa.schema([("n", pa.int64())])))
    assert len(parts) == 4
    read = pq.ParquetFile(pa.BufferReader(b"".join(parts)))
    assert read.num_row_groups == 3
    assert read.read()["n"].to_pylist() == list(range(2 * ROWS_AT_ONCE + 1))


def test_csv_and_json_lines_open_with_pandas(tmp_path, study):
    table, lines = (exported(tmp_path, study, name)[0] for name in ("csv", "jsonl"))
    assert list(pd.read_csv(table)["winner"]) == list(pd.read_json(lines, lines=True)["winner"])


def test_evalica_rates_its_file_as_the_board_does(tmp_path):
    study = make_rated_study(systems=3, documents=12, annotators=3)
    ids = list(Judgement.objects.order_by("pk").values_list("pk", flat=True))
    Judgement.objects.filter(pk__in=ids[3:9]).update(outcome="both_bad")
    Judgement.objects.filter(pk__in=ids[9:80:2]).update(outcome="b")
    path, done = exported(tmp_path, study, "evalica")
    frame = pd.read_csv(path, dtype=str)
    assert list(frame.columns) == ["left", "right", "winner"]
    winners = frame["winner"].map({"left": evalica.Winner.X, "right": evalica.Winner.Y, "tie": evalica.Winner.Draw})
    result = evalica.bradley_terry(frame["left"], frame["right"], winners, limit=10_000, tolerance=1e-12)
    strengths = np.log(result.scores)
    points = 1000 + 400 / np.log(10) * (strengths - strengths.mean())
    board = {line["system"]: line["rating"] for line in build_board(study, study.criteria.get())["systems"]}
    assert done.left_out == {}
    # The board's weak prior draws ratings together a little.
    assert {name: points[name] for name in board} == pytest.approx(board, abs=2)


def test_an_arena_row_has_the_documented_fields(tmp_path, study):
    path, done = exported(tmp_path, study, "arena")
    first, second, third, *_ = rows(path)
    assert done.left_out == {"on other questions": 1}
    known = "id model_a model_b winner evaluation_session_id evaluation_order conversation_a conversation_b language is_code"
    assert set(known.split()) <= set(first)
    assert Counter(row["winner"] for row in rows(path)) == {"model_a": 4, "model_b": 2, "tie": 3, "both_bad": 3}
    assert [one["evaluation_order"] for one in (first, second, third)] == [1, 1, 1]
    comparison = study.comparisons.order_by("pk").first()
    for side, summary in (("a", comparison.summary_a), ("b", comparison.summary_b)):
        asked, answered = first[f"conversation_{side}"]
        assert (asked["role"], answered["role"]) == ("user", "assistant")
        assert answered["content"] == [{"type": "text", "text": summary.text, "image": None, "mimeType": None}]
        assert first[f"model_{side}"] == summary.run.system.slug
        assert asked["content"][0]["text"].endswith("Write a summary of medium length of the meeting above.")
    frame = pd.read_json(path, lines=True)
    assert set(frame["winner"]) <= {"model_a", "model_b", "tie", "both_bad"}  # arena-rank takes any other for a draw


@pytest.mark.skipif(not ARENA_PYTHON, reason="NOT READ by arena-rank: set ARENA_RANK_PYTHON to a Python that has it")
def test_arena_rank_reads_the_file_unchanged(tmp_path, study):
    path, _ = exported(tmp_path, study, "arena")
    code = (
        "import sys, pandas as pd; from arena_rank.utils.data_utils import PairDataset\n"
        "data = PairDataset.from_pandas(pd.read_json(sys.argv[1], lines=True))\n"
        "print(sorted(data.competitors), float(data.counts.sum()))"
    )
    done = subprocess.run([ARENA_PYTHON, "-c", code, path], capture_output=True, text=True, check=True)
    slugs = sorted(study.systems.values_list("slug", flat=True))
    assert done.stdout.strip() == f"{slugs} 12.0"


def test_dpo_has_trls_columns_and_one_row_a_decided_pair(tmp_path, study):
    path, done = exported(tmp_path, study, "dpo")
    table = loaded(path)
    assert table.features == {name: datasets.Value("string") for name in ("prompt", "chosen", "rejected")}
    comparison = study.comparisons.order_by("pk").first()
    assert table[:]["chosen"] == [comparison.summary_a.text]
    assert table[:]["rejected"] == [comparison.summary_b.text]
    assert done.left_out == {
        "on other questions": 1,
        preferences.TIES: 6,  # two pairs on which most people saw no winner
        preferences.UNDECIDED: 3,
    }


def test_dpo_vote_by_vote_drops_ties_and_counts_them(tmp_path, study):
    path, done = exported(tmp_path, study, "dpo", counting=Counting.EACH)
    assert done.lines == len(loaded(path)) == 6
    assert done.left_out[preferences.TIES] == 6


def test_dpo_leaves_out_pairs_of_equal_texts(tmp_path, study):
    Summary.objects.update(text="The same.")
    _, done = exported(tmp_path, study, "dpo", counting=Counting.EACH)
    assert done.lines == 0
    assert done.left_out[preferences.SAME_TEXT] == 6


def test_kto_labels_both_texts(tmp_path, study):
    path, done = exported(tmp_path, study, "kto")
    table = loaded(path)
    assert table.features == {
        "prompt": datasets.Value("string"),
        "completion": datasets.Value("string"),
        "label": datasets.Value("bool"),
    }
    first, _, third, _ = study.comparisons.order_by("pk")
    texts = [one.text for pair in (first, third) for one in (pair.summary_a, pair.summary_b)]
    assert table[:]["completion"] == texts
    assert table[:]["label"] == [True, False, False, False]
    assert done.left_out == {"on other questions": 1, preferences.TIES_WITHOUT_LABEL: 3, preferences.UNDECIDED: 3}


def test_openai_has_the_fields_of_summarize_from_feedback(tmp_path, study):
    path, done = exported(tmp_path, study, "openai")
    first, second, third, *_ = rows(path)
    comparison = study.comparisons.order_by("pk").first()
    assert list(first) == ["info", "summaries", "choice", "worker", "batch", "split", "extra"]
    assert list(first["info"]) == ["id", "site", "title", "article"]
    assert [one["text"] for one in first["summaries"]] == [comparison.summary_a.text, comparison.summary_b.text]
    assert [row["choice"] for row in (first, second, third)] == [0, 0, 1]
    assert done.lines == len(loaded(path)) == 6
    assert done.left_out == {"on other questions": 1, preferences.TIES: 6}


def test_the_prompt_is_the_transcript_and_the_instruction_in_its_language(tmp_path):
    study = make_rated_study(systems=2, documents=1, annotators=1)
    study.dataset.documents.update(language="zh")
    path, _ = exported(tmp_path, study, "dpo")
    (row,) = rows(path)
    transcript = study.dataset.documents.get().transcript
    assert row["prompt"] == transcript.text + "\n\n请为以上会议写一份中等长度的摘要。"


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [("a", "a"), ("aab", "a"), ("ab", None), ("abt", None), ("btt", "t"), ("aabb", None), ("aabbt", None)],
)
def test_a_majority_is_the_answer_given_more_often_than_each_other_one(outcomes, result):
    assert majority(outcomes) == result


def test_texts_are_held_for_a_few_votes_at_a_time(monkeypatch):
    monkeypatch.setattr("leaderboards.exports.texts.VOTES_AT_ONCE", 2)
    study = make_rated_study(systems=3, documents=4, annotators=2)
    texts = Texts(study)
    export = Export(study, EXPORTS["arena"])
    read = 0
    for one in texts.follow(export.votes()):
        assert texts.summary(one.summary_a).text and texts.prompt(one)
        assert len(texts._summaries) <= 4 and len(texts._meetings) <= 2
        read += 1
    assert read == 24
    assert VOTES_AT_ONCE > 2


def test_a_majority_whose_pairs_cross_a_chunk_of_texts_finds_its_texts(tmp_path, monkeypatch):
    monkeypatch.setattr("leaderboards.exports.texts.VOTES_AT_ONCE", 1)
    study = make_rated_study(systems=3, documents=3, annotators=3)
    _, done = exported(tmp_path, study, "kto")
    assert done.lines == 12
    assert done.left_out == {preferences.UNDECIDED: 9}


@pytest.mark.parametrize("name", EXPORTS)
def test_what_models_thought_is_in_no_export(tmp_path, study, name):
    Summary.objects.update(thoughts="zqthought", thinking_tokens=7)
    path, _ = exported(tmp_path, study, name)
    assert b"zqthought" not in path.read_bytes()
