"""Lay a model's blocks onto devices, each with the cache of its layer, so that every block is whole on one device."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

NUMBERED = re.compile(r"\.\d+$")
Key = int | str


@dataclass(frozen=True)
class ModelBlock:
    """What stays together on one device.

    Attributes:
        name: Of the module, or of a tensor that stands by itself; "" is the whole model.
        weights: Bytes of its tensors.
        cache: Bytes of one prompt's keys and values in it.
        beside: The block that holds its weights, where they are tied; "" otherwise.
    """

    name: str
    weights: int
    cache: int = 0
    beside: str = ""


def blocks_of(model: Any, sizes: Mapping[str, int], cache: Sequence[int]) -> list[ModelBlock]:
    """Return the blocks of a model in the order in which it computes.

    Args:
        sizes: Bytes by tensor, as tensor_bytes() gives them.
        cache: Bytes of one prompt in each layer.
    """
    kinds = set(model._no_split_modules or ())
    names = list(_names(model, "", kinds)) if kinds else [""]
    layers = dict(zip(_decoder_layers(names, len(cache)), cache, strict=False))
    # A cache whose layers are not found is counted where the model begins.
    lost = 0 if layers else sum(cache)
    blocks = []
    for number, name in enumerate(names):
        weights = sum(size for tensor, size in sizes.items() if covers(name, tensor))
        beside = _tied_to(model, name, names) if not weights else ""
        blocks.append(ModelBlock(name, weights, layers.get(name, 0) + (lost if number == 0 else 0), beside))
    return blocks


def covers(module: str, tensor: str) -> bool:
    return not module or tensor == module or tensor.startswith(f"{module}.")


def _names(module: Any, name: str, kinds: set[str]) -> Iterator[str]:
    children = list(module.named_children())
    if name and (not children or type(module).__name__ in kinds):
        if any(True for _ in module.parameters()) or any(True for _ in module.buffers()):
            yield name
        return
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    yield from (_joined(name, tensor) for tensor, _ in own)
    for child_name, child in children:
        yield from _names(child, _joined(name, child_name), kinds)


def _joined(name: str, inner: str) -> str:
    return f"{name}.{inner}" if name else inner


def _decoder_layers(names: Sequence[str], count: int) -> list[str]:
    numbered = [name for name in names if NUMBERED.search(name)]
    for part in ("language_model.", "decoder."):
        if len(numbered) != count and any(part in name for name in numbered):
            numbered = [name for name in numbered if part in name]
    return numbered if len(numbered) == count else []


def _tied_to(model: Any, name: str, names: Sequence[str]) -> str:
    for tied, source in (getattr(model, "all_tied_weights_keys", None) or {}).items():
        if covers(name, tied):
            return next((other for other in names if other != name and covers(other, source)), "")
    return ""


def placed(
    blocks: Sequence[ModelBlock], room: Mapping[Key, int], prompts: int, *, evenly: bool
) -> dict[str, Key] | None:
    """Return the device of each block, or None where they do not fit.

    Args:
        room: Bytes that each device has for weights and cache, in the order in which devices are filled.
        prompts: How many prompts' caches are held at a time.
        evenly: Spread over all devices, if that fits; otherwise the first are filled first.
    """
    needs = {block.name: block.weights + prompts * block.cache for block in blocks}
    if evenly and len(room) > 1:
        share = ceil(sum(needs.values()) / len(room)) + max(needs.values())
        last = list(room)[-1]
        even = {key: size if key == last else min(size, share) for key, size in room.items()}
        if (layout := placed(blocks, even, prompts, evenly=False)) is not None:
            return layout
    left, keys = dict(room), iter(room)
    where: dict[str, Key] = {}
    here = next(keys, None)
    for block in blocks:
        if block.beside in where:
            where[block.name] = where[block.beside]
            continue
        while here is not None and needs[block.name] > left[here]:
            here = next(keys, None)
        if here is None:
            return None
        left[here] -= needs[block.name]
        where[block.name] = here
    return where


def device_of(name: str, mapping: Mapping[str, Key]) -> Key | None:
    """Return the device of a module or tensor by the longest name in a device_map that covers it; None if none does."""
    covering = [module for module in mapping if covers(module, name)]
    return mapping[max(covering, key=len)] if covering else None
