"""Write a protocol in its canonical form, and the fingerprints of it and of its planned analysis."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from annotations.studies.criteria import LIBRARY
from protocol.file.schema import DIGEST, CriterionPart, Part, Protocol
from protocol.file.yaml_text import write_yaml


def as_data(protocol: Protocol) -> dict[str, Any]:
    """Return the values as the file has them: without those that are left to their defaults."""
    data = protocol.model_dump(exclude_defaults=True)
    data = {name: data[name] for name in Protocol.model_fields if name in data}
    data["study"]["criteria"] = [_criterion(criterion) for criterion in protocol.study.criteria]
    for part in data["datasets"].values():
        for source in part.get("sources", ()):
            if "map" in source:
                source["map"] = {name: c[0] if len(c) == 1 else c for name, c in source["map"].items()}
    return data


def _criterion(criterion: CriterionPart) -> str | dict[str, str]:
    """Return the key alone of a criterion that asks what the library asks."""
    if LIBRARY.get(criterion.key) == (criterion.question, criterion.help):
        return criterion.key
    return criterion.model_dump(exclude_defaults=True)


def as_text(protocol: Protocol, remarks: Iterable[str] = ()) -> str:
    """Return the file's text; remarks become comments at its head."""
    head = "".join(f"# {line}\n" if line else "#\n" for line in remarks)
    parts = [write_yaml({name: value}) for name, value in as_data(protocol).items()]
    return head + "\n".join(parts)


def without_comments(text: str) -> str:
    """Return a canonical text without whole lines of comments above and between its parts."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def digest_of(protocol: Protocol) -> str:
    """Return the SHA-256 of the canonical text."""
    return DIGEST + hashlib.sha256(as_text(protocol).encode()).hexdigest()


def plan_digest(protocol: Protocol) -> str:
    """Return the SHA-256 of the planned analysis: the criteria, and all that stands under analysis."""
    # A plan has the fingerprint that it had before there were looks, or looks at dates, where it has none.
    without = set() if protocol.analysis.look_dates else {"look_dates", "look_maximum"}
    if not (protocol.analysis.looks or protocol.analysis.look_dates):
        without |= {"looks", "look_spending"}
    planned = {
        "criteria": [criterion.model_dump() for criterion in protocol.study.criteria],
        "analysis": protocol.analysis.model_dump(exclude=without),
    }
    return DIGEST + hashlib.sha256(json.dumps(planned, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def shown_fields(file: Part, stored: Part) -> str:
    """Say in which fields two parts of one kind differ."""
    a, b = file.model_dump(), stored.model_dump()
    return "; ".join(f"{name} is {b[name]!r}, the file has {a[name]!r}" for name in a if a[name] != b[name])
