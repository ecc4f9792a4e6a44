"""The transformers adapter on tiny real checkpoints: built from a config, saved, loaded back like any other model."""

import pytest

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec
from tests.models_runner.checkpoints import WORDS, saved_decoder, saved_t5


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return saved_t5(tmp_path_factory.mktemp("t5"))


ARCHITECTURES = ["t5", "llama", "plain_llama", "mixtral", "gemma"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    from transformers import LlamaConfig

    return saved_decoder(tmp_path_factory.mktemp("llama"), LlamaConfig)


@pytest.fixture(scope="module")
def plain_llama(tmp_path_factory):
    """LiteLlama has no chat template: it reads the plain prompt."""
    from transformers import LlamaConfig

    return saved_decoder(tmp_path_factory.mktemp("plain_llama"), LlamaConfig, chat=False)


@pytest.fixture(scope="module")
def mixtral(tmp_path_factory):
    from transformers import MixtralConfig

    experts = {"num_local_experts": 4, "num_experts_per_tok": 2, "num_key_value_heads": 2, "initializer_range": 0.3}
    return saved_decoder(tmp_path_factory.mktemp("mixtral"), MixtralConfig, **experts)


@pytest.fixture(scope="module")
def gemma(tmp_path_factory):
    from transformers import Gemma3TextConfig

    shape = {"head_dim": 8, "num_key_value_heads": 1, "sliding_window": 32}
    return saved_decoder(tmp_path_factory.mktemp("gemma"), Gemma3TextConfig, **shape)


def adapter(model_id, **settings):
    from models_runner.adapters.hf import load

    settings = {"context_window": 64, "decoding": {"max_tokens": 8}, "engine": {"device": "cpu"}} | settings
    return load(SystemSpec(slug="tiny", model_id=model_id, **settings))


def request(words=6, kind="medium"):
    content = " ".join(WORDS[n % 14] for n in range(words))
    return SummaryRequest(f"m{words}", [{"speaker": "Maya", "content": content}] * 3, "en", "write a summary .", kind)


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_saved_checkpoint_summarizes(model, request_fixture):
    loaded = adapter(request_fixture(model))
    made = loaded.summarize([request()])[0]
    assert made.stop_reason in ("end", "length", "empty")
    assert 0 < made.output_tokens <= 8
    assert made.dropped_tokens == 0
    assert loaded.revision
    assert loaded.environment()["dtype"] == "float32"


@pytest.fixture
def request_fixture(request):
    return request.getfixturevalue


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_batch_gives_what_single_requests_give_in_their_order(model, request_fixture):
    loaded = adapter(request_fixture(model))
    requests = [request(words) for words in (3, 14, 1, 9, 6)]
    together = [made.text for made in loaded.summarize(requests)]
    alone = [loaded.summarize([one])[0].text for one in requests]
    assert together == alone
    assert len(set(together)) > 1  # else the order could not be told


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_a_long_transcript_is_cut_to_the_window(model, request_fixture):
    made = adapter(request_fixture(model)).summarize([request(60)])[0]
    assert made.dropped_tokens > 0
    room = 64 if model == "t5" else 64 - 8  # an encoder's window holds the input alone
    assert made.prompt_tokens <= room


def test_the_window_is_the_models_own_when_none_is_given(llama):
    assert adapter(llama, context_window=None).engine.window == 128


def test_instructions_with_different_limits_share_a_batch(llama):
    limits = {"short": 2, "long": 6, "medium": 4}
    loaded = adapter(llama, decoding={"max_tokens": limits, "min_new_tokens": 2})
    made = loaded.summarize([request(kind=kind) for kind in ("long", "short", "medium")])
    assert made[1].output_tokens <= 2
    assert made[0].output_tokens <= 6


class Starved:
    """A model on a machine whose memory holds a batch of so many prompts."""

    def __init__(self, model, holds, error):
        self.model, self.holds, self.error = model, holds, error
        self.sizes = []

    def __getattr__(self, name):
        return getattr(self.model, name)

    def generate(self, input_ids, **settings):
        self.sizes.append(len(input_ids))
        if len(input_ids) > self.holds:
            raise self.error
        return self.model.generate(input_ids=input_ids, **settings)


@pytest.mark.parametrize("error", ["cuda", "python", "torch on the CPU"])
def test_a_batch_too_large_for_memory_is_halved(llama, error):
    import torch

    loaded = adapter(llama)
    requests = [request(words) for words in (3, 14, 1, 9)]
    expected = [made.text for made in loaded.summarize(requests)]
    fault = {"cuda": torch.OutOfMemoryError("CUDA out of memory"), "python": MemoryError()}.get(error)
    if fault is None:
        with pytest.raises(RuntimeError) as caught:
            torch.empty(10**15)
        fault = caught.value
    starved = loaded.engine.model = Starved(loaded.engine.model, 1, fault)
    assert [made.text for made in loaded.summarize(requests)] == expected
    assert sorted(starved.sizes, reverse=True) == [4, 2, 2, 1, 1, 1, 1]


def test_another_fault_of_the_model_is_not_taken_for_memory(llama):
    loaded = adapter(llama)
    loaded.engine.model = Starved(loaded.engine.model, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        loaded.summarize([request()])


def test_one_prompt_too_large_for_memory_says_so(llama):
    loaded = adapter(llama)
    loaded.engine.model = Starved(loaded.engine.model, 0, MemoryError())
    with pytest.raises(AdapterError, match=r"Out of memory on cpu: one prompt of \d+ tokens"):
        loaded.summarize([request()])
