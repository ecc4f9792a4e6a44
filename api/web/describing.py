"""The description of the API as its page shows it: operations by subject, with their fields written out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True)
class Described:
    method: str
    path: str
    anchor: str
    about: str  # in a sentence or two
    more: str  # the same with what follows
    parameters: list[Field]
    body: list[Field]
    body_kind: str  # where the body is a file
    answer: list[Field]
    answer_kind: str


def described(schema: Node) -> list[tuple[str, list[Described]]]:
    """(subject, operations) in the order in which the resources are put together."""
    found = [
        (operation["tags"][0], _operation(schema, method, path, operation))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    return [(tag, [one for _, one in group]) for tag, group in groupby(found, key=lambda pair: pair[0])]


def _operation(schema: Node, method: str, path: str, operation: Node) -> Described:
    body = operation.get("requestBody", {}).get("content", {})
    good = next(answer for status, answer in operation["responses"].items() if str(status).startswith("2"))
    answer = good.get("content", {})
    return Described(
        method=method.upper(),
        path=path,
        anchor=operation["operationId"],
        about=operation["description"].partition("\n")[0],
        more=operation["description"],
        parameters=[
            Field(p["name"], _kind(schema, p["schema"]), p["required"], _about(p["schema"]))
            for p in operation["parameters"]
        ],
        body=list(_fields(schema, body)),
        body_kind=_file(body),
        answer=list(_fields(schema, answer)),
        answer_kind=_file(answer),
    )


def _about(node: Node) -> str:
    default = node.get("default")
    unsaid = "" if default in (None, "", [], {}) else f"Without it: {json.dumps(default)}."
    return " ".join(filter(None, (node.get("description", ""), unsaid)))


def _file(content: Node) -> str:
    return "JSON Lines" if "application/jsonl" in content else ""


def _fields(schema: Node, content: Node) -> Iterator[Field]:
    """The fields of a JSON body, those inside of it after their parent."""
    if _file(content) or "application/json" not in content:
        return
    yield from _inside(schema, content["application/json"]["schema"], "")


def _inside(schema: Node, node: Node, prefix: str) -> Iterator[Field]:
    node = _resolved(schema, node)
    if node.get("type") == "array":
        yield from _inside(schema, node["items"], f"{prefix}[]" if prefix else "[]")
        return
    required = node.get("required", [])
    for name, inner in node.get("properties", {}).items():
        full = f"{prefix}.{name}" if prefix else name
        yield Field(full, _kind(schema, inner), name in required, _about(inner))
        yield from _inside(schema, inner, full)


def _resolved(schema: Node, node: Node) -> Node:
    if "$ref" in node:
        return schema["components"]["schemas"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def _kind(schema: Node, node: Node) -> str:
    node = _resolved(schema, node)
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_kind(schema, one) for one in node["anyOf"]))
    if "enum" in node or "const" in node:
        values = node.get("enum", [node.get("const")])
        return " | ".join(str(value) or '""' for value in values)
    if node.get("type") == "array":
        return f"list of {_kind(schema, node['items'])}"
    return f"{node.get('type', 'anything')}{_limits(node)}"


def _limits(node: Node) -> str:
    if node.get("format"):
        return f", {node['format']}"
    low, high = node.get("minimum", node.get("exclusiveMinimum")), node.get("maximum")
    if low is not None or high is not None:
        return f", {'' if low is None else low} to {'' if high is None else high}"
    return f", at most {node['maxLength']} characters" if "maxLength" in node else ""
