"""The words that the rules of this room know, read from words.yaml."""

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("words.yaml")


@cache
def words_of(list_name: str) -> tuple[str, ...]:
    """Return one of the lists, in order."""
    return tuple(_lists()[list_name].split())


@cache
def _lists() -> dict[str, str]:
    lists: dict[str, str] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return lists
