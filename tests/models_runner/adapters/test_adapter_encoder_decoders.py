"""Encoder-decoders with long inputs on tiny real checkpoints: LED, PRIMERA, LongT5, BART and PEGASUS-X."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec
from tests.models_runner.checkpoints import WORDS, saved_encoder_decoder, saved_t5

KINDS = ("led", "primera", "longt5", "bart", "pegasus_x")
# As the models' configurations below have them; LongT5's positions are relative.
WINDOWS = {"led": 128, "primera": 128, "longt5": 16_384, "bart": 96, "pegasus_x": 96}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folders = {}

    def find(kind):
        if kind not in folders:
            folder = tmp_path_factory.mktemp(kind)
            folders[kind] = saved_t5(folder) if kind == "t5" else saved_encoder_decoder(folder, kind)
        return folders[kind]

    return find


def adapter(model_id, **settings):
    from models_runner.adapters.hf import load

    settings = {"decoding": {"max_tokens": 8}, "engine": {"device": "cpu"}} | settings
    return load(SystemSpec(slug="tiny", model_id=model_id, **settings))


def request(words=6, said=""):
    content = said or " ".join(WORDS[n % 14] for n in range(words))
    return SummaryRequest(
        f"m{words}", [{"speaker": "Maya", "content": content}] * 3, "en", "write a summary .", "medium"
    )


def given_to_the_model(loaded, *requests):
    """Summarize, and return what generate() was called with."""
    calls, generate = [], loaded.engine.model.generate

    def noted(**inputs):
        calls.append(inputs)
        return generate(**inputs)

    loaded.engine.model.generate = noted
    loaded.summarize(requests)
    return calls


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_checkpoint_summarizes(kind, saved):
    (made,) = adapter(saved(kind)).summarize([request()])
    assert made.stop_reason in ("end", "length", "empty")
    assert 0 < made.output_tokens <= 8
    assert made.dropped_tokens == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_window_is_that_of_the_encoder(kind, saved):
    assert adapter(saved(kind)).engine.window == WINDOWS[kind]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "longt5"])
def test_a_long_transcript_fills_the_encoders_window_and_no_more(kind, saved):
    (made,) = adapter(saved(kind)).summarize([request(300)])
    assert made.dropped_tokens > 0
    assert WINDOWS[kind] - 8 < made.prompt_tokens <= WINDOWS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_single_requests_give(kind, saved):
    loaded = adapter(saved(kind))
    requests = [request(words) for words in (3, 14, 1, 9)]
    alone = [loaded.summarize([one])[0].text for one in requests]
    assert [made.text for made in loaded.summarize(requests)] == alone
    assert len(set(alone)) > 1


# ---- global attention


def test_leds_first_token_sees_the_whole_text(saved):
    (call,) = given_to_the_model(adapter(saved("led")), request(3), request(9))
    mask = call["global_attention_mask"]
    assert mask.shape == call["input_ids"].shape
    assert mask[:, 0].tolist() == [1, 1]
    assert mask.sum().item() == 2


def test_primeras_separators_see_the_whole_text(saved):
    # A separator of the system's own template is one; in what somebody said the same characters are text.
    template = "{transcript} <doc-sep> {instruction} <doc-sep>"
    made = adapter(saved("primera"), prompt_template=template)
    (call,) = given_to_the_model(made, request(said=f"{WORDS[0]} <doc-sep> {WORDS[1]}"))
    separator = adapter(saved("primera")).engine.tokenizer.convert_tokens_to_ids("<doc-sep>")
    attended = call["global_attention_mask"][0].bool()
    assert call["input_ids"][0][attended].tolist()[1:] == [separator] * 2
    assert attended.sum().item() == 3


@pytest.mark.parametrize("kind", ["longt5", "bart", "pegasus_x"])
def test_other_architectures_get_no_such_mask(kind, saved):
    (call,) = given_to_the_model(adapter(saved(kind)), request())
    assert "global_attention_mask" not in call


# ---- number formats and limits


@pytest.mark.parametrize("kind", ["t5", "longt5", "pegasus_x"])
def test_float16_is_refused_where_it_is_known_to_give_nonsense(kind, saved):
    with pytest.raises(AdapterError, match=r"float16.*bfloat16 \(on a GPU that has it\) or float32"):
        adapter(saved(kind), engine={"device": "cpu", "dtype": "float16"})


@pytest.mark.parametrize("kind", ["led", "bart"])
def test_float16_is_taken_elsewhere(kind, saved):
    assert adapter(saved(kind), engine={"device": "cpu", "dtype": "float16"}).environment()["dtype"] == "float16"


@pytest.mark.parametrize("kind", ["t5", "longt5", "pegasus_x"])
def test_bfloat16_is_taken_everywhere(kind, saved):
    (made,) = adapter(saved(kind), engine={"device": "cpu", "dtype": "bfloat16"}).summarize([request()])
    assert made.output_tokens > 0


@pytest.mark.parametrize("kind", ["led", "bart"])
def test_an_output_limit_beyond_the_decoders_positions_is_refused_with_both_numbers(kind, saved):
    window = {"led": 32, "bart": 96}[kind]
    with pytest.raises(AdapterError, match=rf"up to {window} tokens, but its decoder has {window} positions"):
        adapter(saved(kind), decoding={"max_tokens": window}).summarize([request()])
    longest = {"max_tokens": window - 1, "min_new_tokens": window - 1}
    (made,) = adapter(saved(kind), decoding=longest).summarize([request()])
    assert made.output_tokens == window - 1


# ---- the commit of a hub id without revision

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LOAD = """
from models_runner.adapters.hf import load
from models_runner.adapters.protocol import SystemSpec
for revision in ("", "%s"):
    print(load(SystemSpec(slug="tiny", model_id="maker/tiny", engine={"device": "cpu"}, revision=revision)).revision)
"""


def test_the_commit_that_main_stood_at_is_recorded_with_and_without_a_revision(saved, tmp_path):
    """In a process of its own: where the hub's files lie is read when its library is loaded."""
    repository = tmp_path / "hub" / "models--maker--tiny"
    shutil.copytree(saved("bart"), repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD % COMMIT],
        cwd=Path(__file__).parents[3],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split()[-2:] == [COMMIT, COMMIT], done.stderr[-2000:]
