"""The engine settings of big models are checked where a system is added."""

import pytest
from django.core.exceptions import ValidationError

from models_runner.adapters.loading.settings import allowed_memory, check_loading_settings, keeps_to_cpu
from models_runner.adapters.protocol import AdapterError
from models_runner.models import System
from models_runner.systems.catalog import CatalogError, read_entries

WRONG = [
    ({"device_map": "automatic"}, "engine.device_map is 'automatic'; expected one of auto, balanced"),
    ({"device_map": []}, "engine.device_map is .*; expected auto, balanced, or modules"),
    ({"device_map": {}}, "engine.device_map is {}; expected"),
    ({"device_map": 0}, "engine.device_map is 0; expected"),
    ({"device_map": {"model": "disk"}}, "engine.device_map puts 'model' on 'disk'; expected the number of a GPU"),
    ({"device_map": {"model": -1}}, "engine.device_map puts 'model' on -1"),
    ({"device_map": {"model": True}}, "engine.device_map puts 'model' on True"),
    ({"device_map": {"model": 0, "lm_head": "cpu"}}, "engine.device_map names cpu and GPUs"),
    ({"device_map": "auto", "device": "cuda:1"}, "engine.device and engine.device_map both say"),
    ({"max_memory": "70GB"}, "engine.max_memory is '70GB'; expected the memory of each GPU"),
    ({"max_memory": {}}, "engine.max_memory is {}"),
    ({"max_memory": {0: "70GB"}}, "engine.max_memory.0 names no device; expected the number of a GPU in quotes"),
    ({"max_memory": {"first": "70GB"}}, "engine.max_memory.first names no device"),
    ({"max_memory": {"0": "much"}}, "engine.max_memory.0 is 'much'; expected an amount of memory, such as 70GB"),
    ({"max_memory": {"0": "0GB"}}, "engine.max_memory.0 is '0GB'"),
    ({"max_memory": {"0": -1}}, "engine.max_memory.0 is -1"),
    ({"max_memory": {"0": True}}, "engine.max_memory.0 is True"),
    ({"quantization": "3bit"}, "engine.quantization is '3bit'; expected one of 4bit, 8bit"),
    ({"quantization": 4}, "engine.quantization is 4; expected"),
    ({"quantization": ["4bit"]}, "engine.quantization is .*; expected"),
    ({"attention": "flash"}, "engine.attention is 'flash'; expected one of sdpa, eager, flash_attention_2"),
]
RIGHT = [
    {},
    {"device_map": None, "quantization": None, "attention": None, "max_memory": None},
    {"device_map": "auto"},
    {"device_map": "balanced", "max_memory": {"0": "70GB", "3": "64GiB", "cpu": 10**9}},
    {"device_map": {"model.embed_tokens": 0, "model.layers": 1, "": 1}},
    {"device_map": {"": "cpu"}},
    {"device": "cuda:1", "quantization": "8bit", "attention": "flash_attention_2"},
]


@pytest.mark.parametrize(("engine", "message"), WRONG)
def test_a_wrong_setting_is_named(engine, message):
    with pytest.raises(AdapterError, match=message):
        check_loading_settings(engine)
    with pytest.raises(ValidationError, match=r"engine\."):
        System(slug="s", name="S", adapter="transformers", regime="zero-shot", engine=engine).clean_fields()


@pytest.mark.parametrize("engine", RIGHT)
def test_a_right_setting_passes(engine):
    check_loading_settings(engine)


def test_a_file_for_add_names_entry_and_field(tmp_path):
    file = tmp_path / "big.yaml"
    file.write_text("big: {name: Big, adapter: transformers, regime: zero-shot, engine: {quantization: 2bit}}")
    with pytest.raises(CatalogError, match=r"big: field 'engine': engine\.quantization is '2bit'"):
        read_entries(file)


def test_amounts_of_memory_are_read_in_their_units():
    given = {"0": "70GB", "1": "64GiB", "2": "1.5 GB", "3": 12, "cpu": "500MB"}
    assert allowed_memory({"max_memory": given}) == {
        "0": 70 * 10**9, "1": 64 * 2**30, "2": 1_500_000_000, "3": 12, "cpu": 500 * 10**6,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("device_map", "kept"),
    [({"": "cpu"}, True), ({"model": "cpu", "": "cpu"}, True), ({"": 0}, False), ("auto", False)],
)
def test_a_mapping_to_the_processor_alone_keeps_off_the_gpus(device_map, kept):
    assert keeps_to_cpu({"device_map": device_map}) is kept
    assert keeps_to_cpu({}) is False
