"""Turn the OpenAPI description into what its page shows: operations by subject, with every field written out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

Node = Mapping[str, Any]


@dataclass(frozen=True)
class FieldRow:
    """A row of a table of parameters or fields."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True)
class OperationEntry:
    """One operation with its fields.

    Attributes:
        summary: the first line of its description.
        description: all of it.
        body_kind: the format of a body that is a file; else empty.
        answer_kind: the same of the answer.
    """

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[FieldRow]
    body: list[FieldRow]
    body_kind: str
    answer: list[FieldRow]
    answer_kind: str


def operations_by_subject(schema: Node) -> list[tuple[str, list[OperationEntry]]]:
    """Return (subject, operations) in the order in which the site adds the resources."""
    entries = [
        (operation["tags"][0], _operation(schema, method, path, operation))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    return [(subject, [entry for _, entry in group]) for subject, group in groupby(entries, key=lambda pair: pair[0])]


def _operation(schema: Node, method: str, path: str, operation: Node) -> OperationEntry:
    body = operation.get("requestBody", {}).get("content", {})
    success = next(response for status, response in operation["responses"].items() if str(status).startswith("2"))
    answer = success.get("content", {})
    return OperationEntry(
        method=method.upper(),
        path=path,
        anchor=operation["operationId"],
        summary=operation["description"].partition("\n")[0],
        description=operation["description"],
        parameters=[
            FieldRow(p["name"], _kind(schema, p["schema"]), p["required"], _remark(p["schema"]))
            for p in operation["parameters"]
        ],
        body=list(_fields(schema, body)),
        body_kind=_file_format(body),
        answer=list(_fields(schema, answer)),
        answer_kind=_file_format(answer),
    )


def _remark(node: Node) -> str:
    default = node.get("default")
    default_text = "" if default in (None, "", [], {}) else f"Without it: {json.dumps(default)}."
    return " ".join(filter(None, (node.get("description", ""), default_text)))


def _file_format(content: Node) -> str:
    return "JSON Lines" if "application/jsonl" in content else ""


def _fields(schema: Node, content: Node) -> Iterator[FieldRow]:
    """Yield the fields of a JSON body, each followed by the fields inside it."""
    if _file_format(content) or "application/json" not in content:
        return
    yield from _nested_fields(schema, content["application/json"]["schema"], "")


def _nested_fields(schema: Node, node: Node, prefix: str) -> Iterator[FieldRow]:
    node = _resolved(schema, node)
    if node.get("type") == "array":
        yield from _nested_fields(schema, node["items"], f"{prefix}[]" if prefix else "[]")
        return
    required = node.get("required", [])
    for name, inner in node.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        yield FieldRow(path, _kind(schema, inner), name in required, _remark(inner))
        yield from _nested_fields(schema, inner, path)


def _resolved(schema: Node, node: Node) -> Node:
    if "$ref" in node:
        return schema["components"]["schemas"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def _kind(schema: Node, node: Node) -> str:
    node = _resolved(schema, node)
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(_kind(schema, choice) for choice in node["anyOf"]))
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
