"""Plan how a model is loaded, from its configuration alone: bytes of weights and cache, and each block's device.

The plan is said in the log before the weights are read, is part of a run's record, and is refused with numbers where
the model cannot fit.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.numbers import format_bytes
from models_runner.adapters.loading import devices
from models_runner.adapters.loading.devices import Device
from models_runner.adapters.loading.formats import NF4_BITS, WeightFormat
from models_runner.adapters.loading.placing import Key, ModelBlock, blocks_of, covers, device_of, placed
from models_runner.adapters.loading.settings import AUTO, BALANCED, CPU, FOUR_BIT, allowed_memory
from models_runner.adapters.loading.sizes import cache_bytes, tensor_bytes
from models_runner.adapters.protocol import AdapterError, DoesNotFitError, SystemSpec

logger = logging.getLogger(__name__)

# What the computation itself needs beside weights and cache; a guess that holds for windows of some 10,000 tokens.
WORKING_SHARE = 0.05


@dataclass(frozen=True)
class LoadRequest:
    """What is to be loaded.

    Attributes:
        spec: The system.
        held: How its weights are held.
        dtype: The torch dtype of everything else, and of the cache.
        device: Where it goes if no device_map says otherwise.
        window: Tokens that one prompt may take, with its output where the model is a decoder.
        written: Tokens that an encoder-decoder writes.
        prompts: Prompts in a batch.
    """

    spec: SystemSpec
    held: WeightFormat
    dtype: Any
    device: str
    window: int
    written: int
    prompts: int


@dataclass(frozen=True)
class Share:
    """What one device is to hold: bytes of weights, and of one prompt's cache."""

    device: Device
    weights: int
    cache: int


@dataclass(frozen=True)
class LoadingPlan:
    """Where a model goes and how much it takes.

    Attributes:
        wish: What it was made for.
        shares: What each device in use is to hold.
        device_map: For from_pretrained; None where the model goes to one device as a whole.
        prompts: How many prompts of a whole window fit at a time; None where the cache is not known.
        parameters: Numbers in the model.
    """

    wish: LoadRequest
    shares: tuple[Share, ...]
    device_map: dict[str, Key] | None
    prompts: int | None
    parameters: int

    @property
    def weights(self) -> int:
        return sum(share.weights for share in self.shares)

    @property
    def cache(self) -> int:
        """Bytes of one prompt's keys and values."""
        return sum(share.cache for share in self.shares)

    def record(self) -> dict[str, object]:
        """Return the plan as JSON values, for the record of a run."""
        return {
            "weights": self.wish.held.name,
            "weights_known": self.wish.held.bits is not None or not self.wish.held.quantized,
            "parameters": self.parameters,
            "weights_bytes": self.weights,
            "cache_bytes_a_prompt": self.cache if self.prompts is not None else None,
            "window": self.wish.window,
            "prompts_at_a_time": self.wish.prompts,
            "prompts_that_fit": self.prompts,
            "devices": [
                {
                    "device": share.device.name,
                    "model": share.device.model,
                    "free_bytes": share.device.free,
                    "weights_bytes": share.weights,
                    "cache_bytes_a_prompt": share.cache,
                }
                for share in self.shares
            ],
        }

    def sentence(self) -> str:
        wish = self.wish
        where = "; ".join(
            f"{share.device.name}: {format_bytes(share.weights + (self.prompts or 0) * share.cache)} of "
            f"{format_bytes(share.device.free)} free"
            for share in self.shares
        )
        said = f"System {wish.spec.slug} takes {_needs(wish, self.weights, self.cache, self.prompts)}. {where}."
        if self.prompts is None:
            return f"{said} What its cache takes is not known."
        if self.prompts < wish.prompts:
            said += (
                f" Only {self.prompts} of the {wish.prompts} prompts of a batch fit with a whole window; batches that "
                "run out of memory are halved."
            )
        return said


def planned(wish: LoadRequest, model: Any, config: Any) -> LoadingPlan:
    """Plan the loading of a model and say the plan in the log.

    Args:
        model: The model on the meta device, in the wish's dtype.

    Raises:
        DoesNotFitError: Its weights do not fit, or not with one prompt of the window that the record asks for.
        AdapterError: engine.device_map or engine.max_memory does not go with the model or this machine.
    """
    sizes = tensor_bytes(model, wish.held)
    cache = cache_bytes(config, wish.window, wish.written, wish.dtype.itemsize)
    blocks = blocks_of(model, sizes, cache or [])
    usable = _usable(wish, devices.devices_here())
    layout = _Layout(wish, blocks, sizes, usable)
    fitting = None if cache is None else next((n for n in range(wish.prompts, 0, -1) if layout.where(n)), 0)
    where = layout.where(fitting or 0)
    # Where the record names no window, meetings are seldom as long as the longest that the model can read.
    if where is None or (fitting == 0 and wish.spec.context_window):
        raise DoesNotFitError(_refusal(layout, model, cache))
    plan = LoadingPlan(
        wish,
        tuple(layout.shares(where)),
        _for_loading(wish, where),
        fitting,
        sum(t.numel() for t in model.parameters()),
    )
    logger.info(plan.sentence())
    return plan


