"""The adapters without weights, and the registry."""

import subprocess
import sys

import pytest

from models_runner.adapters import registry
from models_runner.adapters.prompts import user_text
from models_runner.adapters.protocol import (
    AdapterError,
    SummaryRequest,
    SystemSpec,
    TransientAdapterError,
    WeightsMissingError,
)

TURNS = [
    {"speaker": "Maya", "content": "The budget of the library is the topic. We have 3.5 million, Dr. Lee said."},
    {"speaker": "Leo", "content": "The library budget needs a cut. Hm."},
    {"speaker": "Maya", "content": "Then we cut the library budget for events. See you on Monday!"},
]
LEXRANK = {"method": "lexrank", "sentences": 2}
CHINESE = [
    {"speaker": "林", "content": "我们周五发布电饭煲。价格是三百元。"},
    {"speaker": "王", "content": "发布之前要测试电饭煲。价格要再讨论。"},
]


def request(turns=TURNS, language="en", kind="medium", **kwargs):
    return SummaryRequest("m1", turns, language, "Summarize the meeting.", kind, **kwargs)


def output(adapter, *, request_=None, **engine):
    return registry.load_adapter(adapter, SystemSpec(slug="s", engine=engine)).summarize([request_ or request()])[0]


def test_lead_takes_the_first_sentences_without_speakers():
    made = output("extractive", method="lead", sentences=2)
    assert made.text == "The budget of the library is the topic. We have 3.5 million, Dr. Lee said."
    assert (made.stop_reason, made.dropped_tokens) == ("end", 0)


def test_lexrank_takes_central_sentences_in_their_own_order():
    # Two sentences share a word with several others; the others share nothing with each other.
    lines = ["Rain stops", "Coffee cools", "Rain or coffee or trees", "Trees sway", "Bicycles squeak"]
    lines += ["Cats sleep", "Bicycles and cats and geese", "Geese fly"]
    made = output("extractive", request_=request([{"speaker": "", "content": f"{x}."} for x in lines]), **LEXRANK)
    assert made.text == "Rain or coffee or trees. Bicycles and cats and geese."


def test_lexrank_reads_chinese():
    made = output("extractive", request_=request(CHINESE, "zh"), method="lexrank", sentences=1)
    assert made.text in "我们周五发布电饭煲。 发布之前要测试电饭煲。"
    assert made.text.endswith("。")


def test_the_number_of_sentences_depends_on_the_instruction():
    sentences = {"short": 1, "long": 4}
    short, long = (
        output("extractive", request_=request(kind=kind), method="lead", sentences=sentences)
        for kind in ("short", "long")
    )
    assert len(short.text) < len(long.text)


def test_an_unknown_method_is_named():
    with pytest.raises(AdapterError, match="expected one of lead, lexrank"):
        output("extractive", method="best")


def test_the_reference_adapter_gives_the_first_reference():
    assert output("reference", request_=request(references=("One.", "Two."))).text == "One."


def test_without_a_reference_it_says_what_to_do():
    with pytest.raises(AdapterError, match="Import one"):
        output("reference")


def test_scripted_faults_come_in_their_order():
    adapter = registry.load_adapter("scripted", SystemSpec(slug="once", engine={"faults": {"m1": ["transient"]}}))
    with pytest.raises(TransientAdapterError):
        adapter.summarize([request()])
    assert adapter.summarize([request()])[0].text == "A summary of m1."


def test_an_unknown_adapter_is_named():
    with pytest.raises(registry.UnknownAdapterError, match="Known adapters: extractive"):
        registry.load_adapter("magic", SystemSpec(slug="s"))


def test_loaded_systems_are_kept_and_the_oldest_makes_room():
    registry.unload_all()
    specs = [SystemSpec(slug=f"s{n}") for n in range(3)]
    first = registry.load_adapter("scripted", specs[0])
    assert registry.load_adapter("scripted", specs[0]) is first
    for spec in specs[1:]:
        registry.load_adapter("scripted", spec)
    assert registry.load_adapter("scripted", specs[0]) is not first


def test_listing_adapters_loads_no_model_library():
    code = (
        "import sys; import models_runner.adapters.registry; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'xllamacpp', 'sumy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("adapter", ["llamacpp", "transformers"])
@pytest.mark.parametrize("model", ["package:no-such-weights", "/nowhere/model.gguf", "no-such/model", ""])
def test_missing_weights_say_what_to_do(adapter, model):
    with pytest.raises(WeightsMissingError, match=r"(?i)install|put|set its model_id"):
        registry.load_adapter(adapter, SystemSpec(slug="s", model_id=model))


def test_a_prompt_keeps_braces_of_the_transcript():
    text = user_text(SystemSpec(slug="s"), "Summarize.", "He wrote {instruction} and {0}.")
    assert text == "He wrote {instruction} and {0}.\n\nSummarize."


def test_a_prompt_without_a_place_for_the_transcript_is_refused():
    with pytest.raises(AdapterError, match=r"has no \{transcript\}"):
        user_text(SystemSpec(slug="s", prompt_template="Summarize."), "x", "y")
