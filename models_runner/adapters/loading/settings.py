"""The engine settings of big models: `device_map`, `max_memory`, `quantization` and `attention`; imports no torch."""

import re
from collections.abc import Mapping
from typing import Any

from models_runner.adapters.protocol import AdapterError

AUTO, BALANCED = "auto", "balanced"
CPU = "cpu"
FOUR_BIT, EIGHT_BIT = "4bit", "8bit"
ATTENTIONS = ("sdpa", "eager", "flash_attention_2")
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMG]i?B)")


def check_loading_settings(engine: Mapping[str, Any]) -> None:
    """Check the settings of an engine record that say how a model is loaded.

    Raises:
        AdapterError: One is wrong; the message names the field, what was expected, and an example.
    """
    _check_device_map(engine)
    for name, value in _max_memory(engine).items():
        _check_gpu_name(f"engine.max_memory.{name}", name)
        memory_bytes(value, f"engine.max_memory.{name}")
    _check_choice(engine, "quantization", (FOUR_BIT, EIGHT_BIT))
    _check_choice(engine, "attention", ATTENTIONS)


def _check_device_map(engine: Mapping[str, Any]) -> None:
    placed = engine.get("device_map")
    if placed is None:
        return
    if engine.get("device"):
        raise AdapterError("engine.device and engine.device_map both say where the model goes; leave one of them out.")
    if isinstance(placed, str):
        _check_choice(engine, "device_map", (AUTO, BALANCED))
        return
    if not isinstance(placed, Mapping) or not placed:
        raise AdapterError(
            f"engine.device_map is {placed!r}; expected auto, balanced, or modules with the number of their GPU, such "
            'as {"model.embed_tokens": 0, "model.layers": 1}.'
        )
    for module, device in placed.items():
        if not _is_gpu_number(device) and device != CPU:
            raise AdapterError(
                f"engine.device_map puts {module!r} on {device!r}; expected the number of a GPU, such as 0, or cpu."
            )
    if CPU in placed.values() and any(device != CPU for device in placed.values()):
        raise AdapterError(
            "engine.device_map names cpu and GPUs. Every word would wait for weights that are copied to a GPU; put all "
            "modules on GPUs (engine.quantization: 4bit takes a quarter of the memory), or all on cpu."
        )


def _is_gpu_number(device: object) -> bool:
    return isinstance(device, int) and not isinstance(device, bool) and device >= 0


def _max_memory(engine: Mapping[str, Any]) -> Mapping[str, Any]:
    given = engine.get("max_memory")
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not given:
        raise AdapterError(
            f'engine.max_memory is {given!r}; expected the memory of each GPU to be used, such as {{"0": "70GB"}}.'
        )
    return given


def _check_gpu_name(field: str, name: object) -> None:
    # Names in JSON are texts; a number would come back from the database as another name.
    if not isinstance(name, str) or not (name == CPU or name.isdecimal()):
        raise AdapterError(f'{field} names no device; expected the number of a GPU in quotes, such as "0", or cpu.')


def _check_choice(engine: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> None:
    value = engine.get(name)
    if value is not None and value not in choices:
        raise AdapterError(f"engine.{name} is {value!r}; expected one of {', '.join(choices)}, or leave it out.")


def memory_bytes(value: object, field: str) -> int:
    """Return an amount of memory in bytes: a whole number of bytes, or a text such as 70GB or 64GiB.

    Raises:
        AdapterError: It is neither; the message names the field.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and (parts := SIZE.fullmatch(value.strip())) and float(parts[1]) > 0:
        return int(float(parts[1]) * UNITS[parts[2]])
    raise AdapterError(f"{field} is {value!r}; expected an amount of memory, such as 70GB or 64GiB.")


def keeps_to_cpu(engine: Mapping[str, Any]) -> bool:
    """Tell whether a record puts all of a model on the processor, whatever GPUs there are."""
    placed = engine.get("device_map")
    return isinstance(placed, Mapping) and set(placed.values()) == {CPU}


def allowed_memory(engine: Mapping[str, Any]) -> dict[str, int]:
    """Return how many bytes of each device may be used, by the number of the GPU or "cpu"; {} where nothing is said."""
    return {name: memory_bytes(value, f"engine.max_memory.{name}") for name, value in _max_memory(engine).items()}
