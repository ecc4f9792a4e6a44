import pytest
from django.template.loader import render_to_string

from leaderboards.presentation.board_table import COLUMNS, SORTS, make_table
from leaderboards.presentation.enough import in_numbers
from leaderboards.presentation.forest_plot import forest_plot, forest_plots

KEYS = [column.key for column in COLUMNS]


def line(system, **values):
    fields = ["rating", "rating_lower", "rating_upper", "rank_best", "rank_worst", "part", *KEYS]
    counts = dict.fromkeys(["summaries", "cut_inputs", "dropped_tokens", "cut_outputs", "empty_outputs"], 0)
    defaults = dict.fromkeys(fields) | {"name": system, "regime": "zero-shot", "size_class": "compact", "reasons": {}}
    return defaults | counts | {"system": system} | values


def board(*lines):
    return {"systems": list(lines)}


def texts(row):
    return dict(zip(KEYS, (cell.text for cell in row.cells), strict=True))


def test_values_are_written_for_people():
    rated = line(
        "tiny",
        rank=1,
        rank_best=1,
        rank_worst=1,
        rating=1064.4,
        rating_lower=1012.2,
        rating_upper=1118.7,
        votes=12345,
        win_rate=0.534,
        both_bad_rate=0.0,
        rouge1=0.31749,
        bertscore_f1=0.9,
        words=64.4,
        seconds=4.216,
        parameters=1_100_000_000,
    )
    assert texts(make_table(board(rated)).rows[0]) == {
        "rank": "1",
        "rating": "1064",
        "interval": "1012–1119",
        "votes": "12,345",
        "win_rate": "53%",
        "both_bad_rate": "0%",
        "rouge1": "0.317",
        "rouge2": "—",
        "rougeL": "—",
        "rougeLsum": "—",
        "bertscore_f1": "0.900",
        "words": "64",
        "seconds": "4.22",
        "parameters": "1.1B",
    }


def test_a_rank_is_the_range_that_the_votes_leave_open():
    """Five that cannot be told apart are not five first places: each has the places from the first to the fifth."""
    ranks = [(1, 1, 5)] * 5 + [(6, 6, 6), (7, None, None)]
    lines = [line(f"s{i}", rank=rank, rank_best=best, rank_worst=worst) for i, (rank, best, worst) in enumerate(ranks)]
    cells = [row.cells[KEYS.index("rank")] for row in make_table(board(*lines)).rows]
    assert [cell.text for cell in cells] == ["1–5"] * 5 + ["6", "—"]


def test_figures_that_too_few_votes_stand_behind_are_dashes_and_come_last():
    figures = {"rating_lower": 1, "rating_upper": 2, "rank": 1, "rank_best": 1, "rank_worst": 2, "win_rate": 1.0}
    why = "too few to say: 2 votes of at least 20"
    lines = [
        line("lucky", rating=1246, votes=2, words=9, too_few=why, part=0, **figures),
        line("sure", rating=1100, votes=40, too_few="", part=0, **figures),
        line("new", votes=0, too_few="too few to say: 0 votes of at least 20", reasons={"rating": "no votes yet"}),
    ]
    given = board(*lines) | {"neighbours": [{"better": "lucky", "worse": "sure"}]}
    shown = make_table(given)
    assert [row.system for row in shown.rows] == ["sure", "lucky", "new"]
    lucky = texts(shown.rows[1])
    assert {lucky[key] for key in ("rank", "rating", "interval", "win_rate", "both_bad_rate")} == {"—"}
    assert (lucky["votes"], lucky["words"]) == ("2", "9")
    assert shown.notes == [why, "no votes yet"]
    # Nothing of them in the page, not even as a key to sort by.
    assert {cell.sort for cell in shown.rows[1].cells} == {"", "2", "9"}
    assert [row.label for row in forest_plots(given | {"systems": lines[:2]})[""].rows] == ["sure"]
    assert in_numbers(given)["neighbours"] == []
    assert lines[0]["rating"] == 1246


def test_parts_have_tables_and_plots_of_their_own():
    lines = [
        line("a", part=1, rating=1100),
        line("b", part=0, rating=1000),
        line("c", part=1, rating=900),
        line("new", part=None),
    ]
    bodies = make_table(board(*lines), sort="rating").bodies
    assert {body.title: [row.system for row in body.rows] for body in bodies} == {
        "Part 2, on a scale of its own": ["c", "a"],
        "Part 1, on a scale of its own": ["b"],
        "Without votes": ["new"],
    }
    plots = forest_plots(board(*lines))
    assert {title: [row.label for row in plot.rows] for title, plot in plots.items()} == {
        "Part 2, on a scale of its own": ["a", "c"],
        "Part 1, on a scale of its own": ["b"],
    }
    assert list(forest_plots(board(*lines[:1]))) == [""]


