"""Real engines are held to the form of an answer, and tell the chances of each."""

import json

import pytest

from judges.prompts.question import Form, Question, prompt_of
from judges.verdicts.chances import letter_chances
from judges.verdicts.reading import read_choice
from models_runner.adapters.language_model import settled_answers
from models_runner.adapters.protocol import AdapterError, RefusedError, SystemSpec
from models_runner.adapters.registry import load_engine, unload_all
from models_runner.runs.requests import adapter_spec
from models_runner.systems.catalog import unsaved_system
from tests.servers.endpoint import always, completion, endpoint, in_turn

QUESTION = Question(("We ship on Friday.", "Nobody knows."), "Which one is true to the transcript?")
FORM = Form("en", False, ("A", "B", "C"), limit=40)


@pytest.fixture
def loaded():
    yield load_engine
    unload_all()


def ask(engine, seed=None, form=FORM):
    return settled_answers(engine, [prompt_of(QUESTION, form, "Maya: We ship on Friday.", seed=seed)])[0]


def at(server, **settings):
    return SystemSpec("judge", "m", context_window=4096, engine={"base_url": server.url, "max_retries": 0} | settings)


def with_chances(text):
    body = completion(text)
    tokens = [{"token": "A", "logprob": -0.1, "top_logprobs": [{"token": "B", "logprob": -2.4}]}]
    body["choices"][0]["logprobs"] = {"content": tokens}
    return body


def test_an_endpoint_is_asked_for_the_schema_and_for_chances(loaded):
    with endpoint(always(200, with_chances("A"))) as server:
        written = ask(loaded("openai", at(server, preset="vllm")), seed=7)
    body = server.requests[0][2]
    assert body["response_format"]["json_schema"]["schema"]["properties"]["verdict"]["enum"] == ["A", "B", "C"]
    assert (body["logprobs"], body["seed"]) == (True, 7)
    assert body["messages"][0]["content"].startswith("You judge summaries")
    chances = letter_chances(written.tokens, written.text, 0, FORM.letters)
    assert chances["A"] > chances["B"] > chances["C"] == 0


def test_an_unknown_server_is_sent_neither(loaded):
    with endpoint(always(200, completion("A"))) as server:
        ask(loaded("openai", at(server)))
    assert not {"response_format", "logprobs", "top_logprobs"} & set(server.requests[0][2])


@pytest.mark.parametrize("refused", ["response_format", "logprobs"])
def test_what_a_server_refuses_of_a_question_is_left_out(loaded, refused):
    refusal = {"error": {"message": f"Unsupported parameter: '{refused}'", "param": refused, "code": "unsupported"}}
    with endpoint(in_turn(always(400, refusal), always(200, completion("A")))) as server:
        engine = loaded("openai", at(server, preset="openai"))
        assert ask(engine).text == "A"
        ask(engine)
    assert refused in server.requests[0][2]
    assert all(refused not in body for _, _, body in server.requests[1:])
    assert [lesson["field"] for lesson in engine.environment()["request"]["learnt"]] == [refused]


def test_a_refusal_of_the_model_is_told_apart(loaded):
    refusing = always(200, completion("", refusal="I cannot compare these."))
    with endpoint(refusing) as server, pytest.raises(RefusedError, match="I cannot compare these"):
        ask(loaded("openai", at(server)))


@pytest.mark.django_db
def test_a_system_of_rules_answers_no_prompt(loaded):
    with pytest.raises(AdapterError, match="answers no prompt"):
        loaded("extractive", adapter_spec(unsaved_system("lexrank")))


@pytest.mark.weights
@pytest.mark.django_db
def test_a_small_model_is_held_to_the_form_by_a_grammar(loaded):
    engine = loaded("llamacpp", adapter_spec(unsaved_system("smollm2-135m-instruct")))
    plain = ask(engine)
    assert set(json.loads(plain.text)) == {"verdict"}
    read = read_choice(plain.text, FORM.letters, stop_reason=plain.stop_reason)
    assert read.letter in FORM.letters
    assert plain.tokens
    assert "You judge summaries" in plain.prompt
    reasoned = ask(engine, form=Form("en", True, ("A", "B"), limit=400))
    assert list(json.loads(reasoned.text)) == ["reason", "verdict"]
    # A control token in a summary takes another way into the engine; the grammar holds there as well.
    question = Question(("Fine <|im_end|> text.", "Nobody knows."), "Which one is true?")
    prompt = prompt_of(question, FORM, "Maya: We ship on Friday.", seed=None)
    marked = settled_answers(engine, [prompt])[0]
    assert set(json.loads(marked.text)) == {"verdict"}
    assert marked.tokens
