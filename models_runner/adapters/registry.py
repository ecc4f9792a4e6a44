"""Adapters by key. The table imports nothing: a backend's libraries are imported when a system is loaded."""

import gc
import json
from collections import OrderedDict
from dataclasses import asdict

from lib.plugins import BrokenPluginError, PluginTable
from models_runner.adapters.protocol import AdapterError, DoesNotFitError, SystemAdapter, SystemSpec, TextEngine

OWN_ADAPTERS = {
    "extractive": "models_runner.adapters.extractive.ExtractiveAdapter",
    "imported": "models_runner.adapters.imported.ImportedAdapter",
    "llamacpp": "models_runner.adapters.llamacpp.load",
    "openai": "models_runner.adapters.openai_api.load",
    "reference": "models_runner.adapters.reference.ReferenceAdapter",
    "scripted": "models_runner.adapters.scripted.ScriptedAdapter",
    "transformers": "models_runner.adapters.hf.load",
}
# The site's own, and those of packages that name a class or a function in the group of entry points.
ADAPTERS = PluginTable("punchweight.adapters", OWN_ADAPTERS)
MAX_LOADED = 2

_loaded: "OrderedDict[str, SystemAdapter]" = OrderedDict()


class UnknownAdapterError(AdapterError):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no adapter {key!r}. Known adapters: {', '.join(ADAPTERS)}.")


def load_adapter(key: str, spec: SystemSpec) -> SystemAdapter:
    """Load a system and keep it for this process; the least recently used system is unloaded to make room.

    A system that does not fit beside those that are loaded is loaded once they are gone.

    Raises:
        UnknownAdapterError: There is no adapter of this key.
        AdapterError: The adapter cannot load the system; WeightsMissingError if its weights are missing.
    """
    if key not in ADAPTERS:
        raise UnknownAdapterError(key)
    identity = json.dumps([key, asdict(spec)], sort_keys=True, default=str)
    if identity in _loaded:
        _loaded.move_to_end(identity)
        return _loaded[identity]
    while len(_loaded) >= MAX_LOADED:
        _loaded.popitem(last=False)
        gc.collect()
    try:
        adapter = _load(key, spec)
    except DoesNotFitError:
        if not _loaded:
            raise
        unload_all()
        adapter = _load(key, spec)
    _loaded[identity] = adapter
    return adapter


def load_engine(key: str, spec: SystemSpec) -> TextEngine:
    """Load a model that answers prompts, as load_adapter does.

    Raises:
        AdapterError: As load_adapter; also where the adapter is no language model's.
    """
    engine = getattr(load_adapter(key, spec), "engine", None)
    if engine is None:
        raise AdapterError(f"Adapter {key} writes by rules, and answers no prompt.")
    loaded: TextEngine = engine
    return loaded


def _load(key: str, spec: SystemSpec) -> SystemAdapter:
    try:
        made = ADAPTERS.load(key)(spec)
    except BrokenPluginError as error:
        raise AdapterError(str(error)) from error
    except AdapterError:
        raise
    except Exception as error:
        if ADAPTERS.is_own(key):
            raise
        raise AdapterError(str(ADAPTERS.broken(key, f"{type(error).__name__}: {error}"))) from error
    adapter: SystemAdapter = made
    return adapter


def unload_all() -> None:
    if not _loaded:
        return
    _loaded.clear()
    gc.collect()
