"""Models that are placed as planned write as others do; what is recorded of it."""
# ruff: noqa: F811  (fixtures)

import json
import logging

import pytest

from models_runner.adapters import registry
from models_runner.adapters.loading import devices, formats
from models_runner.adapters.loading.devices import Device
from models_runner.adapters.protocol import AdapterError, DoesNotFitError, SystemSpec
from tests.models_runner.adapters.loading.planned import (  # noqa: F401  (fixtures)
    KINDS,
    MEETING,
    adapter,
    llama_3_70b,
    machine,
    saved,
)

OWN = [
    ({"quant_method": "awq", "bits": 4, "group_size": 128, "version": "gemm"}, "pip install gptqmodel", 4.15625),
    ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "pip install optimum gptqmodel", 4.15625),
    ({"quant_method": "gptq", "bits": 8, "group_size": -1}, "pip install optimum gptqmodel", 8),
    ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "pip install bitsandbytes", 4.5),
    (
        {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8}}}},
        "pip install compressed-tensors",
        8,
    ),
]


@pytest.mark.parametrize(("own", "packages", "bits"), OWN)
def test_a_quantized_checkpoint_is_recognised(own, packages, bits, monkeypatch):
    config = llama_3_70b()
    config.quantization_config = own
    monkeypatch.setattr(formats, "_is_there", lambda module: False)
    with pytest.raises(AdapterError, match=f"its checkpoint's quantization.*{packages}"):
        formats.weight_format(config, {}, "bfloat16", "big")
    monkeypatch.setattr(formats, "_is_there", lambda module: True)
    held = formats.weight_format(config, {}, "bfloat16", "big")
    assert (held.quantized, held.bits, held.on_request) == (True, pytest.approx(bits), False)
    with pytest.raises(AdapterError, match="is quantized already"):
        formats.weight_format(config, {"quantization": "4bit"}, "bfloat16", "big")


def test_a_saved_checkpoint_that_is_quantized_names_its_package(saved, tmp_path):
    import shutil

    folder = shutil.copytree(saved["llama"], tmp_path / "awq")
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "gptq", "bits": 4, "group_size": 128}
    (folder / "config.json").write_text(json.dumps(config))
    if formats.missing_packages({"gptqmodel": "gptqmodel"}):
        with pytest.raises(AdapterError, match=r"gptq.*pip install .*gptqmodel"):
            adapter(str(folder))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("device_map", ["auto", {"": "cpu"}])
def test_a_model_that_is_placed_writes_what_it_writes_otherwise(kind, device_map, saved, machine):
    machine(0)
    plain, placed = (adapter(saved[kind], engine) for engine in ({"device": "cpu"}, {"device_map": device_map}))
    assert placed.engine.device == "cpu"
    assert placed.summarize([MEETING])[0].text == plain.summarize([MEETING])[0].text


def test_a_mapping_of_several_modules_is_loaded(saved):
    mapping = {"model.embed_tokens": "cpu", "model.layers.0": "cpu", "": "cpu"}
    plain, placed = (adapter(saved["llama"], engine) for engine in ({"device": "cpu"}, {"device_map": mapping}))
    assert placed.summarize([MEETING])[0].text == plain.summarize([MEETING])[0].text


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_attention_is_the_records(attention, saved):
    engine = adapter(saved["llama"], {"device": "cpu", "attention": attention}).engine
    assert engine.model.config._attn_implementation == attention
    assert engine.environment()["attention"] == attention


def test_an_attention_that_the_architecture_lacks_is_refused(saved):
    with pytest.raises(AdapterError, match=r"engine\.attention sdpa, which its model does not have"):
        adapter(saved["led"], {"device": "cpu", "attention": "sdpa"})


def test_the_plan_is_said_and_recorded(saved, machine, caplog):
    machine(0)
    with caplog.at_level(logging.INFO, "models_runner"):
        record = adapter(saved["llama"]).environment()["plan"]
    assert "System tiny takes 81 kB of weights (float32) and 99 kB of cache (4 prompts of 96 tokens" in caplog.text
    assert json.loads(json.dumps(record)) == record
    assert record["weights"] == "float32"
    assert record["window"] == 96
    assert record["devices"][0]["device"] == "cpu"
    assert record["devices"][0]["weights_bytes"] == record["weights_bytes"] > 0


def test_a_model_that_does_not_fit_is_refused_before_its_weights_are_read(saved, machine, tmp_path):
    import shutil

    folder = shutil.copytree(saved["llama"], tmp_path / "without")
    (folder / "model.safetensors").unlink()
    machine(0, memory=1000)
    with pytest.raises(DoesNotFitError, match=r"needs .* of weights"):
        adapter(str(folder))


def test_a_system_that_fits_alone_is_loaded_once_the_others_are_gone(saved, monkeypatch):
    """Each of the two fits; the second does not beside the first."""
    free = lambda: 400_000 - 300_000 * len(registry._loaded)  # noqa: E731
    monkeypatch.setattr(devices, "devices_here", lambda: [Device("cpu", "", free(), 400_000)])
    registry.unload_all()
    for slug in ("first", "second"):
        spec = SystemSpec(slug=slug, model_id=saved["llama"], context_window=96, engine={"device": "cpu"})
        registry.load_adapter("transformers", spec)
        assert [loaded.spec.slug for loaded in registry._loaded.values()] == [slug]
    registry.unload_all()
