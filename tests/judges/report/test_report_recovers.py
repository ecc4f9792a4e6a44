"""Imported verdicts of judges whose accuracy, calibration, biases and rank among people are known come out."""

import json

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse

from judges.models import Judge
from judges.report.family import same_family
from judges.report.figures import judge_report
from judges.report.jury import jury_of
from judges.report.words import stand_in
from models_runner.models import Document, Summary, System
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import vote_all
from tests.people import researcher

pytestmark = pytest.mark.django_db
PEOPLE = 4


@pytest.fixture
def study():
    """Two of three systems write more; people prefer the better summary with a chance of its own for each pair."""
    return make_study(systems=3, documents=60, quota=PEOPLE)


def chances(study, rng):
    pairs = list(study.comparisons.select_related("document", "summary_a__run__system", "summary_b__run__system"))
    return pairs, rng.uniform(0.05, 0.95, len(pairs))


def people_vote(study, pairs, chance, rng, *, on=lambda pair: True):
    people = [AnnotatorFactory(study=study) for _ in range(PEOPLE)]
    vote_all(study.criteria.get(), [
        (pair, person, slot, "a", "a" if rng.random() < p else "b")
        for pair, p in zip(pairs, chance, strict=True) if on(pair) for slot, person in enumerate(people)
    ])  # fmt: skip


def imported(study, folder, name, pairs, told, *, first=0.0, rng=None):
    """Verdicts with the chances told for a; with chance `first` the summary shown first is preferred whatever it is."""
    lines = []
    for pair, p in zip(pairs, told, strict=True):
        for shown in "ab":
            biased = rng is not None and rng.random() < first
            winner = shown if biased else "a" if p >= 0.5 else "b"
            sure = 0.95 if shown == "a" else 0.05
            line = {
                "document_id": pair.document.external_id, "criterion": "overall", "judge": name,
                "model_a": pair.summary_a.run.system.slug, "model_b": pair.summary_b.run.system.slug,
                "shown_first": shown, "winner": f"model_{winner}", "p_a": sure if biased else p,
                "p_b": 1 - sure if biased else 1 - p, "p_tie": 0.0,
            }  # fmt: skip
            lines.append(json.dumps(line))
    path = folder / f"{name}.jsonl"
    path.write_text("\n".join(lines))
    call_command("import_verdicts", path, study=study.slug, order_rule="mean")
    return judge_report(Judge.objects.get(name=name), study.criteria.get())


def holds(figure, truth):
    return figure["lower"] <= truth <= figure["upper"]


def test_a_calibrated_judge_as_good_as_a_person_may_stand_in(study, tmp_path):
    rng = np.random.default_rng(3)
    pairs, chance = chances(study, rng)
    people_vote(study, pairs, chance, rng)
    report = imported(study, tmp_path, "calibrated", pairs, chance)
    assert report["pairs"] == 180
    assert holds(report["agreement"], np.maximum(chance, 1 - chance).mean())
    assert holds(report["human_agreement"], (chance**2 + (1 - chance) ** 2).mean())
    assert holds(report["ece"], 0)
    assert (report["flip_rate"]["value"], report["first_position_share"]["value"]) == (0, 0.5)
    assert report["alt_test"] | {"advantage": None} == {
        "winning_rate": 1.0, "advantage": None, "epsilon": 0.1, "passes": True, "people": 4, "left_out": 0,
        "reason": "",
    }  # fmt: skip
    assert report["alt_test"]["advantage"] > 0.8
    assert (report["may_stand_in"], report["why_not"]) == (True, [])
    assert stand_in(report).startswith("On overall it may stand in for a person here")
    assert len(report["calibration"]) == 5
    # People agree with the chance of each bin.
    assert sum(holds(one["right"], one["chance"]) for one in report["calibration"]) >= 4
    # Every pair has votes of all, so that verdicts have nothing to add to them.
    assert report["effective_votes"] == report["votes"] == 720


def test_a_judge_surer_than_right_is_told(study, tmp_path):
    rng = np.random.default_rng(4)
    pairs, chance = chances(study, rng)
    people_vote(study, pairs, chance, rng)
    told = np.where(chance >= 0.5, 0.99, 0.01)
    report = imported(study, tmp_path, "sure", pairs, told)
    assert holds(report["ece"], 0.99 - np.maximum(chance, 1 - chance).mean())
    assert not holds(report["ece"], 0)


def test_a_judge_of_the_first_place_may_not_stand_in(study, tmp_path):
    rng = np.random.default_rng(5)
    pairs, chance = chances(study, rng)
    people_vote(study, pairs, chance, rng)
    report = imported(study, tmp_path, "first", pairs, chance, first=0.5, rng=rng)
    # Half of the verdicts are for the first, and half of the others.
    assert holds(report["first_position_share"], 0.75)
    assert holds(report["flip_rate"], 0.5)
    assert report["may_stand_in"] is False
    assert "position" in report["why_not"]
    assert "it prefers the summary in one place" in stand_in(report)


