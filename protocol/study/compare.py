"""How a file and a study differ, key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protocol.file.schema import Protocol
from protocol.file.writing import as_data

# What differs there is more to do, or only where files lie: it makes no other study.
HARMLESS = ("about", "runs", "metrics", "summaries")
ABSENT = "—"


@dataclass(frozen=True)
class Difference:
    """One key that differs.

    Attributes:
        key: Such as study.quota.
        in_file: The value, as text; a dash if the file has none.
        in_study: The same of the study.
        stops: Whether a run of the file refuses the study for it.
    """

    key: str
    in_file: str
    in_study: str
    stops: bool

    def __str__(self) -> str:
        return f"{self.key}: the file has {self.in_file}, the study {self.in_study}"


def differences(file: Protocol, study: Protocol) -> list[Difference]:
    """Compare a file with a study's protocol, both in canonical form."""
    places = _differences((), as_data(file), as_data(study))
    return [Difference(".".join(place), _shown(a), _shown(b), _stops(place)) for place, a, b in places]


def _differences(place: tuple[str, ...], file: Any, study: Any) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(file, Mapping) and isinstance(study, Mapping):
        for name in [*file, *(name for name in study if name not in file)]:
            yield from _differences((*place, str(name)), file.get(name), study.get(name))
    elif file != study:
        yield place, file, study


def _stops(place: tuple[str, ...]) -> bool:
    if place[0] == "datasets":
        return "content" in place
    # How a study began says nothing of what it is now.
    return place[0] not in HARMLESS and place != ("study", "draft")


def _shown(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_shown(part) for part in value) or ABSENT
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) or ABSENT
    return str(value)
