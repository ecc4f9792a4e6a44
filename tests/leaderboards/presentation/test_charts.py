"""Charts as data and as files: what they show, what they leave out, and how they look."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalsite
from leaderboards.presentation.charts.drawing.rendering import FILES
from leaderboards.presentation.charts.forest import forest_chart
from leaderboards.presentation.charts.labels import PLACES, padded, place_labels
from leaderboards.presentation.charts.look import DARK, LIGHT, REGIMES, Look, look_of
from leaderboards.presentation.charts.progress import progress_chart
from leaderboards.presentation.charts.scatter import Axis, scatter_chart
from leaderboards.presentation.charts.win_matrix import MOST_SYSTEMS, win_matrix_chart
from stats.ratings.estimates import NO_LIMIT
from stats.ratings.win_rates import win_rates
from tests.evalsite.test_theme import contrast
from tests.stats.simulate import TIE, A, B, simulated, votes

LOOKS = [Look(dark, narrow) for dark in (False, True) for narrow in (False, True)]
RATING = Axis("rating", "Rating", "rating_lower", "rating_upper")


def line(system="lead-3", regime="baseline", size_class="", rating=1000.0, half=50.0, **values):
    bounds = {"rating_lower": None, "rating_upper": None, "reasons": {"rating_lower": NO_LIMIT}}
    if rating is not None and half is not None:
        bounds = {"rating_lower": rating - half, "rating_upper": rating + half, "reasons": {}}
    return {"system": system, "regime": regime, "size_class": size_class, "rating": rating, **bounds, **values}


LINES = [
    line("flan-t5-large", "fine-tuned", "compact", 1100.0, rougeL=0.31),
    line("llama-2-13b", "zero-shot", "large", 1080.0, rougeL=0.25),
    line("phi-2", "zero-shot", "mid", 950.0, None, rougeL=None),
    line("lead-3", rating=870.0, rougeL=0.2),
]


def board(lines=LINES, n=60):
    return {"systems": lines, "votes": n}


def all_charts():
    sample = simulated(0, n_votes=200, n_systems=4)
    systems = [one["system"] for one in LINES]
    return [
        forest_chart(board()),
        win_matrix_chart(win_rates(sample), systems, systems),
        scatter_chart(LINES, Axis("rougeL", "ROUGE-L"), RATING),
        progress_chart([(date(2026, 3, 2), 40), (date(2026, 3, 5), 60)]),
    ]


def everything(spec, key):
    """Every value under this key, however deep."""
    parts = spec.values() if isinstance(spec, dict) else spec if isinstance(spec, list) else []
    found = [spec[key]] if isinstance(spec, dict) and key in spec else []
    for part in parts:
        found += everything(part, key)
    return found


# ---- files


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.name)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_chart_is_drawn_in_every_look(chart, look):
    svg = FILES["svg"][0](chart, look).decode()
    assert svg.startswith("<svg")
    assert look.colours.surface in svg
    assert svg.count("<path") > 2


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures_and_pages_for_a_paper(ending, start):
    assert FILES[ending][0](forest_chart(board()), Look()).startswith(start)


def test_the_spec_holds_its_data_and_fetches_nothing():
    for chart in all_charts():
        spec = json.loads(FILES["json"][0](chart, Look()))
        assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6")
        assert spec["description"] == chart.description
        assert spec["data"]["values"]
        assert everything(spec, "url") == []


def test_the_table_as_csv_has_every_digit_and_no_formulas():
    lines = [line("=cmd()", "zero-shot", "large", 1000 + 1 / 3)]
    rows = list(csv.reader(io.StringIO(FILES["csv"][0](forest_chart(board(lines)), Look()).decode())))
    assert rows[0] == ["System", "Regime", "Size class", "Rating", "Lower", "Upper"]
    assert rows[1][0] == "'=cmd()"
    assert float(rows[1][3]) == 1000 + 1 / 3


def test_names_reach_the_picture_as_text():
    svg = FILES["svg"][0](forest_chart(board([line("<script>x</script>")])), Look()).decode()
    assert "<script" not in svg


# ---- what each shows


def test_the_forest_leaves_an_interval_out_where_there_is_none():
    chart = forest_chart(board())
    assert chart.rows[2] == ["phi-2", "zero-shot", "mid", 950.0, None, None]
    assert "phi-2 950 (no interval)" in chart.description
    assert "flan-t5-large 1100 (1050 to 1150)" in chart.description
    # Vega writes 0 for a number that is not there: a tooltip has words.
    spec = chart.spec(Look())
    assert [row["interval"] for row in spec["data"]["values"]] == [
        "1050 to 1150", "1030 to 1130", f"none: {NO_LIMIT}", "820 to 920",
    ]  # fmt: skip
    assert [one["field"] for tooltip in everything(spec, "tooltip") for one in tooltip] == [
        "system",
        "rating",
        "interval",
    ]
    assert FILES["svg"][0](chart, Look()).decode().count('stroke-width="2.5"') == 3


@pytest.mark.parametrize(("n", "why"), [(0, "No votes yet."), (5, "The votes do not connect all systems.")])
def test_a_forest_without_ratings_says_why(n, why):
    chart = forest_chart(board([line(rating=None)], n))
    assert (chart.empty, chart.rows) == (why, [[why]])


def test_the_win_matrix_by_hand():
    # 0 beats 1 twice and ties once: 2.5 of 3; 2 met nobody.
    sample = votes([(0, 1, A), (1, 0, B), (0, 1, TIE)], 3)
    chart = win_matrix_chart(win_rates(sample), ["a", "b", "c"], ["b", "c", "a"])
    rates = {(row[0], row[1]): (row[2], row[5]) for row in chart.rows}
    assert rates == {("a", "b"): (pytest.approx(2.5 / 3), 3), ("b", "a"): (pytest.approx(0.5 / 3), 3)}
    assert "a against b, 83% of 3 votes" in chart.description


def test_a_large_win_matrix_draws_the_first_and_lists_all():
    n = MOST_SYSTEMS + 5
    systems = [f"s{i:02}" for i in range(n)]
    chart = win_matrix_chart(win_rates(simulated(1, n_votes=5000, n_systems=n)), systems, systems)
    assert f"Drawn are the first {MOST_SYSTEMS} of {n} systems." in chart.description
    drawn = chart.spec(Look())["data"]["values"]
    assert {row["system"] for row in drawn} == set(systems[:MOST_SYSTEMS])
    assert {row[0] for row in chart.rows} == set(systems)


def test_no_votes_make_no_matrix():
    assert win_matrix_chart(win_rates(votes([], 2)), ["a", "b"], ["a", "b"]).empty == "No votes yet."


def test_a_scatter_leaves_out_what_lacks_one_of_the_two():
    chart = scatter_chart(LINES, Axis("rougeL", "ROUGE-L"), RATING, remark="Kendall's tau 0.33 (-0.2 to 0.9).")
    assert [row[0] for row in chart.rows] == ["flan-t5-large", "llama-2-13b", "lead-3"]
    assert chart.title == "Rating against ROUGE-L"
    assert chart.description.endswith("1 without one of the two left out. Kendall's tau 0.33 (-0.2 to 0.9).")
    assert scatter_chart([line(rougeL=None)], Axis("rougeL", "ROUGE-L"), RATING).empty.startswith("No system has both")


def test_progress_adds_up():
    chart = progress_chart([(date(2026, 3, 2), 40), (date(2026, 3, 5), 60)])
    assert chart.rows == [["2026-03-02", 40, 40], ["2026-03-05", 60, 100]]
    assert chart.description.startswith("100 votes from 2026-03-02 to 2026-03-05")
    assert progress_chart([]).empty == "No votes yet."


# ---- look


def test_an_address_that_names_no_look_gets_the_light_wide_one():
    assert (look_of("", ""), look_of("dark", "narrow")) == (Look(), Look(True, True))


def test_colours_are_those_of_the_site():
    css = (Path(evalsite.__file__).parent / "static/evalsite/site.css").read_text()
    for colours, part in zip((LIGHT, DARK), css.split("@media", 2)[:2], strict=True):
        site = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", part))
        assert [getattr(colours, name) for name in ("surface", "text", "muted", "line", "accent")] == [
            site[name] for name in ("surface", "text", "muted", "line", "accent")
        ]
        assert colours.regimes == tuple(site[name] for name in ("accent", "speaker-2", "speaker-8", "speaker-6"))


# Viénot, Brettel and Mollon (1999), Digital video colourmaps for checking the legibility of displays by dichromats,
# Color Research and Application 24: from linear RGB to linear RGB.
BLINDNESS = {
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
}


def lab(colour, blindness=None):
    """CIE L*a*b*, D65."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if blindness:
        linear = np.clip(np.array(BLINDNESS[blindness]) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.array([t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz / [0.9505, 1.0, 1.089]])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("blindness", [None, *BLINDNESS])
def test_regimes_of_models_are_told_apart_without_full_sight_of_colour(colours, blindness):
    # A difference of 10 is plain side by side. Baseline and human never share a place with models in a verdict.
    zero_shot, fine_tuned, baseline, _ = (lab(colour, blindness) for colour in colours.regimes)
    for one, other in ((zero_shot, fine_tuned), (zero_shot, baseline), (fine_tuned, baseline)):
        assert np.linalg.norm(one - other) > 10


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_written_on_the_colours_is_readable(colours):
    for ground in (colours.low, colours.middle, colours.high):
        assert contrast(colours.text, ground) >= 4.5
    for colour in (*colours.regimes, colours.muted):
        assert contrast(colour, colours.surface) >= 4.5


def test_regimes_and_shapes_stay_the_same_whichever_are_there():
    alone, among = (
        scatter_chart(lines, Axis("rougeL", "ROUGE-L"), RATING).spec(Look()) for lines in ([LINES[3]], LINES)
    )
    scale = next(s for s in everything(alone, "scale") if s.get("domain") == ["baseline"])
    assert scale["range"] == [LIGHT.regimes[REGIMES.index("baseline")]]
    both = next(s for s in everything(among, "scale") if "baseline" in s.get("domain", []) and len(s["domain"]) > 1)
    assert dict(zip(both["domain"], both["range"], strict=True))["baseline"] == scale["range"][0]


def test_regimes_are_told_apart_without_colours():
    lines = [LINES[0] | {"system": regime, "regime": regime} for regime in REGIMES]
    for look in LOOKS:
        spec = scatter_chart(lines, Axis("rougeL", "ROUGE-L"), RATING).spec(look)
        fill, dash = (next(iter(everything(spec, channel)))["scale"] for channel in ("fill", "strokeDash"))
        assert fill["domain"] == dash["domain"] == list(REGIMES)
        own = dict(zip(REGIMES, look.colours.regimes, strict=True))
        looks = [
            ("full" if inside == own[regime] else inside, tuple(outline))
            for regime, inside, outline in zip(REGIMES, fill["range"], dash["range"], strict=True)
        ]
        assert len(set(looks)) == len(REGIMES)


def test_an_axis_has_room_around_its_values():
    assert padded([900.0, 1100.0]) == (888.0, 1112.0)
    for low, high in (padded([5.0]), padded([0.0]), padded([-2.0, -2.0])):
        assert low < high


# ---- names of points


@given(
    st.lists(st.tuples(st.floats(0, 600), st.floats(0, 300)), min_size=1, max_size=12),
    st.integers(1, 30),
)
def test_each_point_gets_one_place(points, length):
    places = place_labels(points, ["x" * length] * len(points), width=600, height=300)
    assert len(places) == len(points)
    assert set(places) <= set(PLACES)


def test_names_keep_off_the_edge_and_off_each_other():
    assert place_labels([(595, 150)], ["llama-2-13b"], width=600, height=300) == ["left"]
    assert place_labels([(5, 150)], ["llama-2-13b"], width=600, height=300) == ["right"]
    # Near by, everything is taken by lines: rather farther away than over them.
    around = [(60.0, 135.0 + n, 260.0, 135.0 + n) for n in range(0, 30, 2)]
    (place,) = place_labels([(160, 150)], ["llama-2-13b"], width=600, height=300, lines=around)
    assert place.startswith("far")
    # To the right lies the other point, and to the left of that the name of the first.
    assert place_labels([(100, 150), (140, 150)], ["first", "other"], width=600, height=300) == ["left", "right"]
