"""Plans against tiny real checkpoints and the configurations of known models; only the list of devices is made up."""
# ruff: noqa: F811  (fixtures)

from pathlib import Path

import pytest
from safetensors import safe_open

from models_runner.adapters.loading import formats
from models_runner.adapters.loading.formats import INT8_BITS, NF4_BITS, WeightFormat
from models_runner.adapters.loading.sizes import cache_bytes, tensor_bytes
from models_runner.adapters.protocol import AdapterError
from tests.models_runner.adapters.loading.planned import (  # noqa: F401  (fixtures)
    KINDS,
    G,
    adapter,
    llama_3_70b,
    machine,
    mixtral_8x7b,
    plan,
    refused,
    saved,
)
from tests.models_runner.checkpoints import saved_decoder

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
