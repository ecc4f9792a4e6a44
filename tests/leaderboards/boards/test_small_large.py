"""Small against large: what is computed, the sentences, and the page."""

import json
import re

import pytest
from django.test import Client

from annotations.models import Judgement, Study
from leaderboards.boards import noninferiority as noninferiority_module
from leaderboards.boards.analysis.analyse import analyse, compute_trust
from leaderboards.boards.small_large import compute_small_large
from leaderboards.data.inputs import gather_inputs
from leaderboards.presentation.verdict_text import facts, say_result, share_texts
from models_runner.models import System
from stats.decisions.noninferiority import Scale
from stats.metrics.significance import mean_intervals
from tests.factories import SystemFactory, UserFactory, make_study
from tests.leaderboards.compared import SYSTEMS, make_compared_study
from tests.leaderboards.helpers import build_board
from tests.stats.decisions.one_pair import noninferiority

# Arithmetic on votes, and its pages; tests/leaderboards/data reads votes from both engines.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

BOUNDS = (("lower", "lower"), ("upper", "upper"))


@pytest.fixture
def study():
    return make_compared_study(slug="meetings", documents=4, annotators=3, noninferiority_margin=0.05)


def computed(study):
    return compute_small_large(gather_inputs(study, study.criteria.get()), seed=0)


def reader():
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    return client


