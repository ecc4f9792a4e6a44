"""Checkpoints and plans of memory, for tests."""

import pytest

from models_runner.adapters.loading import devices
from models_runner.adapters.loading.devices import Device
from models_runner.adapters.loading.loader import Loader
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec
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


def refused(*args, **settings):
    with pytest.raises(AdapterError) as caught:
        plan(*args, **settings)
    return str(caught.value)
