"""In how many bits weights are held: as the record asks (bitsandbytes), or as a quantized checkpoint comes."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models_runner.adapters.loading.settings import EIGHT_BIT, FOUR_BIT
from models_runner.adapters.protocol import AdapterError

BITSANDBYTES = {"bitsandbytes": "bitsandbytes"}
# What transformers needs to load a quantized checkpoint, by its quant_method: modules, and the packages they come in.
NEEDED = {
    "awq": {"gptqmodel": "gptqmodel"},
    "gptq": {"optimum": "optimum", "gptqmodel": "gptqmodel"},
    "bitsandbytes": BITSANDBYTES,
    "compressed-tensors": {"compressed_tensors": "compressed-tensors"},
    "hqq": {"hqq": "hqq"},
    "aqlm": {"aqlm": "aqlm"},
    "torchao": {"torchao": "torchao"},
    "quanto": {"optimum.quanto": "optimum-quanto"},
    "auto-round": {"auto_round": "auto-round"},
}
FLASH_ATTENTION = {"flash_attn": "flash-attn"}
GROUP = 128
# Scales of 16 bits and zero points of the weights' own bits, one of each for a group of weights.
SCALE_BITS = 16
# NF4 in blocks of 64 weights; each block has a scale of 8 bits, and 256 scales share one of 32 bits.
NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
# Eight bits, and for each row of a matrix a scale of 32 bits, which is nothing beside thousands of columns.
INT8_BITS = 8.0
MXFP4_BITS = 4 + 8 / 32


@dataclass(frozen=True)
class WeightFormat:
    """How the large matrices of a model are held.

    Attributes:
        name: For people, such as "bfloat16", "4bit (bitsandbytes, nf4)" or "awq, 4 bits".
        bits: Bits a weight, scales included; None where only the checkpoint's method knows.
        quantized: Whether they are held in another format than the rest of the model.
        whole: Names of modules that the checkpoint leaves as they are.
        on_request: Whether the record asks for it, instead of the checkpoint.
    """

    name: str
    bits: float | None = None
    quantized: bool = False
    whole: tuple[str, ...] = ()
    on_request: bool = False


def weight_format(config: Any, engine: Mapping[str, Any], dtype: str, slug: str) -> WeightFormat:
    """Tell how the weights of a checkpoint will be held.

    Raises:
        AdapterError: A package is missing, or the record asks to quantize a checkpoint that is quantized already.
    """
    asked, own = engine.get("quantization"), checkpoint_quantization(config)
    if own and asked:
        raise AdapterError(
            f"System {slug} asks for engine.quantization {asked}, but its checkpoint is quantized already "
            f"({own.get('quant_method')}). Leave engine.quantization out, or name the unquantized checkpoint."
        )
    if asked:
        check_packages(BITSANDBYTES, f"engine.quantization {asked}", slug)
        bits, how = (NF4_BITS, "nf4") if asked == FOUR_BIT else (INT8_BITS, "int8")
        return WeightFormat(f"{asked} (bitsandbytes, {how})", bits, quantized=True, on_request=True)
    if own:
        return _as_it_comes(own, dtype, slug)
    return WeightFormat(dtype)


def checkpoint_quantization(config: Any) -> dict[str, Any]:
    """Return the quantization_config that a checkpoint brings; {} if it brings none."""
    own = getattr(config, "quantization_config", None)
    if own is None:
        return {}
    return dict(own) if isinstance(own, Mapping) else dict(own.to_dict())


def _as_it_comes(own: Mapping[str, Any], dtype: str, slug: str) -> WeightFormat:
    method = method_name(own)
    check_packages(NEEDED.get(method, {}), f"its checkpoint's quantization ({method})", slug)
    if method == "mxfp4" and missing_packages({"kernels": "kernels", "triton": "triton"}):
        return WeightFormat(f"{dtype}, unpacked from mxfp4 because the packages kernels and triton are missing")
    bits = _bits(method, own)
    stated = f"{method}, {own_bits:g} bits" if (own_bits := _stated_bits(method, own)) else method
    whole = own.get("modules_to_not_convert") or own.get("ignore") or own.get("llm_int8_skip_modules") or ()
    return WeightFormat(stated, bits, quantized=True, whole=tuple(str(name) for name in whole))


def method_name(own: Mapping[str, Any]) -> str:
    """Return the method of a quantization_config: "awq", "gptq", "bitsandbytes" and so on."""
    method = own.get("quant_method")
    return str(getattr(method, "value", method) or "unknown").lower()


def _stated_bits(method: str, own: Mapping[str, Any]) -> float | None:
    if method == "bitsandbytes":
        return 4 if own.get("load_in_4bit") else 8
    if method == "mxfp4":
        return 4
    if method in ("fp8", "fbgemm_fp8"):
        return 8
    if method == "compressed-tensors":
        groups: Any = own.get("config_groups") or {}
        widths: set[Any] = {(group.get("weights") or {}).get("num_bits") for group in groups.values()}
        return float(widths.pop()) if len(widths) == 1 and None not in widths else None
    bits = own.get("bits") or own.get("w_bit")
    return float(bits) if isinstance(bits, int | float) else None


def _bits(method: str, own: Mapping[str, Any]) -> float | None:
    bits = _stated_bits(method, own)
    if bits is None or method not in ("awq", "gptq", "bitsandbytes", "mxfp4"):
        return bits
    if method == "mxfp4":
        return MXFP4_BITS
    if method == "bitsandbytes":
        plain = 4 + 32 / 64
        return INT8_BITS if bits == 8 else (NF4_BITS if own.get("bnb_4bit_use_double_quant") else plain)
    group = own.get("group_size") or own.get("q_group_size") or GROUP
    # A group of -1 is a whole row: its scale is nothing beside thousands of columns.
    return bits + ((SCALE_BITS + bits) / int(group) if int(group) > 0 else 0)


def load_arguments(asked: WeightFormat, engine: Mapping[str, Any], dtype: Any) -> dict[str, Any]:
    """Return what from_pretrained takes for a format that the record asks for, and for its attention.

    Args:
        dtype: The torch dtype that is computed in.
    """
    arguments: dict[str, Any] = {}
    if attention := engine.get("attention"):
        arguments["attn_implementation"] = attention
    if asked.on_request:
        from transformers import BitsAndBytesConfig

        four = engine.get("quantization") == FOUR_BIT
        settings: dict[str, Any] = {
            "load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True,
            "bnb_4bit_compute_dtype": dtype,
        } if four else {"load_in_8bit": engine.get("quantization") == EIGHT_BIT}  # fmt: skip
        arguments["quantization_config"] = BitsAndBytesConfig(**settings)
    return arguments


def check_attention(engine: Mapping[str, Any], device: str, dtype: str, slug: str) -> None:
    """Refuse flash attention where it cannot run. Raises AdapterError."""
    if engine.get("attention") != "flash_attention_2":
        return
    if not device.startswith("cuda") or dtype not in ("bfloat16", "float16"):
        raise AdapterError(
            f"System {slug} asks for engine.attention flash_attention_2, which needs a GPU and bfloat16 or float16; "
            f"here it would run on {device} in {dtype}. Use sdpa, or leave engine.attention out."
        )
    check_packages(FLASH_ATTENTION, "engine.attention flash_attention_2", slug)


def missing_packages(needed: Mapping[str, str]) -> list[str]:
    """Return the packages that are not installed.

    Args:
        needed: Packages by the module that they bring.
    """
    return [package for module, package in needed.items() if not _is_there(module)]


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the parent of optimum.quanto
        return False


def lacking_packages(own: Mapping[str, Any], engine: Mapping[str, Any]) -> list[str]:
    """Return the packages that a system needs for its weights and attention, and this machine lacks.

    Args:
        own: The quantization_config of its checkpoint; {} if it has none, or it is not known.
        engine: Its engine record.
    """
    needed = NEEDED.get(method_name(own), {}) if own else {}
    if engine.get("quantization"):
        needed = needed | BITSANDBYTES
    if engine.get("attention") == "flash_attention_2":
        needed = needed | FLASH_ATTENTION
    return missing_packages(needed)


def check_packages(needed: Mapping[str, str], what: str, slug: str) -> None:
    """Raise AdapterError naming the packages that a system needs and this machine lacks."""
    if missing := missing_packages(needed):
        raise AdapterError(
            f"System {slug} needs a package for {what}: pip install {' '.join(missing)} (docs/big-models.md)."
        )
