import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from benchmarks.replays.reading import UnknownFolderError, read_evaluation
from benchmarks.replays.replay import adaptive, by_document, looked_for, scattered
from benchmarks.replays.votes_saved import UNIFORM, budgets, needed, replay, summary, ways, with_simulated_judge
from stats.judges.agreement import agreement
from stats.judges.arrays import NO_VERDICT, ItemAnswers
from tests.stats.simulate import TIE, A, B

WINNERS = ("model_a", "model_b", "tie", "both_bad")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """A drawn study as JSON Lines: votes, and verdicts in both orders by a good judge."""
    design = JudgeDesign(documents=60, accuracy=0.97, people=4, people_right=0.95, ties=0, taste=1.0)
    study = draw_study(design, np.random.default_rng(1))
    items, votes, verdicts = study.items, study.votes, study.verdicts

    def pair(i):
        names = {"model_a": f"s{items.system_a[i]}", "model_b": f"s{items.system_b[i]}"}
        return {"document_id": f"d{items.document[i]}", "criterion": "overall", **names}

    write(
        tmp_path / "votes.jsonl",
        [
            {**pair(i), "winner": WINNERS[o], "annotator": f"p{u}"}
            for i, u, o in zip(votes.item, votes.annotator, votes.outcome, strict=True)
        ],
    )
    write(
        tmp_path / "verdicts.jsonl",
        [
            {**pair(i), "winner": WINNERS[o], "judge": "good", "shown_first": "a" if first else "b"}
            for i, o, first in zip(verdicts.item, verdicts.outcome, verdicts.a_first, strict=True)
        ],
    )
    return tmp_path


def test_lines_are_read_from_either_side(tmp_path):
    vote = {"document_id": "d", "criterion": "overall", "model_a": "x", "model_b": "y", "winner": "model_a"}
    turned = {**vote, "model_a": "y", "model_b": "x", "winner": "model_b"}
    other = {**vote, "criterion": "length", "winner": "model_b"}
    write(tmp_path / "votes.jsonl", [{**vote, "annotator": "p"}, {**turned, "judge": "q"}, {**other, "annotator": "r"}])
    write(
        tmp_path / "verdicts.jsonl",
        [
            {**vote, "judge": "j", "shown_first": "a", "p_a": 0.6, "p_tie": 0.2},
            {**turned, "judge": "j", "shown_first": "a", "p_a": 0.1},
            {**vote, "judge": "k", "shown_first": "a", "winner": "none"},
            {"document_id": "d", "criterion": "overall", "judge": "rouge", "system": "x", "score": 0.5},
            {"document_id": "d", "criterion": "overall", "judge": "rouge", "system": "y", "score": 0.2},
        ],
    )
    data = read_evaluation(tmp_path)
    assert (len(data.items), data.systems, data.judges, data.metric_names) == (1, ("x", "y"), ("j", "k"), ("rouge",))
    assert data.votes.outcome.tolist() == [A, A]
    # Both orders of j: 0.7 for x, and 1 - 0.1 seen from y.
    assert data.shares[0, 0] == pytest.approx(0.8)
    assert np.isnan(data.shares[0, 1])
    assert data.metrics[0, 0] == pytest.approx(0.3)
    assert read_evaluation(tmp_path, "length").votes.outcome.tolist() == [B]


def test_people_are_told_from_judges(tmp_path):
    # MT-Bench's names of fields, in lists; a judge's type; the name of a file.
    row = {"question_id": 81, "turn": 1, "model_a": "x", "model_b": "y", "winner": "model_a"}
    (tmp_path / "human.json").write_text(json.dumps([{**row, "judge": "expert_1", "shown_first": "b"}]))
    judged = {**row, "judge": ["gpt-4", "pair-v2"], "winner": "tie (inconsistent)"}
    write(tmp_path / "gpt4_pair.jsonl", [judged, {**row, "turn": 2, "judge": "author_1"}])
    typed = [{**row, "judge": "z", "judge_type": "llm"}, {**row, "judge": "p", "judge_type": "human"}]
    write(tmp_path / "typed.jsonl", typed)
    write(tmp_path / "verdicts.jsonl", [{**row, "judge": "w"}])
    data = read_evaluation(tmp_path)
    assert (len(data.items), data.judges) == (2, ("gpt-4", "w", "z"))
    assert len(data.votes) == 3
    assert data.shares[0].tolist() == [0.5, 1, 1]