def page(**query):
    response = reader().get("/boards/meetings/small-versus-large/", query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


# ---- what is computed


def test_it_is_json_and_the_same_every_time(study):
    once = computed(study)
    assert json.loads(json.dumps(once, allow_nan=False)) == once == computed(study)


def test_every_small_system_is_held_against_every_other_kind(study):
    pairs = {(found["small"], found["large"]) for found in computed(study)["verdicts"]}
    small = {"flan-t5-large-ft", "tinyllama-1-1b-ft", "flan-t5-base-ft", "lead-3"}
    large = {"phi-2", "llama-2-7b-chat", "llama-2-13b-chat", "mixtral-8x7b"}
    assert pairs == {(one, other) for one in small for other in large}


def test_verdicts_are_those_of_the_statistic(study):
    """Of all pairs at once; that of the pair named before the first vote is its own."""
    inputs = gather_inputs(study, study.criteria.get())
    data = compute_small_large(inputs, seed=3)
    found = next(f for f in data["verdicts"] if (f["small"], f["large"]) == ("flan-t5-large-ft", "phi-2"))
    i, j = inputs.slugs.index("flan-t5-large-ft"), inputs.slugs.index("phi-2")
    own = noninferiority(inputs.arrays, i, j, margin=0.05, seed=3, scale=Scale.WIN_PROBABILITY)
    assert found["difference"] == pytest.approx(own.difference)
    assert found["lower"] < own.lower < own.upper < found["upper"]
    assert (found["pairs"], found["p"]) == (16, None)
    named = System.objects.get(slug="flan-t5-large-ft"), System.objects.get(slug="phi-2")
    Study.objects.update(small_system=named[0], large_system=named[1], pair_named_at=study.created_at)
    of_all = computed(Study.objects.get())["verdicts"]
    found = next(f for f in of_all if (f["small"], f["large"]) == ("flan-t5-large-ft", "phi-2"))
    own = noninferiority(inputs.arrays, i, j, margin=0.05, seed=0, scale=Scale.WIN_PROBABILITY)
    assert [found[name] for name in ("difference", "lower", "upper", "p", "pairs")] == pytest.approx(
        [own.difference, own.lower, own.upper, own.p, 1]
    )
    assert {one["pairs"] for one in of_all if one is not found} == {16}


def test_of_many_systems_the_best_rated_are_compared_within_all(study, monkeypatch):
    """With the best of its size class, and the intervals of all 16 pairs."""
    every = {(one["small"], one["large"]): one for one in computed(study)["verdicts"]}
    monkeypatch.setattr(noninferiority_module, "MOST_OF_A_SIDE", 1)
    data = computed(study)
    board = {line["system"]: line["rating"] for line in build_board(study, study.criteria.get())["systems"]}
    best = max(data["small"], key=board.__getitem__), max(data["large"], key=board.__getitem__)
    assert best == tuple(max((pair[side] for pair in every), key=board.__getitem__) for side in (0, 1))
    assert len(data["small"]) <= 2
    assert len(data["large"]) <= 2
    assert data["many"] == {"small": 4, "large": 4}
    assert {(one["small"], one["large"]): one for one in data["verdicts"]} == {
        pair: one for pair, one in every.items() if pair[0] in data["small"] and pair[1] in data["large"]
    }
    assert "of 4 small systems and" in page()
    worst = min((pair[0] for pair in every), key=board.__getitem__)
    asked = System.objects.get(slug=worst)
    Study.objects.update(
        small_system=asked, large_system=System.objects.get(slug=best[1]), pair_named_at=study.created_at
    )
    assert worst in computed(Study.objects.get())["small"]


def test_votes_on_each_pair_are_counted_apart(study):
    inputs = gather_inputs(study, study.criteria.get())
    for found in compute_small_large(inputs, seed=3)["verdicts"]:
        i, j = (inputs.slugs.index(found[side]) for side in ("small", "large"))
        rows = zip(inputs.arrays.system_a, inputs.arrays.system_b, inputs.arrays.outcome, strict=True)
        between = [(a == i, outcome) for a, b, outcome in rows if {a, b} == {i, j}]
        won = sum(outcome < 2 and (outcome == 0) == small_is_a for small_is_a, outcome in between)
        tied = sum(outcome >= 2 for _, outcome in between)
        assert found["outcomes"] == {"won": won, "tied": tied, "lost": len(between) - won - tied}


def test_trust_data_and_scripts_have_the_same_verdicts(study):
    inputs = gather_inputs(study, study.criteria.get())
    found = analyse(inputs, seed=0)["noninferiority"]
    assert compute_trust(inputs, seed=0)["noninferiority"] == found
    for row, pair in zip(computed(study)["verdicts"], found["pairs"], strict=True):
        of_interval = {name: pair["difference"][of] for name, of in (("difference", "value"), *BOUNDS)}
        same = {name: pair[name] for name in ("small", "large", "p", "pairs", "verdict", "votes_needed")}
        assert row == row | of_interval | same
        assert row["reason"] == pair["difference"]["interval_reason"]
    assert {pair["verdict"] for pair in found["pairs"]} >= {"inferior", "undecided"}


def test_the_page_and_the_trust_data_say_the_same(study):
    data = reader().get("/boards/meetings/trust/trust.json").json()["noninferiority"]["pairs"]
    html = page(small="flan-t5-large-ft", large="phi-2")
    (pair,) = [pair for pair in data if (pair["small"], pair["large"]) == ("flan-t5-large-ft", "phi-2")]
    difference = pair["difference"]
    assert f"{difference['value']:.3f} (chance that the small system is preferred" in html
    assert f"{difference['lower']:.3f} to {difference['upper']:.3f}" in html
    assert (pair["p"], pair["pairs"]) == (None, 16)
    assert "— (one of 16 pairs)" in html


def test_metrics_have_document_intervals(study):
    inputs = gather_inputs(study, study.criteria.get())
    data = compute_small_large(inputs, seed=0)
    assert list(data["metrics"]) == ["rougeL"]
    by_summary = {s.pk: s for s in inputs.summaries}
    documents = sorted({s.document for s in inputs.summaries})
    values = [[None] * len(documents) for _ in inputs.slugs]
    for one in inputs.scores:
        summary = by_summary[one.summary]
        values[inputs.slugs.index(summary.system)][documents.index(summary.document)] = one.value
    import numpy as np

    means = mean_intervals(np.array(values, dtype=float), seed=0)
    for i, slug in enumerate(inputs.slugs):
        metric = data["metrics"]["rougeL"][slug]
        assert (metric["value"], metric["lower"], metric["upper"]) == pytest.approx(
            (means.mean[i], means.lower[i], means.upper[i])
        )


def test_costs_and_why_some_are_unknown(study):
    System.objects.filter(slug="phi-2").update(parameters=None)
    System.objects.filter(slug="mixtral-8x7b").update(price={"hour": 3.6})
    costs = computed(study)["costs"]
    assert costs["parameters"]["flan-t5-large-ft"] == {"value": 780e6, "reason": ""}
    assert costs["parameters"]["lead-3"] == {"value": 0.0, "reason": "a baseline has no parameters"}
    assert costs["parameters"]["phi-2"] == {"value": None, "reason": "number of parameters not stated"}
    assert costs["seconds"]["mixtral-8x7b"]["value"] == pytest.approx(61)
    assert costs["price"]["mixtral-8x7b"]["value"] == pytest.approx(3.6 * 61 / 3600)
    assert costs["price"]["phi-2"]["reason"] == "no price on the system's record"
    assert costs["memory"]["llama-2-7b-chat"]["value"] == pytest.approx(14.1e9)
    assert costs["memory"]["lead-3"] == {"value": None, "reason": "peak memory not measured"}


def test_partly_measured_times_say_so_and_free_systems_cost_nothing(study):
    run = study.systems.get(slug="phi-2").runs.get()
    first = run.summaries.order_by("pk").first()
    run.summaries.filter(pk=first.pk).update(seconds=None)
    System.objects.filter(slug="phi-2").update(price={"input": 0})
    costs = computed(study)["costs"]
    assert costs["seconds"]["phi-2"]["reason"] == "3 of 4 summaries"
    assert costs["price"]["phi-2"] == {"value": 0.0, "reason": "costs nothing"}


def test_without_a_margin_there_are_intervals_and_no_verdict(study):
    Study.objects.update(noninferiority_margin=None)
    found = computed(Study.objects.get())["verdicts"][0]
    assert found["lower"] is not None
    assert (found["verdict"], found["p"], found["margin"], found["votes_needed"]) == (None, None, None, None)


def test_it_takes_one_query_beside_those_of_the_inputs(study, django_assert_num_queries):
    inputs = gather_inputs(study, study.criteria.get())
    with django_assert_num_queries(1):
        compute_small_large(inputs, seed=0)


# ---- the sentences


DATA = {"votes": 1440, "resamples": 1000, "seed": 0}
SMALL, LARGE = "tiny", "big"


def result(**values):
    found = {"difference": -0.03, "lower": -0.04, "upper": 0.02, "error": 0.015, "p": 0.004, "margin": 0.05}
    found |= {"equivalent": False, "p_equivalence": 0.2, "told": "not told apart", **needed(900)}
    return found | {"verdict": "not inferior", "reason": ""} | values


def said(**values):
    kind, sentence = say_result(result(**values), SMALL, LARGE, DATA["votes"])
    return kind, sentence.replace("\N{NO-BREAK SPACE}", " ")


def needed(votes):
    ends = {"votes_lower": 2100, "votes_upper": 21_400, "ask_again": 2100}
    return {"votes_needed": votes, "annotators_needed": 26, "documents_needed": 160} | ends


def test_equivalence_and_difference_are_said_beside_the_verdict():
    numbers = dict(facts(result(equivalent=True, p_equivalence=0.0012, told="not told apart"), DATA))
    assert numbers["Equivalent"] == "yes: as good as each other, within the margin"
    assert numbers["p of equivalence"] == "0.0012 for: better or worse by the margin or more; level 0.025"
    assert numbers["Do the two differ?"] == "not told apart, by the rule for all pairs of the board at once"
    not_shown = dict(facts(result(equivalent=False, told="differ"), DATA))
    assert not_shown["Equivalent"].startswith("not shown: the interval reaches beyond the margin")
    assert not_shown["Do the two differ?"].startswith("yes, by the rule")
    assert dict(facts(result(margin=None, equivalent=None), DATA))["Equivalent"] == "no margin to ask about"
    assert dict(facts(result(told="too few"), DATA))["Do the two differ?"] == "too few to say"


def test_good_enough():
    assert said() == (
        "good",
        "tiny is preferred in 47 % of comparisons with big (95 %: 46 to 52 %); good enough means surely at least 45 %.",
    )


def test_better():
    assert said(difference=0.06, lower=0.021, upper=0.1, verdict="superior") == (
        "good",
        "tiny is preferred in 56 % of comparisons with big (95 %: 52 to 60 %); good enough means surely at least 45 %. "
        "It is surely the better one.",
    )


def test_not_good_enough():
    assert said(difference=-0.14, lower=-0.2, upper=-0.08, verdict="inferior") == (
        "bad",
        "tiny is preferred in 36 % of comparisons with big (95 %: 30 to 42 %); good enough means surely at least 45 %. "
        "It surely falls short of that.",
    )


def test_not_decided_yet():
    assert said(lower=-0.13, upper=0.05, verdict="undecided", **needed(3871)) == (
        "open",
        "tiny is preferred in 47 % of comparisons with big (95 %: 37 to 55 %); good enough means surely at least 45 %. "
        "It takes more votes to decide it with 4 chances in 5. About 3,900 votes in all, spread evenly over 26 annotators and 160 documents; "
        "between 2,100 and 22,000 votes. Ask again after 2,100 votes.",
    )
    _, soon = said(lower=-0.09, verdict="undecided", **needed(1200))
    assert soon.endswith("A few more votes should decide it.")
    _, on_the_margin = said(lower=-0.09, verdict="undecided", votes_needed=None)
    assert on_the_margin.endswith("The difference seems to lie on the margin itself, where no number of votes decides.")


@pytest.mark.parametrize(
    ("lower", "upper", "verdict", "text"),
    [
        # 44.8 would be 45 without a digit, and 45 would be enough.
        (-0.052, 0.1, "undecided", ("48.0 %", "44.8", "60.0 %")),
        (-0.0502, 0.1, "undecided", ("48.00 %", "44.98", "60.00 %")),
        (-0.048, 0.1, "not inferior", ("48 %", "45", "60 %")),
        # An upper end of 44.9 would be 45, which is not below it.
        (-0.2, -0.051, "inferior", ("48.0 %", "30.0", "44.9 %")),
        # Better only from above one half on.
        (0.003, 0.1, "superior", ("48.0 %", "50.3", "60.0 %")),
    ],
)
def test_shares_are_rounded_to_the_side_that_they_are_on(lower, upper, verdict, text):
    found = share_texts(result(difference=-0.02, lower=lower, upper=upper, verdict=verdict))
    assert tuple(part.replace("\N{NO-BREAK SPACE}", " ") for part in found) == text


def test_no_interval_and_no_margin():
    reason = "no votes link the two systems, directly or through others"
    nothing = {"difference": None, "lower": None, "upper": None, "error": None, "p": None, "votes_needed": None}
    nothing |= {"equivalent": None, "p_equivalence": None, "told": "too few"}
    assert said(**nothing, reason=reason) == (
        "open",
        "It is not known how tiny compares with big: no votes link the two systems, directly or through others.",
    )
    assert ("Difference", "— (chance that the small system is preferred, minus 1/2)") in facts(
        result(**nothing, reason=reason), DATA
    )
    assert said(margin=None, p=None, verdict=None, votes_needed=None) == (
        "none",
        "tiny is preferred in 47 % of comparisons with big (95 %: 46 to 52 %). The study has no margin, so nothing says "
        "how much less would be good enough.",
    )


# ---- the page


def test_the_page_names_the_best_of_each_kind_and_the_verdict(study):
    html = page()
    assert '<option value="flan-t5-large-ft" selected>flan-t5-large-ft</option>' in html
    assert '<option value="mixtral-8x7b" selected>mixtral-8x7b</option>' in html
    assert "flan-t5-large-ft is preferred in" in html
    assert "The interval holds for all 9 pairs at once, so it allows for the choice." in html
    assert "figures/pareto.svg?criterion=overall&amp;quality=rating&amp;cost=parameters" in html


def test_the_two_systems_and_the_axes_are_chosen_by_the_address(study):
    html = page(small="lead-3", large="mixtral-8x7b", quality="rougeL", cost="memory")
    assert "lead-3 is preferred in" in html
    assert "It surely falls short of that." in html
    assert "The interval holds for all 16 pairs at once, so it allows for a look at the votes first." in html
    assert "ROUGE-L against peak memory" in html
    assert "<li>lead-3: peak memory not measured</li>" in html


def test_nonsense_in_the_address_is_the_default(study):
    html = page(small="<x>", large="lead-3", quality="x", cost="y")
    assert "Rating against parameters" in html
    assert '<option value="mixtral-8x7b" selected>' in html


def test_no_votes():
    make_compared_study(slug="meetings", documents=2, annotators=0, noninferiority_margin=0.05)
    html = page()
    assert "No system has both a rating and a known cost yet." in html
    assert (
        "Too few to say: no votes yet. It takes 20 votes by 3 annotators on 3 documents on each of flan-t5-base-ft"
        in html
    )
    assert "lead-3: no votes yet" in html


def test_no_large_system_and_no_small_one(study):
    study.systems.set(study.systems.filter(slug__in=["flan-t5-large-ft", "lead-3"]))
    assert "The study has only compact systems and baselines" in page()
    study.systems.set(System.objects.filter(slug__in=["phi-2", "mixtral-8x7b"]))
    assert "The study has no compact system" in page()


def test_a_tie_of_all_votes_is_carried_through(study):
    Judgement.objects.update(outcome="tie")
    html = page()
    assert "Rating against parameters" in html
    assert re.search(r"It is not known how [^<>]+: too few votes", html)


def test_a_person_as_a_system_is_listed_with_the_reason():
    study = make_study(slug="meetings", systems=2, documents=1)
    study.systems.add(SystemFactory(slug="minutes", regime="human"))
    assert "minutes: a person; no votes yet" in page()


def test_the_demonstration_has_a_system_of_every_kind():
    assert {system[2] for system in SYSTEMS} == {"fine-tuned", "zero-shot", "baseline"}


def test_the_page_says_what_each_quality_says(study):
    html = page()
    assert "What do the metrics say?" in html
    assert "<dt>ROUGE-L</dt><dd>The longest run of words that both have in the same order, with gaps.</dd>" in html
    assert "<dt>BLEU</dt>" not in html