def _usable(wish: LoadRequest, here: Sequence[Device]) -> list[Device]:
    """Return the devices that the record lets the model use, each with no more free memory than it allows."""
    engine = wish.spec.engine
    allowed, mapping = allowed_memory(engine), engine.get("device_map")
    gpus = [device for device in here if device.name != CPU]
    if isinstance(mapping, Mapping):
        wanted = [device for device in here if device.key in mapping.values()]
        if missing := [key for key in mapping.values() if key not in {device.key for device in here}]:
            raise AdapterError(
                f"engine.device_map of system {wish.spec.slug} names GPU {missing[0]}; this machine has "
                f"{_machine(here)}."
            )
    elif mapping in (AUTO, BALANCED):
        wanted = gpus or list(here)
    else:
        name = "cuda:0" if wish.device == "cuda" else wish.device
        wanted = [device for device in here if device.name == name]
    if not allowed:
        return wanted
    kept = [device for device in wanted if str(device.key) in allowed]
    if not kept:
        raise AdapterError(
            f"engine.max_memory of system {wish.spec.slug} names {', '.join(allowed)}, but the model goes to "
            f"{', '.join(device.name for device in wanted)} here; this machine has {_machine(here)}."
        )
    return [
        Device(device.name, device.model, min(device.free, allowed[str(device.key)]), device.total) for device in kept
    ]


class _Layout:
    """Where the blocks of a model go, for so many prompts at a time."""

    def __init__(
        self, wish: LoadRequest, blocks: Sequence[ModelBlock], sizes: Mapping[str, int], usable: Sequence[Device]
    ) -> None:
        self.wish, self.blocks, self.sizes, self.usable = wish, blocks, sizes, usable
        mapping = wish.spec.engine.get("device_map")
        self.mapping: dict[str, Key] | None = dict(mapping) if isinstance(mapping, Mapping) else None
        self.evenly = mapping == BALANCED
        if self.mapping is not None:
            _check_covered(wish.spec, self.mapping, sizes)

    def where(self, prompts: int) -> dict[str, Key] | None:
        """Return the device of each module, or None where they do not fit with so many prompts."""
        if not self.usable:  # a kind of device whose memory we cannot ask for
            return {"": self.wish.device}
        share = 1 - WORKING_SHARE if prompts else 1
        room = {device.key: int(device.free * share) for device in self.usable}
        if self.mapping is not None:
            full = any(s.weights + prompts * s.cache > room[s.device.key] for s in self.shares(self.mapping))
            return None if full else self.mapping
        if self.wish.held.quantized and self.wish.held.bits is None:
            # Nobody knows what the weights take; transformers finds out when it loads them.
            return {"": next(iter(room))} if len(room) == 1 else placed(self.blocks, room, 0, evenly=True)
        return placed(self.blocks, room, prompts, evenly=self.evenly)

    def shares(self, where: Mapping[str, Key]) -> list[Share]:
        """Return what each device holds that holds anything."""
        weights = dict.fromkeys((device.key for device in self.usable), 0)
        cache = dict(weights)
        for tensor, size in self.sizes.items():
            if (key := device_of(tensor, where)) in weights:
                weights[key] += size
        for block in self.blocks:
            inside = next((name for name in self.sizes if covers(block.name, name)), block.name)
            if (key := device_of(inside, where)) in cache:
                cache[key] += block.cache
        shares = [Share(device, weights[device.key], cache[device.key]) for device in self.usable]
        return [share for share in shares if share.weights or share.cache]


def _check_covered(spec: SystemSpec, mapping: Mapping[str, Key], sizes: Mapping[str, int]) -> None:
    if uncovered := [name for name in sizes if device_of(name, mapping) is None]:
        raise AdapterError(
            f"engine.device_map of system {spec.slug} says nothing of {uncovered[0]} (and {len(uncovered) - 1} more). "
            f'Name a module that holds it, or "" for all others. The model begins with {next(iter(sizes))}.'
        )
    if idle := [module for module in mapping if not any(covers(module, name) for name in sizes)]:
        raise AdapterError(
            f"engine.device_map of system {spec.slug} names {idle[0]!r}, which the model does not have. Its tensors "
            f"are called as {next(iter(sizes))} is."
        )


