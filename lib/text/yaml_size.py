"""Refuse YAML that would become far larger than its text, before anything is built of it.

An alias costs a few bytes and stands for all that its anchor holds: ten lines of ten aliases each are a thousand
million values. Files of people's own may have aliases, but what they stand for is counted as if written out.
"""

from typing import Any

import yaml

MOST_BYTES = 1_000_000
MOST_VALUES = 100_000
DEEPEST = 50
# A text counts as one value more for each so many characters: an alias of a long one repeats them all.
CHARACTERS = 100
# libyaml is several times faster.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlSizeError(ValueError):
    """Says how the text is too large."""


def load_yaml(text: str) -> Any:
    """Return the values of a text of one document.

    Raises:
        YamlSizeError: It is too large, too deep, or its aliases make it so.
        yaml.YAMLError: It is no YAML.
    """
    if len(text) > MOST_BYTES:
        raise YamlSizeError(f"It has more than {MOST_BYTES:,} characters.")
    check_size(text)
    return yaml.safe_load(text)


def check_size(text: str) -> None:
    """Count the values, those of aliases included. Raises YamlSizeError, or YAMLError."""
    sizes: dict[str, int] = {}
    total = 0
    # Of each list and object that is open: its anchor, and how many values came before it.
    opened: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise YamlSizeError(f"Line {_line(event)}: *{event.anchor} holds itself, or is not known here.")
            total += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            size = 1 + len(event.value) // CHARACTERS
            total += size
            if event.anchor:
                sizes[event.anchor] = size
        if total > MOST_VALUES:
            raise YamlSizeError(f"Line {_line(event)}: with its aliases (*) it has more than {MOST_VALUES:,} values.")
        if len(opened) > DEEPEST:
            raise YamlSizeError(f"Line {_line(event)}: it is nested more than {DEEPEST} deep.")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