def test_equal_reasons_share_one_note():
    shown = make_table(
        board(
            line(
                "a", reasons={"rank_best": "no votes yet", "rating": "no votes yet", "parameters": "has no parameters"}
            ),
            line("b", reasons={"rank_best": "no votes yet"}),
        )
    )
    assert shown.notes == ["no votes yet", "has no parameters"]
    notes = [dict(zip(KEYS, (cell.note for cell in row.cells), strict=True)) for row in shown.rows]
    assert (notes[0]["rank"], notes[0]["rating"], notes[0]["parameters"], notes[1]["rank"]) == (1, 1, 2, 1)
    assert notes[1]["rating"] == 0


def test_what_was_cut_off_is_a_note_on_the_system():
    shown = make_table(
        board(line("a", summaries=9, cut_inputs=8, dropped_tokens=41234, cut_outputs=2, empty_outputs=1))
    )
    assert shown.rows[0].note == 1
    assert shown.notes[0] == (
        "of 9 summaries: input cut in 8, 41,234 tokens dropped in all; "
        "output cut off at its limit in 2; nothing written in 1"
    )


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-words", ["c", "b", "a", "new"]),  # equals stay in the board's order
        ("words", ["a", "c", "b", "new"]),
        ("system", ["a", "b", "c", "new"]),
        ("-system", ["new", "c", "b", "a"]),
        ("no such column", ["c", "a", "b", "new"]),  # the default: highest rating first
    ],
)
def test_sorting_keeps_the_undefined_last(sort, order):
    lines = [
        line("c", rating=1100, words=20),
        line("a", rating=1000, words=10),
        line("b", rating=900, words=20),
        line("new"),
    ]
    assert [row.system for row in make_table(board(*lines), sort=sort).rows] == order


def test_every_column_can_be_sorted_both_ways():
    for sort in SORTS:
        header = next(h for h in make_table(board(line("a")), sort=sort).headers if h.direction)
        assert header.key == sort.removeprefix("-")
        assert (header.next_sort == header.key) == sort.startswith("-")


def test_the_plot_places_ratings_between_the_outer_ends():
    plot = forest_plot(
        board(
            line("a", rating=1100, rating_lower=1050, rating_upper=1200),
            line("b", rating=900, rating_lower=800, rating_upper=950),
            line("new"),
        )
    )
    assert [(row.label, row.x1, row.x, row.x2) for row in plot.rows] == [
        ("a", "61.75%", "73.50%", "97.00%"),
        ("b", "3.00%", "26.50%", "38.25%"),
    ]
    assert [tick.label for tick in plot.ticks] == ["800", "900", "1000", "1100", "1200"]
    assert plot.description == "a (compact): 1100 (1050–1200); b (compact): 900 (800–950)"


def test_the_legend_marks_a_size_hollow_where_the_plot_has_it_hollow_alone():
    nobodys = [line("tail", rating=900, size_class="", regime="baseline"), line("ann", rating=1100, size_class="")]
    assert forest_plot(board(line("a", rating=1000), nobodys[0])).hollow == ["mid", "large", ""]
    assert "" not in forest_plot(board(*nobodys)).hollow
    html = render_to_string(
        "leaderboards/_forest_plot.html", {"plot": forest_plot(board(line("a", rating=1), nobodys[0]))}
    )
    assert html.count('<li class="forest-hollow">') == 1


def test_a_rating_without_an_interval_is_a_point():
    plot = forest_plot(board(line("a", rating=1000), line("b", rating=1000)))
    assert [(row.x, row.x1, row.value, row.range) for row in plot.rows] == [("50.00%", "", "1000", "(no interval)")] * 2


def test_a_long_name_is_shortened_in_the_plot_and_whole_in_its_description():
    name = "a-model-with-a-very-long-name-fine-tuned-on-meetings"
    plot = forest_plot(board(line(name, rating=1000)))
    assert plot.rows[0].label == "a-model-with-a-very-long-name-f…"
    assert plot.description.startswith(f"{name} (compact): 1000")


def test_nothing_rated_is_no_plot():
    assert forest_plot(board(line("a"))) is None


@pytest.mark.parametrize("spread", [0.5, 3, 42, 999, 123_456])
def test_ticks_are_few_and_round(spread):
    plot = forest_plot(board(line("a", rating=1000, rating_lower=1000 - spread, rating_upper=1000 + spread)))
    assert 2 <= len(plot.ticks) <= 5


def test_the_heading_of_a_metric_says_what_it_is():
    helps = {header.key: header.help_text for header in make_table(board(line("tiny", claims=0.5))).headers}
    assert helps["rouge1"] == "Words that summary and reference share."
    assert helps["claims"].startswith("Share of the claims that a language model finds in the summary")
    assert (helps["rating"], helps["seconds"]) == ("", "")
