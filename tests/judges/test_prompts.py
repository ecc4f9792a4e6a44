"""What a judge is shown: every text, nothing that says whose it is, and the transcript first."""

import itertools
import json

import pytest

from judges.prompts.blinding import blinded
from judges.prompts.fitting import fitted
from judges.prompts.question import Form, Question, prompt_of
from models_runner.adapters.protocol import AdapterError, SystemSpec
from models_runner.adapters.scripted import ScriptedEngine

pytestmark = pytest.mark.once
FORMS = {
    "pair": Form("en", True, ("A", "B", "C", "D")),
    "two letters": Form("en", False, ("A", "B")),
    "score": Form("zh", True, (), (1.0, 5.0)),
}
TRANSCRIPT = "Maya: We ship on Friday."
PAIR = Question(
    ("First text.", "Second text."), "Look at the facts.", "What was decided?", ("A person's.",), (("Maya: x",), ())
)
SINGLE = Question(("First text.",), "看事实。")


def prompt(form="pair", question=PAIR, transcript=TRANSCRIPT, seed=None):
    return prompt_of(question, FORMS[form], transcript, seed=seed)


@pytest.mark.parametrize("form", ["pair", "two letters"])
def test_everything_is_shown_in_order(form):
    text = prompt(form).text
    shown = ["We ship on Friday.", "What was decided?", "A person's.", "First text.", "Maya: x", "Second text.",
             "Look at the facts.", '"verdict"']  # fmt: skip
    places = [text.index(one) for one in shown]
    assert places == sorted(places)
    assert ('"reason"' in text) == (form == "pair")


def test_only_letters_that_may_be_chosen_are_offered():
    assert "both are bad" not in prompt("two letters").text
    assert "D if both are bad" in prompt("pair").text
    assert json.loads(prompt("two letters").schema)["properties"] == {"verdict": {"type": "string", "enum": ["A", "B"]}}


def test_a_scale_is_stated_and_held_to():
    asked = prompt("score", SINGLE)
    assert "从 1（最差）到 5（最好）" in asked.text
    assert json.loads(asked.schema)["properties"]["score"] == {"type": "integer", "minimum": 1, "maximum": 5}
    assert "会议" in asked.system


def test_questions_about_one_document_begin_with_its_transcript():
    texts = [prompt(form, question).text for form, question in
             itertools.product(["pair", "two letters"], [PAIR, Question(("x", "y"), "z")])]  # fmt: skip
    assert all(text.startswith(f"{TRANSCRIPT}\n\n") for text in texts)


def test_words_of_documents_are_marked_as_plain_text():
    asked = prompt()
    marked = [asked.text[begin:end] for begin, end in asked.plain]
    for text in (TRANSCRIPT, "First text.", "Second text.", "A person's.", "Maya: x", "Look at the facts."):
        assert any(text in one for one in marked)
    assert not any("Answer with this JSON" in one for one in marked)


def test_names_of_models_are_taken_out_of_summaries():
    text = "As Qwen3 wrote, our-secret-system says: ship on Friday."
    assert blinded(text, TRANSCRIPT, ["our-secret-system"]) == "As […] wrote, […] says: ship on Friday."
    assert blinded("Qwen3 was chosen.", "Leo: We choose Qwen3.", []) == "Qwen3 was chosen."


def engine(window):
    return ScriptedEngine(SystemSpec("judge", context_window=window))


def test_all_questions_of_a_document_get_the_same_transcript():
    lines = [f"Maya: turn {n} of many words here" for n in range(50)]
    short, long = (Question((text, text), "Look.") for text in ("Short.", "Long. " * 100))
    form = Form("en", False, ("A", "B"), limit=20)
    builders = [lambda text, q=q: prompt_of(q, form, text, seed=None) for q in (short, long)]
    cut = fitted(lines, builders, engine(500), "head")
    assert 0 < cut.dropped_tokens < 350
    assert cut.text.startswith("Maya: turn 0")
    assert all(engine(500).needs(builder(cut.text)) <= 500 for builder in builders)
    assert fitted(lines, builders[:1], engine(5000), "head").dropped_tokens == 0


def test_a_question_that_alone_fills_the_window_is_refused():
    with pytest.raises(AdapterError, match="leaves no room"):
        fitted(["Maya: x"], [lambda text: prompt(transcript=text)], engine(20), "head")