def test_a_judge_of_long_texts_or_its_own_family_is_told(study, tmp_path):
    rng = np.random.default_rng(6)
    slugs = list(study.systems.order_by("slug").values_list("slug", flat=True))
    Summary.objects.filter(run__system__slug=slugs[0]).update(text="word " * 40)
    Summary.objects.exclude(run__system__slug=slugs[0]).update(text="word " * 10)
    System.objects.filter(slug=slugs[0]).update(model_id="acme/Roadrunner-7B", name="Roadrunner")
    pairs, _ = chances(study, rng)
    people_vote(study, pairs, np.full(len(pairs), 0.5), rng)
    longer = [
        0.8 if pair.summary_a.run.system.slug == slugs[0] else 0.2 if pair.summary_b.run.system.slug == slugs[0] else 0.5
        for pair in pairs
    ]  # fmt: skip
    report = imported(study, tmp_path, "talker", pairs, longer)
    assert holds(report["length_bias"], 0.3)
    assert "length" in report["why_not"]
    assert report["family_bias"]["value"] is None
    assert report["family_bias"]["reason"] == "undefined: the judge's record names no maker and no model"
    own = Judge(name="own", maker="Acme")
    assert same_family(own, list(study.systems.order_by("slug"))).tolist() == [True, False, False]
    assert same_family(Judge(name="x", model_id="/m/Roadrunner-1B-Instruct.gguf"), [System(name="Roadrunner")]).all()


def test_figures_are_by_language_and_by_size(study, tmp_path):
    rng = np.random.default_rng(7)
    some = study.dataset.documents.order_by("pk").values_list("pk", flat=True)[:25]
    Document.objects.filter(pk__in=list(some)).update(language="zh")
    first = study.systems.order_by("slug").first()
    System.objects.filter(pk=first.pk).update(parameters=9_000_000_000)
    System.objects.exclude(pk=first.pk).update(parameters=1_000_000_000)
    pairs, chance = chances(study, rng)
    people_vote(study, pairs, chance, rng)
    report = imported(study, tmp_path, "calibrated", pairs, chance)
    assert [(row["group"], row["pairs"]) for row in report["by_language"]] == [("en", 105), ("zh", 75)]
    assert [(row["group"], row["pairs"]) for row in report["by_size"]] == [
        ("compact / compact", 60), ("compact / large", 120),
    ]  # fmt: skip
    assert sum(row["agreement"]["n"] for row in report["by_size"]) == report["agreement"]["n"] == 720
    System.objects.filter(pk=first.pk).update(parameters=None)
    again = judge_report(Judge.objects.get(name="calibrated"), study.criteria.get())
    assert {row["group"] for row in again["by_size"]} == {"compact / compact", "compact / no size"}


@pytest.mark.parametrize("chosen", [False, True])
def test_verdicts_on_documents_without_votes_are_worth_votes(study, tmp_path, chosen):
    rng = np.random.default_rng(8)
    pairs, chance = chances(study, rng)
    some = {pair.document_id for pair in pairs[:60]}
    people_vote(study, pairs, chance, rng, on=lambda pair: pair.document_id in some)
    told = np.where([chosen and pair.document_id not in some for pair in pairs], 0.95, chance)
    report = imported(study, tmp_path, "calibrated", pairs, told)
    assert report["votes"] == 240
    if chosen:
        assert "differ from the others" in report["effective_votes_reason"]
        assert report["effective_votes"] == 240
    else:
        assert report["effective_votes_reason"] == ""
        assert report["effective_votes"] > 1.2 * 240


def test_the_jury_hears_the_judge_that_knows_and_not_the_coin(study, tmp_path):
    rng = np.random.default_rng(9)
    pairs, chance = chances(study, rng)
    people_vote(study, pairs, chance, rng)
    imported(study, tmp_path, "knows", pairs, chance)
    criterion = study.criteria.get()
    assert jury_of(criterion) == []  # one judge is no jury
    imported(study, tmp_path, "against", pairs, 1 - chance + rng.uniform(-0.04, 0.04, len(chance)))
    against, knows = jury_of(criterion)
    assert (against.judge.name, knows.judge.name) == ("against", "knows")
    assert against.discrimination.value is None
    assert against.discrimination.reason.startswith("left out")
    assert knows.discrimination.lower > 0.5
    text = researcher().get(reverse("study-judges", args=[study.slug])).content.decode()
    assert "All judges as a jury" in text
    assert "left out: beside the other judges it says nothing more" in text


def test_win_rates_are_corrected_by_the_judges_errors(study, tmp_path):
    rng = np.random.default_rng(10)
    first = study.systems.order_by("slug").first()
    pairs, _ = chances(study, rng)
    others = [0 if first not in (p.summary_a.run.system, p.summary_b.run.system) else 1 for p in pairs]
    sign = [1 if p.summary_a.run.system == first else -1 for p in pairs]
    # The first system is better in 85 of 100 of its pairs; 95 of 100 votes say so, and 65 of 100 verdicts.
    better = np.where(rng.random(len(pairs)) < np.where(others, 0.85, 0.5), sign, -np.array(sign))
    people_vote(study, pairs, 0.5 + 0.45 * better, rng)
    right = np.where(rng.random(len(pairs)) < 0.65, better, -better)
    report = imported(study, tmp_path, "far", pairs, 0.5 + 0.499 * right)
    truth = 0.85 * 0.95 + 0.15 * 0.05
    row = next(row for row in report["win_rates"] if row["system"] == first.slug)
    assert not holds(row["judge"], truth)
    assert holds(row["people"], truth)
    assert holds(row["corrected"], truth)
    assert row["sensitivity"] == pytest.approx(0.65, abs=0.1)
    assert [row["system"] for row in report["win_rates"]] == sorted(row["system"] for row in report["win_rates"])
