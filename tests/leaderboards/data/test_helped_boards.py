"""Boards of people's votes that a judge helps: narrower where it is good, never wider, refused where it may mislead."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from judges.models import Verdict
from leaderboards.data.filters import Filters, UnknownFilterError
from leaderboards.snapshots.boards import get_board
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import vote_all
from tests.people import researcher

pytestmark = pytest.mark.django_db
PEOPLE, DOCUMENTS, VOTED = 4, 60, 20
HELPED = "helped:far"


def helped_study(folder, *, accuracy, seed=1, told=lambda document, chance: chance):
    """Four people vote on some documents; an imported judge says of all pairs what they would, as surely as it knows."""
    study, rng = make_study(systems=4, documents=DOCUMENTS, quota=PEOPLE), np.random.default_rng(seed)
    slugs = list(study.systems.order_by("slug").values_list("slug", flat=True))
    related = ("document", "summary_a__run__system", "summary_b__run__system")
    pairs = list(study.comparisons.select_related(*related).order_by("pk"))
    documents = sorted({pair.document_id for pair in pairs})
    place = [(slugs.index(p.summary_a.run.system.slug), slugs.index(p.summary_b.run.system.slug)) for p in pairs]
    # How good a summary is depends on its system and on the document.
    quality = {d: np.arange(4) * 0.4 + rng.normal(0, 2, 4) for d in documents}
    gap = np.array(
        [quality[p.document_id][a] - quality[p.document_id][b] for p, (a, b) in zip(pairs, place, strict=True)]
    )
    chance = 1 / (1 + np.exp(-gap))
    voted = set(rng.permutation(documents)[:VOTED].tolist())
    people = [AnnotatorFactory(study=study) for _ in range(PEOPLE)]
    vote_all(study.criteria.get(), [
        (pair, person, slot, "a", "a" if rng.random() < p else "b")
        for pair, p in zip(pairs, chance, strict=True) if pair.document_id in voted
        for slot, person in enumerate(people)
    ])  # fmt: skip
    lines = []
    for pair, p in zip(pairs, chance, strict=True):
        knows = rng.random() < accuracy
        q = told(pair.document_id in voted, p if knows else rng.uniform())
        for shown in "ab":
            lines.append(json.dumps({
                "document_id": pair.document.external_id, "criterion": "overall", "judge": "far",
                "model_a": pair.summary_a.run.system.slug, "model_b": pair.summary_b.run.system.slug,
                "shown_first": shown, "winner": "model_a" if q > 0.5 else "model_b",
                "p_a": q, "p_b": 1 - q, "p_tie": 0.0,
            }))  # fmt: skip
    path = folder / "verdicts.jsonl"
    path.write_text("\n".join(lines))
    call_command("import_verdicts", path, study=study.slug, order_rule="mean")
    return study


def board_of(study, **filters):
    return get_board(study, study.criteria.get(), filters=Filters(**filters))


def widths(board):
    return {line["system"]: line["rating_upper"] - line["rating_lower"] for line in board["systems"]}


def test_a_good_judge_makes_intervals_narrower_and_says_how_many_votes_it_is_worth(tmp_path):
    study = helped_study(tmp_path, accuracy=1.0)
    people, helped = board_of(study), board_of(study, source=HELPED)
    alone, with_help = widths(people), widths(helped)
    assert all(with_help[system] < 0.9 * alone[system] for system in alone)
    assert helped["helped"]["reason"] == ""
    assert helped["helped"]["effective_votes"] > 1.3 * helped["votes"]
    assert helped["votes"] == people["votes"] == VOTED * 6 * PEOPLE
    said = {row["system"]: row["people"] for row in helped["helped"]["systems"]}
    for line in people["systems"]:
        assert said[line["system"]]["rating"] == pytest.approx(line["rating"])
        assert said[line["system"]]["upper"] == pytest.approx(line["rating_upper"])
    # It says whose it is, and the board of people stays what it was.
    assert helped["source"] == HELPED
    assert helped["title"].endswith("(people helped by judge far)")
    assert "PPI++" in helped["method"]
    assert any("Verdicts of judge far" in warning for warning in helped["warnings"])
    assert "source" not in people
    assert "helped" not in people
    assert helped["fingerprint"] != people["fingerprint"]
    # Differences are surer too, and ranks leave no more places open.
    reach = {name: {(p["better"], p["worse"]): p["upper"] - p["lower"] for p in board["differences"]["pairs"]}
             for name, board in (("people", people), ("helped", helped))}  # fmt: skip
    both = reach["people"].keys() & reach["helped"].keys()
    assert both
    assert all(reach["helped"][pair] <= reach["people"][pair] * 1.0001 for pair in both)
    assert all(line["all_lower"] <= line["rating_lower"] for line in helped["systems"])


@pytest.mark.parametrize("accuracy", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("seed", [2, 3])
def test_no_judge_makes_an_interval_wider(tmp_path, accuracy, seed):
    study = helped_study(tmp_path, accuracy=accuracy, seed=seed)
    alone, with_help = widths(board_of(study)), widths(board_of(study, source=HELPED))
    assert all(with_help[system] <= 1.01 * alone[system] for system in alone)


def test_verdicts_that_differ_on_other_documents_do_not_help(tmp_path):
    study = helped_study(tmp_path, accuracy=1.0, told=lambda voted, chance: chance if voted else 0.9)
    people, helped = board_of(study), board_of(study, source=HELPED)
    assert "differ from the others" in helped["helped"]["reason"]
    assert helped["helped"]["effective_votes"] == helped["votes"]
    assert any("does not help these votes" in warning for warning in helped["warnings"])
    assert widths(helped) == widths(people)


def test_a_judge_that_skipped_pairs_with_votes_does_not_help(tmp_path):
    study = helped_study(tmp_path, accuracy=1.0)
    voted = study.comparisons.filter(assignments__isnull=False).first()
    Verdict.objects.filter(comparison=voted).delete()
    assert "no verdict on" in board_of(study, source=HELPED)["helped"]["reason"]


def test_a_new_verdict_makes_the_board_anew(tmp_path):
    study = helped_study(tmp_path, accuracy=1.0)
    before = board_of(study, source=HELPED)
    voted = study.comparisons.filter(assignments__isnull=True).first()
    Verdict.objects.filter(comparison=voted).delete()
    assert board_of(study, source=HELPED)["fingerprint"] != before["fingerprint"]


def test_the_command_and_the_pages_say_whose_the_board_is(tmp_path):
    study = helped_study(tmp_path, accuracy=1.0)
    out, table = StringIO(), StringIO()
    call_command("leaderboard", study.slug, source=HELPED, format="json", stdout=out)
    board = json.loads(out.getvalue())
    assert (board["source"], board["helped"]["judge"]) == (HELPED, "far")
    call_command("leaderboard", study.slug, source=HELPED, stdout=table)
    assert "helped by judge far" in table.getvalue()
    with pytest.raises(CommandError, match="source='helped:nobody'"):
        call_command("leaderboard", study.slug, source="helped:nobody")
    client = researcher()
    answer = client.get(reverse("board", args=[study.slug]), {"source": HELPED})
    text = answer.content.decode()
    assert f"{study.title}: people helped by judge far" in text
    assert "Worth, with help" in text
    assert "move the ratings by prediction-powered inference" in text
    assert f'<option value="{HELPED}" selected>people helped by judge far</option>' in text
    file = client.get(reverse("board-table", args=[study.slug, "csv"]), {"source": HELPED})
    assert 'overall-helped-by-far.csv"' in file["Content-Disposition"]
    for ending in ("tex", "md"):
        file = client.get(reverse("board-table", args=[study.slug, ending]), {"source": HELPED})
        assert HELPED in file.content.decode()
    # Pages of people's votes alone refuse it.
    assert client.get(reverse("figures", args=[study.slug]), {"source": HELPED}).status_code == 400
    for name, value in {"judges": "llm", "flagged": "out", "ties": "dropped", "control": "length"}.items():
        with pytest.raises(UnknownFilterError, match=name):
            Filters(source=HELPED, **{name: value})
