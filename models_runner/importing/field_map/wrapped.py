"""JSON files that hold their records inside an object: below one name, such as `data`, or each below its id."""

from collections.abc import Iterator, Mapping
from typing import Any

from models_runner.importing.records import RecordError

# Names below which tools and people put a list of records.
LISTS = frozenset(
    [
        *("data", "records", "rows", "documents", "docs", "examples", "instances", "samples", "entries", "items"),
        *("meetings", "dialogues", "dialogs"),
    ]
)
SPLITS = frozenset(["train", "training", "validation", "valid", "val", "dev", "development", "test"])
# Fields that hold what was said, in records of every kind that is known here.
SPOKEN = frozenset(
    [
        *("transcript", "dialogue", "dialog", "conversation", "meeting_transcripts", "utt", "utterances", "turns"),
        "source",
    ]
)


def unwrapped(content: Any, name: str) -> Iterator[tuple[Any, str]]:
    """Yield the records of a JSON value, each with its place: of a list, of a list inside an object, or one.

    Raises:
        RecordError: The object holds splits, which are given one by one.
    """
    if isinstance(content, list):
        yield from _numbered(content, name)
    elif not isinstance(content, Mapping):
        yield content, name
    elif (inner := _the_list(content)) is not None:
        yield from _numbered(content[inner], f"{name}, {inner}")
    elif content and all(_speaks(value) for value in content.values()):
        yield from (({"id": key, **value}, f"{name}, {key!r}") for key, value in content.items())
    elif content and set(content) <= SPLITS and all(_holds_records(value) for value in content.values()):
        raise RecordError(
            name,
            f"holds the splits {', '.join(map(repr, content))}. Give each list as a file of its own, with --split.",
        )
    else:
        yield content, name


def _numbered(items: list[Any], name: str) -> Iterator[tuple[Any, str]]:
    yield from ((item, f"{name}, record {n}") for n, item in enumerate(items, start=1))


def _the_list(content: Mapping[str, Any]) -> str | None:
    """Return the name of the only list of objects, where it is named as lists of records are and nothing is spoken."""
    lists = [key for key, value in content.items() if _holds_records(value)]
    alone = len(lists) == 1 and lists[0].lower() in LISTS and not SPOKEN & set(content)
    return lists[0] if alone else None


def _holds_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _speaks(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(SPOKEN & set(value))
