"""Read a file of votes to its end and find what each is about, keeping numbers alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from annotations.imports.places import Places
from annotations.imports.problems import Problems
from annotations.imports.ratings_file import GivenVote, given_votes, where_rows_are
from annotations.imports.vote_table import NONE, OUTCOMES, VOTE, Rows, repeated, swap_sides, vote_columns
from annotations.models import Criterion, Study
from lib.names import normal_form
from models_runner.importing.records import DatasetImportError

AT_ONCE = 5_000


@dataclass(frozen=True)
class PlacedVotes:
    """All votes of a file, in its order, outcomes and sides in the comparisons' own order.

    Attributes:
        judges: Names as the file writes them; a vote has the number of one.
        people: For each judge, the first one of the same name in any spelling.
    """

    path: Path
    votes: Rows
    judges: list[str]
    people: list[int]
    criteria: list[Criterion]
    places: Places

    def refuse(self, rows: Rows, problems: Problems, message: Callable[[np.void, str], str]) -> None:
        """Add a problem of each of these votes; message is given the vote and its line."""

        def messages(first: Sequence[int]) -> list[str]:
            where = where_rows_are(self.path, first)
            by_row = {int(row["row"]): row for row in rows[np.isin(rows["row"], first)]}
            return [message(by_row[row], where[row]) for row in first]

        problems.add_all(rows["row"].tolist(), messages)

    def words(self, vote: np.void) -> str:
        """Return the answer as a file has it, whichever of the two its line calls a."""
        outcome = OUTCOMES[vote["outcome"]]
        if outcome not in ("a", "b"):
            return f"'{outcome}'"
        return f"for {self.places.slugs(vote['comparison'])['ab'.index(outcome)]}"


def place_votes(path: Path, study: Study) -> PlacedVotes:
    """Read the file. Raises DatasetImportError, which names the lines at fault."""
    criteria = list(study.criteria.all())
    if not criteria:
        raise DatasetImportError([f"Study {study.slug} asks no question."])
    places, problems = Places(study), Problems()
    judges: dict[str, int] = {}
    parts = [np.zeros(0, VOTE)]
    for votes in _chunks(given_votes(path, problems)):
        for vote in votes:
            judges.setdefault(vote.judge, len(judges))
        columns = vote_columns(votes, judges)
        columns["criterion"] = _criteria(votes, criteria, problems)
        columns["comparison"], swapped = places.find_all(votes, problems)
        swap_sides(columns, swapped)
        parts.append(columns)
    people: dict[str, int] = {}
    same = [people.setdefault(normal_form(name), number) for name, number in judges.items()]
    columns = np.concatenate(parts)
    parts.clear()  # or all votes would be held twice while they are checked
    placed = PlacedVotes(path, columns, list(judges), same, criteria, places)
    _refuse_repeated_ids(placed, problems)
    _refuse_second_answers(placed, problems)
    problems.raise_if_any()
    return placed


def _chunks(votes: Iterable[GivenVote]) -> Iterator[list[GivenVote]]:
    rest = iter(votes)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _criteria(votes: Sequence[GivenVote], criteria: Sequence[Criterion], problems: Problems) -> list[int]:
    """Return the number of each vote's question; the first one where the line names none."""
    numbers = {"": 0} | {criterion.key: number for number, criterion in enumerate(criteria)}
    for vote in votes:
        if vote.criterion not in numbers:
            asked = ", ".join(criterion.key for criterion in criteria)
            message = f"{vote.where}, field 'criterion': is {vote.criterion!r}; the study asks {asked}."
            problems.add(vote.row, message.__str__)
    return [numbers.get(vote.criterion, NONE) for vote in votes]


def _refuse_repeated_ids(placed: PlacedVotes, problems: Problems) -> None:
    votes = placed.votes[placed.votes["has_id"]]
    later, first = repeated((votes["id_high"], votes["id_low"]), votes["row"])
    _refuse_later(
        placed, votes, later, first, problems, lambda _, __, where, before: f"{where}: this id is in {before} already."
    )


def _refuse_second_answers(placed: PlacedVotes, problems: Problems) -> None:
    """Refuse a judge's second answer to a question on a comparison, whether it is the same or another."""
    votes = placed.votes[(placed.votes["comparison"] != NONE) & (placed.votes["criterion"] != NONE)]
    people = np.array(placed.people, np.int64)[votes["judge"]]
    later, first = repeated((votes["criterion"], people, votes["comparison"]), votes["row"])

    def message(vote: np.void, earlier: np.void, where: str, before: str) -> str:
        if vote["outcome"] == earlier["outcome"]:
            return f"{where}: the same answer of the same judge is in {before} already."
        return (
            f"{where}: judge {placed.judges[vote['judge']]!r} answers {placed.words(vote)} here, and "
            f"{placed.words(earlier)} on the same pair in {before}. Keep one of both lines."
        )

    _refuse_later(placed, votes, later, first, problems, message)


def _refuse_later(
    placed: PlacedVotes,
    votes: Rows,
    later: np.ndarray,
    first: np.ndarray,
    problems: Problems,
    message: Callable[[np.void, np.void, str, str], str],
) -> None:
    """Add a problem of each later vote; message is given it, the first one, and the lines of both."""

    def messages(rows: Sequence[int]) -> list[str]:
        chosen = np.flatnonzero(np.isin(votes["row"][later], rows)).tolist()
        pairs = {int(votes["row"][later[n]]): (votes[later[n]], votes[first[n]]) for n in chosen}
        where = where_rows_are(placed.path, [*rows, *(int(earlier["row"]) for _, earlier in pairs.values())])
        return [message(*pairs[row], where[row], where[int(pairs[row][1]["row"])]) for row in rows]

    problems.add_all(votes["row"][later].tolist(), messages)
