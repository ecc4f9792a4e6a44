"""Static caches and continuous batching of transformers write what the plain path writes, or are refused."""

import pytest
from django.core.exceptions import ValidationError

from models_runner.adapters.generating.settings import check_generating_settings
from models_runner.adapters.protocol import AdapterError
from models_runner.models import System
from tests.models_runner.adapters.test_adapter_transformers import (  # noqa: F401  (fixtures)
    adapter,
    gemma,
    llama,
    mixtral,
    plain_llama,
    request,
    request_fixture,
    t5,
)
from tests.models_runner.checkpoints import saved_decoder, saved_encoder_decoder

DECODERS = ["llama", "plain_llama", "mixtral", "gemma"]
STATIC = {"device": "cpu", "cache": "static"}
CONTINUOUS = {"device": "cpu", "batching": "continuous"}
LIMITS = {"short": 2, "long": 9, "medium": 5}
WRONG = [
    ({"cache": "big"}, "engine.cache is 'big'; expected one of dynamic, static, or leave it out"),
    ({"cache": True}, "engine.cache is True"),
    ({"batching": "dynamic"}, "engine.batching is 'dynamic'; expected one of padded, continuous"),
    ({"cache": "static", "batching": "continuous"}, "engine.cache static does not go with engine.batching continuous"),
]


@pytest.mark.parametrize(("engine", "message"), WRONG)
def test_a_wrong_setting_is_named(engine, message):
    with pytest.raises(AdapterError, match=message):
        check_generating_settings(engine)
    with pytest.raises(ValidationError, match=r"engine\."):
        System(slug="s", name="S", adapter="transformers", regime="zero-shot", engine=engine).clean_fields()


@pytest.mark.parametrize(
    "engine", [{}, {"cache": None}, {"cache": "static"}, {"cache": "dynamic", "batching": "padded"}]
)
def test_a_right_setting_passes(engine):
    check_generating_settings(engine)


def requests():
    kinds = ("long", "short", "medium", "medium", "long", "short")
    return [request(words, kind) for words, kind in zip((3, 14, 1, 9, 6, 2), kinds, strict=True)]


def told(made):
    return [(one.text, one.output_tokens, one.prompt_tokens, one.stop_reason, one.dropped_tokens) for one in made]


@pytest.mark.parametrize("engine", [STATIC, CONTINUOUS], ids=["static", "continuous"])
@pytest.mark.parametrize("model", DECODERS)
def test_greedy_texts_are_those_of_the_plain_path(model, engine, request_fixture):  # noqa: F811
    plain = adapter(request_fixture(model), decoding={"max_tokens": LIMITS}).summarize(requests())
    other = adapter(request_fixture(model), decoding={"max_tokens": LIMITS}, engine=engine | {"batch_size": 2})
    assert told(other.summarize(requests())) == told(plain)
    assert len({one.text for one in plain}) > 1  # else the order could not be told
    recorded = other.environment()
    assert recorded["batch_size"] == 2
    assert (recorded["cache"], recorded["batching"]) == (
        engine.get("cache", "dynamic"), engine.get("batching", "padded"),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["t5", "bart"])
def test_encoder_decoders_have_a_static_cache(kind, t5, tmp_path):  # noqa: F811
    model = t5 if kind == "t5" else saved_encoder_decoder(tmp_path, kind)
    plain = adapter(model).summarize(requests())
    assert told(adapter(model, engine=STATIC).summarize(requests())) == told(plain)


def test_encoder_decoders_are_not_batched_continuously(t5):  # noqa: F811
    with pytest.raises(AdapterError, match=r"continuous, but transformers batches encoder-decoders \(t5\) padded only"):
        adapter(t5, engine=CONTINUOUS)


def test_an_architecture_without_a_static_cache_is_refused(tmp_path):
    with pytest.raises(AdapterError, match=r"engine.cache static, which its architecture \(longt5\) does not have"):
        adapter(saved_encoder_decoder(tmp_path, "longt5"), engine=STATIC)


def test_layers_without_pages_are_refused(tmp_path):
    from transformers import Lfm2Config

    model = saved_decoder(tmp_path, Lfm2Config, layer_types=["conv", "full_attention"], num_key_value_heads=2)
    with pytest.raises(AdapterError, match=r"its architecture \(lfm2\) has layers of conv, which keep no pages"):
        adapter(model, engine=CONTINUOUS)


