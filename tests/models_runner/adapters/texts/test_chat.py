"""Chat templates without a system role, with switches of thinking, or none: tiny real checkpoints."""

import json

import pytest

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemSpec
from tests.models_runner.checkpoints import saved_decoder

SYSTEM = "You write summaries of meetings."
PLAIN = "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}assistant :"
RAISES = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + PLAIN
ALTERNATES = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}user : {{ m.content | trim }} {% endfor %}assistant :"
)
DROPS = "{% for m in messages if m.role != 'system' %}{{ m.role }} : {{ m.content }} {% endfor %}assistant :"
SWITCH = PLAIN + "{% if enable_thinking is defined and enable_thinking is false %} <think> </think>{% endif %}"
OTHER_SWITCH = PLAIN + "{% if thinking %} <think>{% endif %}"
ALWAYS = PLAIN + " <think>\n"
SPEAKS_OF_IT = PLAIN + "{# thinking #}{{ messages[0]['thinking'] }}{{ messages[0].thinking }}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from transformers import LlamaConfig

    return saved_decoder(tmp_path_factory.mktemp("chat"), LlamaConfig)


@pytest.fixture
def adapter(folder):
    """Loads the checkpoint with another template."""
    from pathlib import Path

    from models_runner.adapters.hf import load

    path = Path(folder) / "chat_template.jinja"
    before = path.read_text()

    def adapter(template, *, window=64, **engine):
        path.write_text(template)
        decoding = {"max_tokens": 8}
        engine = {"device": "cpu"} | engine
        return load(SystemSpec("tiny", folder, context_window=window, decoding=decoding, engine=engine))

    yield adapter
    path.write_text(before)


def request():
    return SummaryRequest(
        "m", [{"speaker": "Maya", "content": "we ship on friday"}], "en", "write a summary .", "medium"
    )


@pytest.mark.parametrize("template", [RAISES, ALTERNATES, DROPS])
def test_a_template_without_system_role_gets_the_message_in_the_users(adapter, template):
    loaded = adapter(template)
    prompt = loaded.summarize([request()])[0].calls[0].prompt
    assert prompt.startswith(f"user : {SYSTEM}\n\nMaya: we ship")
    assert loaded.environment()["chat"]["system_message"] == "merge"
    assert loaded.environment()["system_message"] == SYSTEM


@pytest.mark.parametrize("template", [RAISES, ALTERNATES])
def test_a_record_that_demands_the_system_role_is_told_that_there_is_none(adapter, template):
    with pytest.raises(AdapterError, match=r"refuses engine.system_message: send \(.*\). Use merge or omit"):
        adapter(template, system_message="send")


@pytest.mark.parametrize(
    ("way", "begins"),
    [("send", f"system : {SYSTEM} user : Maya"), ("merge", f"user : {SYSTEM}\n\nMaya"), ("omit", "user : Maya")],
)
def test_a_record_says_what_becomes_of_the_system_message(adapter, way, begins):
    loaded = adapter(PLAIN, system_message=way)
    assert loaded.summarize([request()])[0].calls[0].prompt.startswith(begins)
    assert loaded.environment()["chat"]["system_message"] == way
    assert loaded.environment()["system_message"] == ("" if way == "omit" else SYSTEM)


def test_a_model_without_a_template_reads_the_plain_prompt(tmp_path):
    from transformers import LlamaConfig

    from models_runner.adapters.hf import load

    spec = SystemSpec(
        "tiny", saved_decoder(tmp_path, LlamaConfig, chat=False), engine={"device": "cpu"}, decoding={"max_tokens": 8}
    )
    loaded = load(spec)
    assert loaded.summarize([request()])[0].calls[0].prompt == "Maya: we ship on friday\n\nwrite a summary ."
    assert loaded.environment()["chat"]["system_message"] == "no template"


def test_thinking_is_off_where_a_template_has_a_switch_and_the_record_says_nothing(adapter):
    loaded = adapter(SWITCH)
    assert loaded.summarize([request()])[0].calls[0].prompt.endswith("assistant : <think> </think>")
    chat = loaded.environment()["chat"]
    assert (chat["thinking_switch"], chat["thinking"], chat["thinking_tokens"]) == ("enable_thinking", False, 0)
    assert chat["variables"] == {"enable_thinking": False}


