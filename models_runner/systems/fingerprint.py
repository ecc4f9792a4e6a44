"""Tell whether two systems of one name are the same, also across sites."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from models_runner.models import System

# Settings that a release tells of a system, under the names that the system itself has.
RELEASED = ("adapter", "revision", "context_window", "prompt_template", "regime", "parameters")
RELEASED_AS_JSON = ("decoding", "long_input")


def system_fingerprint(system: System) -> str:
    """Return a SHA-256 of everything that a summary depends on, and not of the system's name."""
    spec = {name: value for name, value in system.spec().items() if name != "slug"}
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()


def released_model_id(system: System) -> str:
    """Return the weights as a release names them: a local path means nothing to others, and may name people."""
    model = system.model_id
    return PurePath(model).name if model.startswith(("/", "~", ".")) else model


def is_released_as(system: System, row: Mapping[str, Any]) -> bool:
    """Tell whether a row of a release's table of systems describes this system."""
    return (
        all(row.get(name) == getattr(system, name) for name in RELEASED)
        and row.get("model_id") == released_model_id(system)
        and all(_json(row.get(name)) == getattr(system, name) for name in RELEASED_AS_JSON)
    )


def _json(text: object) -> object:
    try:
        return json.loads(str(text))
    except ValueError:
        return None
