"""Plans against tiny real checkpoints and the configurations of known models; only the list of devices is made up."""

import json
import logging
from pathlib import Path

import pytest
from safetensors import safe_open

from models_runner.adapters import registry
from models_runner.adapters.loading import devices, formats
from models_runner.adapters.loading.devices import Device
from models_runner.adapters.loading.formats import INT8_BITS, NF4_BITS, WeightFormat
from models_runner.adapters.loading.loader import Loader
from models_runner.adapters.loading.sizes import cache_bytes, tensor_bytes
from models_runner.adapters.protocol import AdapterError, DoesNotFitError, SummaryRequest, SystemSpec
from tests.models_runner.checkpoints import WORDS, saved_decoder, saved_encoder_decoder, saved_t5

G = 10**9
MEETING = SummaryRequest(
    "m", [{"speaker": "Maya", "content": " ".join(WORDS[:9])}], "en", "write a summary .", "medium"
)


def llama_3_70b():
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=128_256, hidden_size=8192, intermediate_size=28_672, num_hidden_layers=80, num_attention_heads=64,
        num_key_value_heads=8, max_position_embeddings=8192,
    )  # fmt: skip


def mixtral_8x7b(**settings):
    from transformers import MixtralConfig

    return MixtralConfig(num_key_value_heads=8, sliding_window=None, **settings)


@pytest.fixture
def machine(monkeypatch):
    """Make this a machine with so many GPUs of so many bytes each, all free."""

    def have(gpus, size=80 * G, memory=64 * G):
        found = [Device(f"cuda:{n}", "GPU", size, size) for n in range(gpus)]
        monkeypatch.setattr(devices, "devices_here", lambda: [*found, Device("cpu", "", memory, memory)])

    return have


def plan(config, *, window=8192, batch=1, context_window=8192, dtype="bfloat16", device="cuda", **engine):
    from transformers import AutoModelForCausalLM

    spec = SystemSpec(slug="big", model_id="x", context_window=context_window, engine=engine)
    return Loader(spec, config, dtype, device, batch).plan(AutoModelForCausalLM, window)


def adapter(model_id, engine=None, **settings):
    from models_runner.adapters.hf import load

    settings = {"decoding": {"max_tokens": 8}, "context_window": 96} | settings
    return load(SystemSpec(slug="tiny", model_id=model_id, engine=engine or {"device": "cpu"}, **settings))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    from transformers import Gemma2Config, LlamaConfig, MixtralConfig

    folder = tmp_path_factory.mktemp("models")
    decoders = {"llama": LlamaConfig, "mixtral": MixtralConfig, "gemma": Gemma2Config}
    models = {name: saved_decoder(folder / name, config, num_key_value_heads=2) for name, config in decoders.items()}
    models |= {kind: saved_encoder_decoder(folder / kind, kind) for kind in ("led", "bart", "longt5", "pegasus_x")}
    return models | {"t5": saved_t5(folder / "t5")}


KINDS = ("llama", "mixtral", "gemma", "t5", "led", "bart", "longt5", "pegasus_x")


# ---- bytes, against real checkpoints


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_planned_weights_are_those_that_are_loaded(kind, dtype, saved):
    engine = adapter(saved[kind], {"device": "cpu", "dtype": dtype}).engine
    tensors = [*engine.model.parameters(), *engine.model.buffers()]
    assert engine.plan.weights == sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    assert engine.plan.parameters == engine.model.num_parameters()