def _for_loading(wish: LoadRequest, where: dict[str, Key]) -> dict[str, Key] | None:
    if wish.spec.engine.get("device_map") is None and not wish.held.quantized:
        return None
    keys = set(where.values())
    return {"": keys.pop()} if len(keys) == 1 else where


def _needs(wish: LoadRequest, weights: int, cache: int, prompts: int | None) -> str:
    said = f"{format_bytes(weights)} of weights ({wish.held.name})"
    if wish.held.quantized and wish.held.bits is None:
        said = f"packed weights of unknown size ({wish.held.name}), {format_bytes(weights)} beside them"
    if prompts is None:
        return said
    count = max(prompts, 1)
    many = f"{count} prompt{'s' if count > 1 else ''} of {wish.window:,} tokens"
    return f"{said} and {format_bytes(count * cache)} of cache ({many}, in {str(wish.dtype).removeprefix('torch.')})"


def _machine(here: Sequence[Device]) -> str:
    gpus = [device for device in here if device.name != CPU]
    if not gpus:
        return f"no GPU and {format_bytes(here[-1].free)} of free memory" if here else "no device that was asked for"
    listed = ", ".join(f"{device.name}: {format_bytes(device.free)} free" for device in gpus)
    size = format_bytes(max(device.total for device in gpus))
    return f"{len(gpus)} GPU{'s' if len(gpus) > 1 else ''} of {size} ({listed})"


def _refusal(layout: _Layout, model: Any, cache: Sequence[int] | None) -> str:
    wish, whole = layout.wish, sum(cache or [])
    weights = sum(layout.sizes.values())
    room = sum(device.free for device in layout.usable)
    here = devices.devices_here()
    said = (
        f"System {wish.spec.slug} needs {_needs(wish, weights, whole, None if cache is None else 1)}; this machine has "
    )
    said += _machine(here)
    if allowed_memory(wish.spec.engine) or 0 < len(layout.usable) < sum(device.name != CPU for device in here):
        said += f", of which the record lets it use {', '.join(device.name for device in layout.usable)}"
        said += f" up to {format_bytes(room)}" if allowed_memory(wish.spec.engine) else ""
    said += f".{_why_not_laid_out(layout, weights + whole, room)}"
    return f"{said} {_remedies(layout, model, fits_alone=layout.where(0) is not None)}"


def _why_not_laid_out(layout: _Layout, needed: int, room: int) -> str:
    if layout.mapping is not None:
        fullest = max(layout.shares(layout.mapping), key=lambda share: share.weights + share.cache - share.device.free)
        held = format_bytes(fullest.weights + fullest.cache)
        return f" As engine.device_map has it, {fullest.device.name} would hold {held}."
    if needed <= room * (1 - WORKING_SHARE):
        largest = max(block.weights + block.cache for block in layout.blocks)
        return f" In all that would be enough, but its blocks (up to {format_bytes(largest)}) do not fit one by one."
    if needed <= room:
        return f" Of every device, {WORKING_SHARE:.0%} is left for the computation itself."
    return ""


def _remedies(layout: _Layout, model: Any, *, fits_alone: bool) -> str:
    wish, ways = layout.wish, []
    if fits_alone:
        ways.append("a smaller context_window")
    gpus = [device for device in devices.devices_here() if device.name != CPU]
    if wish.spec.engine.get("device_map") is None and len(gpus) > 1:
        ways.append("engine.device_map auto over all GPUs")
    if not wish.held.quantized:
        if wish.dtype.itemsize > 2:
            ways.append(f"engine.dtype bfloat16 ({format_bytes(sum(layout.sizes.values()) * 2 / wish.dtype.itemsize)})")
        four = WeightFormat(FOUR_BIT, NF4_BITS, quantized=True, on_request=True)
        ways.append(f"engine.quantization 4bit ({format_bytes(_in_four_bits(model, four, wish))} of weights)")
    return f"Use {', '.join([*ways, 'or a server on a larger machine'])} (docs/big-models.md)."


def _in_four_bits(model: Any, four: WeightFormat, wish: LoadRequest) -> float:
    # What is not packed is held in 16 bits.
    sizes, whole = tensor_bytes(model, four), tensor_bytes(model, WeightFormat(""))
    shrink = min(1.0, 2 / wish.dtype.itemsize)
    return sum(size * (shrink if size == whole[name] else 1) for name, size in sizes.items())