def test_several_devices_are_refused(llama):  # noqa: F811
    from models_runner.adapters.generating.continuous import check_continuous

    engine = adapter(llama).engine
    engine.model.hf_device_map = {"model": 0, "lm_head": 1}
    with pytest.raises(AdapterError, match="it lies on several devices"):
        check_continuous(engine.model, engine.spec)


@pytest.mark.parametrize("setting", [{"min_new_tokens": 4}, {"repetition_penalty": 1.2}, {"stop_strings": ["."]}])
def test_decoding_that_continuous_batching_would_drop_is_refused(setting, llama):  # noqa: F811
    (name,) = setting
    with pytest.raises(AdapterError, match=rf"has decoding.{name}, which transformers' continuous batching does not"):
        adapter(llama, decoding={"max_tokens": 8, **setting}, engine=CONTINUOUS)


def test_a_setting_left_empty_is_none(llama):  # noqa: F811
    assert adapter(llama, decoding={"max_tokens": 8, "repetition_penalty": None}, engine=CONTINUOUS).engine


def test_stop_tokens_end_a_text_on_every_path(llama):  # noqa: F811
    """Forbidden end tokens show that what ended the texts before were these."""
    ended = {}
    for name, engine in {"plain": {"device": "cpu"}, "static": STATIC, "continuous": CONTINUOUS}.items():
        loaded = adapter(llama, decoding={"max_tokens": 30}, context_window=120, engine=engine)
        loaded.engine.model.generation_config.eos_token_id = [1, *range(10, 14)]
        ended[name] = told(loaded.summarize(requests()))
    assert ended["static"] == ended["continuous"] == ended["plain"]
    assert "end" in {reason for *_, reason, _ in ended["plain"]} | {"empty"}
    free = adapter(llama, decoding={"max_tokens": 20, "suppress_tokens": [1]}, context_window=100, engine=CONTINUOUS)
    assert {one.output_tokens for one in free.summarize(requests())} == {20}


def test_a_seed_gives_the_same_samples_again(llama):  # noqa: F811
    decoding = {"max_tokens": 8, "temperature": 1.5, "seed": 5}
    loaded = adapter(llama, decoding=decoding, engine=CONTINUOUS)
    first = told(loaded.summarize(requests()))
    assert told(loaded.summarize(requests())) == first
    assert told(adapter(llama, decoding=decoding | {"seed": 6}, engine=CONTINUOUS).summarize(requests())) != first


def test_more_prompts_are_asked_for_than_there_are_places(llama):  # noqa: F811
    assert adapter(llama, engine=CONTINUOUS | {"batch_size": 3}).batch_size == 12
    assert adapter(llama, engine=STATIC | {"batch_size": 3}).batch_size == 3


class Starved:
    """Stands in for the pages: they hold so many places, and a fault comes out of the thread where there are more."""

    def __init__(self, holds, error, whole):
        self.holds, self.error, self.whole, self.places = holds, error, whole, []

    def __call__(self, model, prompts, limits, places, decoding, seed):
        self.places.append(places)
        if places > self.holds:
            raise self.error
        return self.whole(model, prompts, limits, places, decoding, seed)


@pytest.mark.parametrize("error", [MemoryError("Memory footprint 2 is more than available memory 1"), None])
def test_places_are_halved_where_memory_runs_out(llama, error, monkeypatch):  # noqa: F811
    import torch

    from models_runner.adapters import hf

    loaded = adapter(llama, engine=CONTINUOUS | {"batch_size": 5})
    expected = told(loaded.summarize(requests()))
    starved = Starved(1, error or torch.OutOfMemoryError("CUDA out of memory"), hf.written_continuously)
    monkeypatch.setattr(hf, "written_continuously", starved)
    assert told(loaded.summarize(requests())) == expected
    assert starved.places == [5, 2, 1]
    starved.holds = 0
    with pytest.raises(AdapterError, match=r"Out of memory on cpu: one prompt of \d+ tokens"):
        loaded.summarize(requests())


@pytest.mark.parametrize("fault", [MemoryError("no room"), RuntimeError("shapes do not match")])
def test_a_fault_in_the_thread_is_the_callers(fault, llama):  # noqa: F811
    loaded = adapter(llama, engine=CONTINUOUS | {"batch_size": 1})

    def broken(*_, **__):
        raise fault

    loaded.engine.model.forward = broken
    expected = AdapterError if isinstance(fault, MemoryError) else RuntimeError
    with pytest.raises(expected, match=r"Out of memory|shapes do not match"):
        loaded.summarize([request()])
