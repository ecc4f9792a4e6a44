"""Fields of a GGUF file are read once for each model that transformers load, and fast."""

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

from models_runner.adapters.loading.gguf_reading import gguf_read_once, read_gguf_as_arrays


def write(path, layers):
    writer = GGUFWriter(path, "llama")
    writer.add_uint32("llama.block_count", layers)
    writer.add_string("general.name", "Tiny")
    writer.add_array("tokenizer.ggml.tokens", ["a", "b", "é"])
    writer.add_tensor("vector", np.arange(5, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return str(path)


@pytest.fixture
def source(tmp_path):
    return write(tmp_path / "tiny.gguf", 1)


@pytest.fixture
def reads(monkeypatch):
    """The paths that the gguf library read."""
    read, paths = GGUFReader.__init__, []

    def noted(self, path, *options):
        paths.append(str(path))
        read(self, path, *options)

    monkeypatch.setattr(GGUFReader, "__init__", noted)
    return paths


def layers(path):
    return load_gguf_checkpoint(path)["config"]["num_hidden_layers"]


def test_a_file_is_read_once_while_a_model_is_loaded(source, tmp_path, reads):
    other = write(tmp_path / "other.gguf", 3)
    with gguf_read_once(source):
        assert [layers(source), layers(other), layers(source), layers(source)] == [1, 3, 1, 1]
    assert reads == [source, other]


def test_a_file_that_changed_is_read_again(source, tmp_path, reads):
    with gguf_read_once(source):
        assert layers(source) == 1
        write(tmp_path / "tiny.gguf", 2)
        assert layers(source) == 2
    assert reads == [source] * 2


def test_nothing_is_remembered_afterwards(source, reads):
    for _ in range(2):
        with gguf_read_once(source):
            layers(source)
    with pytest.raises(ValueError, match="broken"), gguf_read_once(source):
        raise ValueError("broken")
    layers(source)
    assert reads == [source] * 3


def test_one_model_within_another_reads_its_own(source, reads):
    with gguf_read_once(source):
        with gguf_read_once(source):
            layers(source)
        layers(source)
    assert reads == [source]


def test_other_weights_are_none_of_its_business(source, reads):
    with gguf_read_once("folder/of/weights"):
        layers(source)
        layers(source)
    assert reads == [source] * 2


def test_files_are_read_as_plain_arrays_which_are_sliced_faster(source):
    read_gguf_as_arrays()
    read_gguf_as_arrays()  # whoever loads a second model
    reader = GGUFReader(source)
    assert type(reader.data) is np.ndarray
    assert reader.fields["general.name"].contents() == "Tiny"
    (vector,) = reader.tensors
    assert np.array_equal(vector.data, np.arange(5, dtype=np.float32))
