"""Which systems of a board a page shows: all of them, or where they are many, a page of those looked for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator

from leaderboards.presentation.board_table import DEFAULT_SORT, BoardTable, make_table, ordered_systems
from leaderboards.presentation.forest_plot import ForestPlot, forest_plots

# Up to so many are on one page; more are shown a page at a time.
ON_ONE_PAGE = 100
SYSTEMS_A_PAGE = 50
Row = TypeVar("Row")


@dataclass(frozen=True)
class RowsOfSystems:
    """The rows of several tables, each in an order of its own, that a page shows of many systems.

    Attributes:
        page: Of the systems looked for, in no order: the tables are cut at the same places.
        find: What the reader looks for in slugs and names; "" for nothing.
        of_systems: How many there are in all.
    """

    wanted: frozenset[str]
    page: Page[str]
    find: str
    of_systems: int

    @property
    def are_many(self) -> bool:
        return self.of_systems > ON_ONE_PAGE

    def of(self, rows: Iterable[Row], system: Callable[[Row], str]) -> list[Row]:
        """Return the rows on this page. system: Gives the slug that a row is about."""
        if not self.are_many:
            return list(rows)
        found = [row for row in rows if system(row) in self.wanted]
        return found[(self.page.number - 1) * SYSTEMS_A_PAGE :][:SYSTEMS_A_PAGE]


def rows_of_systems(board: dict[str, Any], asked: Mapping[str, str]) -> RowsOfSystems:
    """Choose a page. board: That names the systems. asked: find and page, as an address has them."""
    lines = board["systems"]
    find, wanted = _looked_for(lines, asked)
    page = Paginator(sorted(wanted), SYSTEMS_A_PAGE if len(lines) > ON_ONE_PAGE else ON_ONE_PAGE)
    return RowsOfSystems(frozenset(wanted), page.get_page(asked.get("page")), find, len(lines))


def _looked_for(lines: list[dict[str, Any]], asked: Mapping[str, str]) -> tuple[str, set[str]]:
    """Return what is looked for, where there are many systems, and the slugs of those that have it."""
    find = asked.get("find", "").strip() if len(lines) > ON_ONE_PAGE else ""
    return find, {line["system"] for line in lines if find.casefold() in f"{line['system']}\n{line['name']}".casefold()}


# What is shown whole, however many systems there are.
ALL_ROWS = rows_of_systems({"systems": []}, {})


@dataclass(frozen=True)
class ShownSystems:
    """The systems on a page of a board.

    Attributes:
        board: The board with the lines of these systems alone.
        page: Their slugs, in the order of the table.
        find: What the reader looks for in slugs and names; "" for nothing.
        of_systems: How many the board has.
        are_many: Whether the board has more than a page holds.
    """

    board: dict[str, Any]
    table: BoardTable
    plots: dict[str, ForestPlot]
    page: Page[str]
    find: str
    of_systems: int

    @property
    def are_many(self) -> bool:
        return self.of_systems > ON_ONE_PAGE

    def has(self, *systems: str) -> bool:
        return any(system in self.page.object_list for system in systems)


def shown_systems(board: dict[str, Any], asked: Mapping[str, str]) -> ShownSystems:
    """Choose the systems of a page. asked: sort, find and page, as an address has them; anything else means nothing."""
    lines, sort = board["systems"], asked.get("sort", DEFAULT_SORT)
    are_many = len(lines) > ON_ONE_PAGE
    find, wanted = _looked_for(lines, asked)
    ordered = [system for system in ordered_systems(board, sort=sort) if system in wanted]
    page = Paginator(ordered, SYSTEMS_A_PAGE if are_many else ON_ONE_PAGE).get_page(asked.get("page"))
    on_page = set(page.object_list)
    shown = board
    if are_many:
        shown = board | {
            "systems": [line for line in lines if line["system"] in on_page],
            "has_parts": len({line["part"] for line in lines} - {None}) > 1,
        }
    return ShownSystems(
        board=shown,
        table=make_table(shown, sort=sort),
        plots=forest_plots(shown),
        page=page,
        find=find,
        of_systems=len(lines),
    )