def test_pandalms_files_are_read(tmp_path):
    pair = {"instruction": "i", "input": "t", "cmp_key": "zebra_ant", "annotator1": 1, "annotator2": 0}
    (tmp_path / "testset-v1.json").write_text(json.dumps([pair, {**pair, "input": "u", "annotator1": 2}]))
    (tmp_path / "j-testset-v1.json").write_text(json.dumps([{"x_result": "1"}, {"x_result": "garbage"}]))
    data = read_evaluation(tmp_path)
    assert data.systems == ("ant", "zebra")
    assert data.votes.outcome.tolist() == [B, TIE, A, TIE]
    assert data.shares[0].tolist() == [0]
    assert np.isnan(data.shares[1, 0])


def test_a_folder_without_votes_is_refused(tmp_path):
    with pytest.raises(UnknownFolderError, match="No votes"):
        read_evaluation(tmp_path)


def test_draws_are_of_the_kind_they_say(folder):
    data, rng = read_evaluation(folder), np.random.default_rng(2)
    document = data.items.document[data.votes.item]
    for drawn in (by_document(data, rng), scattered(data, rng)):
        assert sorted(drawn.vote.tolist()) == list(range(len(data.votes)))
        # One vote on every item before any has two.
        assert len(set(data.votes.item[drawn.vote[: len(data.items)]].tolist())) == len(data.items)
    first = by_document(data, rng).vote[:30]
    assert len(set(document[first].tolist())) == 5
    assert len(set(adaptive(data, rng, 100).vote.tolist())) == 100
    look = looked_for(data, data.shares, 60, rng)
    assert (len(look.vote), len(set(document[look.vote].tolist()))) == (60, 10)
    assert ((look.chance > 0) & (look.chance <= 1)).all()


def test_a_good_judge_saves_votes(folder):
    data = read_evaluation(folder)
    found, looks = ways(data), budgets(data)
    readings = np.array([replay(data, found, looks, seed) for seed in range(4)])
    value, lower, upper = summary(readings, looks[-1] // 3, seed=1)
    names = list(found)
    assert value[names.index(UNIFORM), 0] == pytest.approx(1)
    saved = names.index("helped by good")
    assert value[saved, 0] < 0.85
    assert lower[saved, 0] <= value[saved, 0] <= upper[saved, 0]


def test_votes_needed_by_hand():
    # Widths fall as 1 / sqrt(votes), the second way's with twice the votes' worth; decisions likewise.
    votes = np.array([50.0, 100, 200, 400])
    first = np.column_stack([votes, 1 / np.sqrt(votes), np.log(votes) / 10])
    second = np.column_stack([votes, 1 / np.sqrt(2 * votes), np.log(2 * votes) / 10])
    found = needed(np.array([first, second]), 200)
    assert found[0] == pytest.approx([200, 200])
    assert found[1] == pytest.approx([100, 100])
    assert np.isnan(needed(np.array([first, np.column_stack([votes, 9 + 0 * votes, 0 * votes])]), 200)[1]).all()


def test_a_simulated_judge_agrees_as_asked(folder):
    data = with_simulated_judge(read_evaluation(folder), 0.5, seed=3)
    share = data.shares[:, -1]
    outcome = np.where(np.isnan(share), NO_VERDICT, np.where(share > 0.5, A, np.where(share < 0.5, B, TIE)))
    found = agreement(data.items, data.votes, ItemAnswers(outcome, share)).with_people.value
    # 360 items with one answer each: three standard errors are 0.08.
    assert found == pytest.approx(0.5, abs=0.08)
    assert "simulated" in data.judges[-1]


def test_the_command_prints_the_table(folder):
    command = [
        sys.executable,
        "-m",
        "benchmarks.replays.votes_saved",
        str(folder),
        "--replays",
        "2",
        "--json",
        str(folder / "o"),
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    assert "agreement of good with people" in text
    assert "helped by everything, directed" in text
    rows = [json.loads(line) for line in (folder / "o").read_text().splitlines()]
    assert rows[0]["way"] == UNIFORM
