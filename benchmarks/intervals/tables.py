"""The tables that `benchmarks.simulate` makes beside that of intervals, by the option that asks for each.

Each is imported when it is asked for: together they need seconds to load.
"""

from argparse import Namespace
from collections.abc import Callable, Iterator


def _boards(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.boards import board_row, board_table
    from benchmarks.intervals.designs import TOGETHER

    yield board_table()
    yield from (board_row(design, studies, options.seed) for design in TOGETHER)


def _stopping(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.decisions.stopping import ADAPTIVE, HELD_OUT, LEADS, TUNING, stopping_table

    yield from stopping_table(
        TUNING if options.designs == "tuning" else [*HELD_OUT, *ADAPTIVE, *LEADS], studies, options.seed
    )


def _looks(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.decisions.dated_looks import HELD_OUT as DATED
    from benchmarks.intervals.decisions.dated_looks import dated_table
    from benchmarks.intervals.decisions.looks import HELD_OUT, TUNING, looks_table, speed_table
    from benchmarks.intervals.decisions.stopping import ADAPTIVE

    yield from looks_table(TUNING if options.designs == "tuning" else [*HELD_OUT, *ADAPTIVE], studies, options.seed)
    yield from dated_table(DATED, studies, options.seed)
    yield from speed_table(studies, options.seed)


def _comparisons(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.decisions.comparisons import comparison_table, equivalence_table

    yield from comparison_table(studies, options.seed)
    yield from equivalence_table(studies, options.seed)


def _planning(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.decisions.planning import planning_table

    yield from planning_table(studies, options.seed)


def _judges(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.judges.tables import judge_tables

    yield from judge_tables(studies, options.seed)


def _deciding(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.decisions.deciding import HELD_OUT, TUNED_WAYS, TUNING, WAYS, deciding_table

    designs, ways = (TUNING, TUNED_WAYS) if options.designs == "tuning" else (HELD_OUT, WAYS)
    yield from deciding_table(designs, ways, studies, options.seed)


def _helped(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.helped import helped_table

    yield from helped_table(studies, options.seed)


def _correlations(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.correlations import HELD_OUT, TUNING, correlation_table

    yield from correlation_table(TUNING if options.designs == "tuning" else HELD_OUT, studies, options.seed)


def _within(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.within import SHOWN, within_table

    yield from within_table(SHOWN, studies, options.seed)


def _length(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.lengths import HELD_OUT, TUNING, length_table

    yield from length_table(TUNING if options.designs == "tuning" else HELD_OUT, studies, options.seed)


def _effects(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.random_effects import SMALL, effects_table

    yield from effects_table(SMALL, studies, options.seed)


def _one_study(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.intervals.one_study import study_table

    yield from study_table(studies, options.seed)


def _people(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.raters.people import HELD_OUT, TUNING, people_table

    yield from people_table(TUNING if options.designs == "tuning" else HELD_OUT, studies, options.seed)


def _oracle(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.raters.oracle import SMALL, oracle_table

    yield from oracle_table(SMALL, studies, options.seed)


def _alpha(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.raters.alpha import HELD_OUT, TUNING, alpha_table

    yield from alpha_table(TUNING if options.designs == "tuning" else HELD_OUT, studies, options.seed)


def _weighted(options: Namespace, studies: int) -> Iterator[str]:
    from benchmarks.raters.weighted import WEIGHTED, weighted_table

    yield from weighted_table(WEIGHTED, studies, options.seed)


# What an option shows of its N studies, and its table.
TABLES: dict[str, tuple[str, Callable[[Namespace, int], Iterator[str]]]] = {
    "boards": (
        "Boards rate N studies of each of some designs: the share in which intervals hold, all hold at once, and all "
        "ranks left open hold.",
        _boards,
    ),
    "stopping": (
        "Watch N studies of each design while votes come in: in how many a rule stops though there is no difference "
        "(up to 5 %%, by its promise), and how soon it finds one that there is.",
        _stopping,
    ),
    "looks": (
        "Look at N studies of each design at planned numbers of votes: in how many a difference is found where there "
        "is none (up to 5 %%, by its promise), in how many a system worse by the whole margin is called good enough "
        "(up to 2.5 %%), and after how many votes a lead is found.",
        _looks,
    ),
    "comparisons": (
        "Draw N studies whose compact systems are all exactly at the margin: in how many one is called not inferior "
        "(up to 2.5 %%), a pair named beforehand, the best by its own interval, the best by the board's, and any of "
        "the table of all pairs; and in how many a pair that is exactly at the margin, on either side, is called "
        "equivalent.",
        _comparisons,
    ),
    "planning": (
        "Draw N pilots of each design, and N studies of the size that planning names: in how many the board's rule "
        "tells the two apart (80 %%, by its promise), and in how many pilots the interval of that size holds it.",
        _planning,
    ),
    "judges": (
        "Draw N studies with judges of known faults: how often intervals of figures about them, of corrected win rates "
        "and of helped ratings hold the truth, and how often a judge passes the alternative annotator test.",
        _judges,
    ),
    "deciding": (
        "Draw N studies that ask about two of their systems, for each way of choosing who rates what: how many votes "
        "find the better of the two in four of five studies, by the same rule with the same errors.",
        _deciding,
    ),
    "helped": (
        "Draw N studies whose ratings are helped by a metric, with documents drawn at random and with documents that "
        "were chosen: how often the intervals hold, and how often the test of likeness warns.",
        _helped,
    ),
    "correlations": (
        "Draw N studies with a metric that is perfect, good, weak or opposite: how often the intervals of its "
        "correlations with the ratings hold the true ones, those of resamples and those of now.",
        _correlations,
    ),
    "within": (
        "Draw N studies with such metrics: how often the intervals of correlations within documents, and of the share "
        "of votes that a metric agrees with, hold the mean over many such studies.",
        _within,
    ),
    "length": (
        "Draw N studies of each design, and of each way in which people may like length: how often intervals of "
        "strengths at equal length hold the truth, with a straight line of relative length as before and with a curve.",
        _length,
    ),
    "effects": (
        "Draw N studies of each small held-out design, in batches of 25: how often the board's interval and that of a "
        "crossed random-effects model, fitted by Laplace approximation, hold the truth.",
        _effects,
    ),
    "one_study": (
        "Show one board of 452 votes as it was before the calibrated interval and as it is, and what N such studies "
        "have in the mean.",
        _one_study,
    ),
    "people": (
        "Draw N studies of each design in which some annotators click: how many of these are found, and how many "
        "careful ones flagged.",
        _people,
    ),
    "oracle": (
        "Draw N studies of few systems: how many of those who click are found, and how many somebody would find who "
        "knows what the site has to estimate.",
        _oracle,
    ),
    "alpha": (
        "Draw N studies of each design: how often the interval of alpha holds the truth, before and now.",
        _alpha,
    ),
    "weighted": (
        "Draw N studies of each design: boards whose votes weigh alike and by reliability.",
        _weighted,
    ),
}