def test_planned_weights_are_those_of_the_file(saved):
    """Apart from the two tables of rotary positions, which no file holds."""
    with safe_open(Path(saved["llama"]) / "model.safetensors", "pt") as file:
        stored = sum(file.get_tensor(name).numel() * 4 for name in file.keys())  # noqa: SIM118
    rotary = 2 * (32 // 4 // 2) * 4
    assert adapter(saved["llama"]).engine.plan.weights == stored + rotary


@pytest.mark.parametrize(("kind", "uncounted"), [("llama", 0), ("mixtral", 0), ("gemma", 1)])
def test_planned_cache_is_what_a_decoder_keeps(kind, uncounted, saved, tmp_path):
    import torch
    from transformers import Gemma2Config

    folder = saved[kind]
    if kind == "gemma":  # every other layer keeps the last 15 of 40 tokens: the sixteenth is the one being read
        folder = saved_decoder(tmp_path / "sliding", Gemma2Config, num_key_value_heads=2, sliding_window=16)
    model = adapter(folder).engine.model
    with torch.inference_mode():
        kept = model(torch.ones((1, 40), dtype=torch.long), use_cache=True).past_key_values
    real = sum(layer.keys.nbytes + layer.values.nbytes for layer in kept.layers)
    planned = cache_bytes(model.config, 40, 0, 4)
    one_token = planned[1] // 40
    assert sum(planned) - uncounted * one_token == real


@pytest.mark.parametrize("kind", ["t5", "bart"])
def test_planned_cache_is_what_an_encoder_decoder_keeps(kind, saved):
    import torch

    model = adapter(saved[kind]).engine.model
    read, written = torch.ones((1, 40), dtype=torch.long), torch.ones((1, 7), dtype=torch.long)
    with torch.inference_mode():
        kept = model(read, decoder_input_ids=written, use_cache=True).past_key_values
    halves = [*kept.self_attention_cache.layers, *kept.cross_attention_cache.layers]
    assert sum(cache_bytes(model.config, 40, 7, 4)) == sum(half.keys.nbytes + half.values.nbytes for half in halves)


@pytest.mark.skipif(bool(formats.missing_packages({"bitsandbytes": ""})), reason="bitsandbytes is not installed")
@pytest.mark.parametrize("quantization", ["4bit", "8bit"])
@pytest.mark.parametrize("kind", ["LlamaConfig", "MixtralConfig"])
def test_planned_packed_weights_are_those_that_are_loaded(kind, quantization, tmp_path):
    import transformers

    wide = {"hidden_size": 256, "intermediate_size": 512}
    model_id = saved_decoder(tmp_path, getattr(transformers, kind), num_key_value_heads=2, **wide)
    engine = adapter(model_id, {"device": "cpu", "dtype": "bfloat16", "quantization": quantization}).engine
    real = sum(
        tensor.numel() * tensor.element_size() for tensor in [*engine.model.parameters(), *engine.model.buffers()]
    )
    states = [state for p in engine.model.parameters() if (state := getattr(p, "quant_state", None))]
    real += sum(state.absmax.nbytes + state.state2.absmax.nbytes for state in states)
    assert engine.plan.weights == real


# ---- bytes, of known models


def test_llama_3_70b_takes_141_gb_in_bfloat16(machine):
    machine(4)
    made = plan(llama_3_70b(), device_map="auto")
    assert made.parameters == 70_553_706_496  # as its card says: 70.6 billion
    assert made.weights == pytest.approx(141.1e9, rel=0.001)
    assert made.cache == 80 * 2 * 8 * 128 * 2 * 8192  # layers, keys and values, heads, numbers, bytes, tokens: 2.7 GB


def test_mixtral_8x7b_takes_93_gb_in_bfloat16_and_its_experts_stay_whole_in_bitsandbytes(machine):
    import torch
    from transformers import AutoModelForCausalLM

    machine(2)
    assert plan(mixtral_8x7b(), device_map="auto").parameters == 46_702_792_704
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(mixtral_8x7b(), dtype=torch.bfloat16)
    asked = tensor_bytes(model, WeightFormat("4bit", NF4_BITS, quantized=True, on_request=True))
    as_it_comes = tensor_bytes(model, WeightFormat("awq", 4.15625, quantized=True))
    assert sum(asked.values()) == pytest.approx(91.4e9, rel=0.01)
    assert sum(as_it_comes.values()) == pytest.approx(24.6e9, rel=0.01)


@pytest.mark.parametrize(("bits", "gigabytes"), [(NF4_BITS, 39.5), (INT8_BITS, 72.7)])
def test_llama_3_70b_in_fewer_bits_keeps_its_embeddings_whole(bits, gigabytes):
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(llama_3_70b(), dtype=torch.bfloat16)
    sizes = tensor_bytes(model, WeightFormat("", bits, quantized=True, on_request=True))
    assert sum(sizes.values()) == pytest.approx(gigabytes * 1e9, rel=0.01)
    assert sizes["lm_head.weight"] == sizes["model.embed_tokens.weight"] == 128_256 * 8192 * 2


# ---- where it goes


def test_auto_fills_as_few_gpus_as_it_takes(machine):
    machine(4)
    made = plan(llama_3_70b(), device_map="auto")
    assert [share.device.name for share in made.shares] == ["cuda:0", "cuda:1"]
    assert made.device_map["model.embed_tokens"] == 0
    assert made.device_map["lm_head"] == 1
    assert sorted(made.device_map) != list(made.device_map)  # in the order of computing
    assert len([name for name in made.device_map if ".layers." in name]) == 80


def test_balanced_spreads_over_all_gpus(machine):
    machine(4)
    shares = plan(llama_3_70b(), device_map="balanced").shares
    assert len(shares) == 4
    weights = [share.weights for share in shares]
    assert max(weights) - min(weights) < 4.5 * G  # two blocks of the 82


def test_every_gpu_has_the_cache_of_its_layers(machine):
    machine(2)
    made = plan(llama_3_70b(), device_map="auto", batch=4)
    assert made.prompts == 4
    for share in made.shares:
        assert share.weights + 4 * share.cache <= 76 * G  # a twentieth stays free


def test_a_batch_that_does_not_fit_is_told(machine):
    machine(2)
    made = plan(llama_3_70b(), device_map="auto", window=16_384, batch=4)
    assert made.prompts == 2
    assert "Only 2 of the 4 prompts of a batch fit with a whole window" in made.sentence()
    assert made.record()["prompts_that_fit"] == 2


def test_no_gpu_is_filled_beyond_max_memory(machine):
    machine(4)
    made = plan(llama_3_70b(), device_map="auto", max_memory={"1": "60GB", "2": "60GB", "3": "60GB"})
    assert [share.device.name for share in made.shares] == ["cuda:1", "cuda:2", "cuda:3"]
    assert all(share.weights + share.cache <= 60 * G for share in made.shares)


def test_a_mapping_is_kept(machine):
    machine(2)
    mapping = {"model.embed_tokens": 0, "model.layers": 0, "": 1}
    made = plan(mixtral_8x7b(num_hidden_layers=8), device_map=mapping)
    assert made.device_map == mapping
    assert made.shares[1].weights == pytest.approx(2 * 32_000 * 4096, rel=0.01)  # the head
    assert made.shares[1].cache == 0


def test_without_a_mapping_one_gpu_takes_it_all(machine):
    machine(2)
    made = plan(mixtral_8x7b(num_hidden_layers=8))
    assert made.device_map is None
    assert [share.device.name for share in made.shares] == ["cuda:0"]


# ---- what is refused


def refused(*args, **settings):
    with pytest.raises(AdapterError) as caught:
        plan(*args, **settings)
    return str(caught.value)


def test_what_cannot_fit_is_refused_with_numbers(machine):
    machine(2, 48 * G)
    said = refused(llama_3_70b(), window=16_384, context_window=16_384, device_map="auto")
    assert "needs 141.1 GB of weights (bfloat16) and 5.4 GB of cache (1 prompt of 16,384 tokens" in said
    assert "this machine has 2 GPUs of 48.0 GB (cuda:0: 48.0 GB free, cuda:1: 48.0 GB free)" in said
    assert "engine.quantization 4bit (39.5 GB of weights), or a server" in said
    assert "docs/big-models.md" in said


def test_it_says_what_more_gpus_would_do(machine):
    machine(2)
    assert "of which the record lets it use cuda:0. Use engine.device_map auto over all GPUs" in refused(llama_3_70b())


def test_the_processors_memory_has_an_end_too(machine):
    machine(0, memory=32 * G)
    said = refused(llama_3_70b(), device="cpu", dtype="float32")
    assert "needs 282.2 GB of weights (float32)" in said
    assert "this machine has no GPU and 32.0 GB of free memory" in said
    assert "engine.dtype bfloat16 (141.1 GB)" in said


def test_a_window_that_the_record_asks_for_must_fit(machine):
    machine(1, 24 * G)
    eight = mixtral_8x7b(num_hidden_layers=7)  # 20.6 GB
    said = refused(eight, window=131_072, context_window=131_072)
    assert "a smaller context_window" in said
    # The window that the model could have is seldom filled.
    made = plan(eight, window=131_072, context_window=None)
    assert made.prompts == 0
    assert "Only 0 of the 1 prompts" in made.sentence()


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"model": 0}, r"says nothing of lm_head\.weight"),
        ({"": 0, "model.layer": 1}, r"names 'model\.layer', which the model does not have"),
        ({"": 7}, "names GPU 7; this machine has 2 GPUs"),
        ({"model": 0, "lm_head": 1}, "As engine.device_map has it, cuda:0 would hold"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(mapping, message, machine):
    machine(2)
    with pytest.raises(AdapterError, match=message):
        plan(llama_3_70b(), device_map=mapping)


def test_memory_of_other_devices_is_refused(machine):
    machine(1)
    assert "engine.max_memory of system big names 3, but the model goes to cuda:0" in refused(
        llama_3_70b(), max_memory={"3": "70GB"}
    )


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(formats, "_is_there", lambda module: False)
    assert "pip install bitsandbytes" in refused(llama_3_70b(), quantization="4bit")
    assert "pip install flash-attn" in refused(llama_3_70b(), attention="flash_attention_2")


def test_flash_attention_needs_a_gpu():
    said = refused(llama_3_70b(), device="cpu", dtype="float32", attention="flash_attention_2")
    assert "needs a GPU and bfloat16 or float16; here it would run on cpu in float32" in said


# ---- checkpoints that come quantized


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


# ---- loaded by the plan


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