def test_thinking_that_is_switched_on_has_a_quarter_of_the_window_for_itself(adapter):
    loaded = adapter(SWITCH, thinking=True, window=120)
    made = loaded.summarize([request()])[0]
    assert made.calls[0].prompt.endswith("assistant :")
    assert loaded.environment()["chat"]["thinking_tokens"] == 30
    assert made.output_tokens <= 8 + 30
    task = loaded._task(request())
    assert loaded.engine.needs(task.prompt("Maya")) == len(loaded.engine.prompt_ids(task.prompt("Maya"))) + 8 + 30


def test_another_name_of_the_switch_is_known(adapter):
    chat = adapter(OTHER_SWITCH, thinking=True).environment()["chat"]
    assert (chat["thinking_switch"], chat["variables"]) == ("thinking", {"thinking": True})


@pytest.mark.parametrize("template", [PLAIN, SPEAKS_OF_IT])
def test_a_template_without_a_switch_has_none(adapter, template):
    assert adapter(template).environment()["chat"]["thinking_switch"] == ""
    with pytest.raises(AdapterError, match="no switch for it"):
        adapter(template, thinking=True)


def test_what_follows_a_template_that_always_opens_a_thought_is_thought(adapter):
    loaded = adapter(ALWAYS, thinking_tokens=4)
    made = loaded.summarize([request()])[0]
    assert made.text == ""
    assert made.thoughts
    assert made.stop_reason in ("thinking", "empty")
    assert 0 < made.thinking_tokens <= made.output_tokens <= 12
    with pytest.raises(AdapterError, match="always opens a thought"):
        adapter(ALWAYS, thinking=False)


def test_further_variables_of_a_template_can_be_set(adapter):
    loaded = adapter(PLAIN + "{{ reasoning_effort }}", chat_template_kwargs={"reasoning_effort": "low"})
    assert loaded.summarize([request()])[0].calls[0].prompt.endswith("assistant :low")


# ---- generation_config.json


def with_generation_config(folder, **settings):
    from pathlib import Path

    path = Path(folder) / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    return folder


def written(folder, **decoding):
    from models_runner.adapters.hf import load

    spec = SystemSpec(
        "tiny", folder, context_window=120, decoding={"max_tokens": 24} | decoding, engine={"device": "cpu"}
    )
    loaded = load(spec)
    return loaded.summarize([request()])[0].text, loaded.environment()["generation_config"]


def test_what_a_generation_config_brings_is_switched_off_and_recorded(tmp_path):
    from transformers import LlamaConfig

    plain = saved_decoder(tmp_path / "plain", LlamaConfig)
    bringing = with_generation_config(
        saved_decoder(tmp_path / "bringing", LlamaConfig), repetition_penalty=1.5, num_beams=3, no_repeat_ngram_size=2,
        min_length=20, top_k=7,
    )  # fmt: skip
    expected, record = written(plain)
    assert record["switched_off"] == {}
    text, record = written(bringing)
    assert text == expected
    assert record["switched_off"] == {
        "repetition_penalty": 1.5, "num_beams": 3, "no_repeat_ngram_size": 2, "min_length": 20, "top_k": 7,
    }  # fmt: skip
    assert (record["kept"]["eos_token_id"], record["kept"]["pad_token_id"]) == (1, 0)
    # The penalty would have changed the text, and does where the record names it.
    assert written(bringing, repetition_penalty=1.5)[0] == written(plain, repetition_penalty=1.5)[0] != expected


def test_several_end_tokens_of_a_generation_config_are_kept(tmp_path):
    from transformers import LlamaConfig

    folder = with_generation_config(saved_decoder(tmp_path, LlamaConfig), eos_token_id=[1, 5])
    assert written(folder)[1]["kept"]["eos_token_id"] == [1, 5]


def test_a_decoding_setting_that_is_null_is_left_out(tmp_path):
    from transformers import LlamaConfig

    folder = saved_decoder(tmp_path, LlamaConfig)
    assert written(folder, temperature=None, seed=None, repetition_penalty=None)[0] == written(folder)[0]


def test_sampling_is_not_narrowed_by_numbers_of_the_library(tmp_path):
    from transformers import LlamaConfig

    from models_runner.adapters.hf import load

    spec = SystemSpec(
        "tiny", saved_decoder(tmp_path, LlamaConfig), decoding={"temperature": 0.9}, engine={"device": "cpu"}
    )
    decoding = load(spec).engine._decoding()
    assert (decoding["do_sample"], decoding["top_k"], decoding["top_p"]) == (True, 0, 1.0)
