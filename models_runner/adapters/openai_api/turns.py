"""Take turns at an endpoint whose use whoever runs the site has limited.

Adapters know no database: models_runner/runs/asking/limits.py counts over all workers; use_turns puts it in place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestSize:
    """What somebody wants to send.

    Attributes:
        prompt_tokens: Tokens of the prompt, as far as they are known before.
        output_tokens: The most that may be written.
        price: US dollars of the system, as on its record.
    """

    prompt_tokens: int
    output_tokens: int
    price: Mapping[str, float]


@dataclass
class EndpointTurn:
    """A turn under way; whoever has it notes what the answer took, and None where the server does not say."""

    prompt_tokens: int | None = None
    output_tokens: int | None = None


TakeTurn = Callable[[str, Callable[[], RequestSize]], AbstractContextManager[EndpointTurn]]


@contextmanager
def _at_once(host: str, wish: Callable[[], RequestSize]) -> Iterator[EndpointTurn]:
    yield EndpointTurn()


_take_turn: TakeTurn = _at_once


def use_turns(take_turn: TakeTurn) -> None:
    """Put in place what waits until a request may be sent; see models_runner/runs/asking/limits.py."""
    global _take_turn
    _take_turn = take_turn


def turn_at(host: str, wish: Callable[[], RequestSize]) -> AbstractContextManager[EndpointTurn]:
    """Wait for a turn and hold it for the block.

    Args:
        host: The endpoint's host, with its port where it is not the usual one.
        wish: What is to be sent; asked for only where the host has limits, because counting tokens takes time.
    Raises:
        NotYetError: None comes for long: a day's money is spent, or the worker is ending.
        AdapterError: None will ever come; the message says why.
    """
    return _take_turn(host, wish)


def busy_seconds(times: Sequence[tuple[float, float]]) -> float:
    """Return for how long at least one request was under way, from the beginning and end of each."""
    busy, until = 0.0, float("-inf")
    for begun, ended in sorted(times):
        busy += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    return busy
