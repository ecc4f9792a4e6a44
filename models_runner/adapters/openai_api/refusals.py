"""Read what a server refuses from its answer: which field of the request, and in which words.

Servers say it in many ways: {"error": {"message", "param", "code"}}, a list of validation errors, a text in "detail",
"message" or "error", or all of it as text within text. Only a field that was sent can be refused.
"""

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SYSTEM = "system message"
LIMITS = ("max_tokens", "max_completion_tokens")
LONGEST_TOLD = 160

_REFUSES = re.compile(
    r"unsupported|(?:not|n't|no longer) (?:be )?(?:support|accept|permitted|allowed|available|enabled|valid|a valid)|"
    r"not implemented|not recogni[sz]ed|not exist|not compatible|incompatible|unrecogni[sz]ed|unknown|unexpected|"
    r"forbidden|deprecated|"
    r"can ?not (?:be )?(?:set|used?|specif|combine|both|find)|no such|extra (?:input|field)|additional propert|"
    r"invalid (?:param|arg|field|key|name|request field|value)|only .{0,40}(?:support|allow|accept|valid)|"
    r"reject|removed?\b|disallow",
    re.IGNORECASE,
)
# For a setting that we send by ourselves, a value that the server does not take is reason enough to leave it out.
_WRONG_VALUE = re.compile(
    r"must|should|only|invalid|out of range|at least|at most|greater|less|between|positive|negative|expected",
    re.IGNORECASE,
)
# A limit that is too high or too low is no question of its name.
_ABOUT_SIZE = re.compile(
    r"too (?:large|long|high|small|low|many|big)|context|at (?:least|most)|maximum|minimum|exceed|greater|less than|"
    r"larger|smaller|between|must be|should be (?:less|greater)|positive|budget",
    re.IGNORECASE,
)
_ROLES = re.compile(
    r"\brole|system (?:message|prompt|instruction)|developer (?:message|instruction)|alternat|"
    r"(?:start|begin|first).{0,40}\buser\b|\bsystem\b.{0,60}\bassistant\b|variant .{0,3}system",
    re.IGNORECASE,
)
_ROLE_REFUSED = re.compile(
    _REFUSES.pattern + r"|alternat|must|should|only|invalid|expected|one of|user' or 'assistant|not in", re.IGNORECASE
)
# After these words a message lists what the server does take.
_TAKES = re.compile(
    r"(?:(?<!not )(?<!not a )(?<!n't )\b(?:allowed|accepted|permitted|known|available|valid|supported)\b[^.;:]{0,30}"
    r"(?:\bare\b|\bis\b|include|:)|expected one of|expected:|did you mean|(?<!not )(?<!cannot )\buse\b|\bone of[: ]).*",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSES = re.compile(r"(?<=[.;!])\s+|\n+")
_LOC = re.compile(r"""['"]?loc['"]?\s*:\s*[\[(]([^\])]*)[\])]""")
_MESSAGES = ("message", "msg", "detail", "error", "error_message", "reason", "description", "title")


@dataclass(frozen=True)
class FieldRefusal:
    """One thing that a server refused.

    Attributes:
        field: The field's name as it was sent, or SYSTEM.
        told: The server's words, shortened.
    """

    field: str
    told: str


def read_refusals(body: object, sent: Collection[str]) -> list[FieldRefusal]:
    """Return what a server's answer refuses of a request; [] if it refuses something else.

    Args:
        body: The answer, as JSON values or text.
        sent: The names of the fields that were sent, and SYSTEM if there was a system message.
    """
    refused: dict[str, str] = {}
    for name, told in _told(_parsed(body), tuple(sent)):
        if name in sent:
            refused.setdefault(name, " ".join(told.split())[:LONGEST_TOLD])
    return [FieldRefusal(name, told) for name, told in refused.items()]


def _parsed(body: object) -> object:
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    if isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
        for parse in (json.loads, ast.literal_eval):
            try:
                return parse(body.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
    return body


def _told(value: object, sent: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (field, words) for everything in an answer that refuses a field."""
    if isinstance(value, list):
        for inner in value:
            yield from _told(inner, sent)
    elif isinstance(value, Mapping):
        if "loc" in value:
            yield from _validation_error(value, sent)
            return
        yield from _named(value, sent)
        for name in _MESSAGES:
            if name in value:
                yield from _told(value[name], sent)
        for name, inner in value.items():
            if name not in _MESSAGES and isinstance(inner, list | Mapping):
                yield from _told(inner, sent)
    elif isinstance(value, str):
        parsed = _parsed(value)
        yield from _told(parsed, sent) if not isinstance(parsed, str) else _from_text(value, sent)


def _validation_error(error: Mapping[str, Any], sent: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Read one of pydantic's errors: where it is (`loc`), what it is (`type`) and its words (`msg`)."""
    loc = [str(part) for part in error["loc"]] if isinstance(error["loc"], list | tuple) else [str(error["loc"])]
    words = f"{error.get('type', '')} {error.get('msg', '')}"
    told = f"{'.'.join(loc)}: {error.get('msg') or error.get('type') or 'refused'}"
    if "messages" in loc:
        if SYSTEM in sent and ("role" in loc or _ROLES.search(words)):
            yield SYSTEM, told
        return
    for name in sent:
        if name in loc and (_REFUSES.search(words) or "extra" in words or _wrong_value(name, words)):
            yield name, told


def _named(error: Mapping[str, Any], sent: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Read an error that names its field in `param` and says in `code` or its message that it is refused."""
    param = error.get("param") or error.get("parameter") or error.get("field")
    if not isinstance(param, str):
        return
    words = " ".join(str(error.get(name) or "") for name in ("code", "type", "message"))
    message = str(error.get("message") or error.get("code") or "refused")
    for name in sent:
        if name in re.split(r"[^\w]+", param) and _is_refused(name, words):
            yield name, message


def _from_text(text: str, sent: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if locs := _LOC.findall(text):
        for name in sent:
            if any(name in re.findall(r"\w+", loc) for loc in locs) and _is_refused(name, text.replace("loc", "")):
                yield name, text
        if SYSTEM in sent and any("role" in re.findall(r"\w+", loc) for loc in locs):
            yield SYSTEM, text
        return
    if SYSTEM in sent and _ROLES.search(text) and _ROLE_REFUSED.search(text):
        yield SYSTEM, text
        return
    for clause in _CLAUSES.split(text):
        said = _TAKES.sub("", clause)
        for name in sent:
            if _mentions(said, name) and _is_refused(name, clause):
                yield name, text


def _mentions(clause: str, name: str) -> bool:
    words = name.replace("_", "[ _]?")
    return bool(re.search(rf"(?<![\w]){words}(?![\w])", clause, re.IGNORECASE))


def _is_refused(name: str, words: str) -> bool:
    if name in LIMITS:
        return bool(_REFUSES.search(words)) and not _ABOUT_SIZE.search(words)
    return bool(_REFUSES.search(words)) or _wrong_value(name, words)


def _wrong_value(name: str, words: str) -> bool:
    return name not in LIMITS and bool(_WRONG_VALUE.search(words))
