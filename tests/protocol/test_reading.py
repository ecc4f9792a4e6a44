"""A protocol is read strictly: every problem at once, each with its line, its key and what was expected."""

import hashlib
import json

import pytest
import yaml

from models_runner.models.systems import PRICES as FIELDS
from models_runner.systems import catalog
from protocol.file.problems import ProtocolError
from protocol.file.reading import read_protocol
from protocol.file.writing import as_data, as_text, digest_of, plan_digest, without_comments
from tests.protocol.files import protocol_of_data, small, text_of

pytestmark = pytest.mark.once

FAULTS = {
    "study__quota": ("3", "is '3'; expected a whole number."),
    "study__epsilon": (0, "is 0; expected more than 0"),
    "study__allow_tie": ("yes", "is 'yes'; expected true or false."),
    "study__quotta": (3, "is no key of a protocol. Did you mean 'quota'?"),
    "study__slug": ("a b", "expected a name of letters, digits, - and _."),
    "study__instruction": ("brief", "expected one of long, medium, short, query."),
    "study__criteria": (["overal"], "Did you mean 'overall'?"),
    "study__systems": (["lead-3", "lexrankk"], "Did you mean 'lexrank'?"),
    "study__dataset": ("n", "names 'n', which is no dataset of this file."),
    "study__gold_every": (1, "expected 0 for none, or 2 or more."),
    "study__opens_at": ("tomorrow", "expected a time with its zone"),
    "study__questions_before": (["colour | Which?"], "expected “text | question”"),
    "study__pairs": ({"anchor": "lead-3", "per_document": 2}, "has an anchor and draws pairs."),
    "study__documents": ({"sample": 2, "chosen": ["x"]}, "chooses documents and draws a sample."),
    "analysis__margin": (5, "is 5; expected less than 0.5."),
    "analysis__looks": ([40, 80], "are about the two systems in question."),
    "analysis__look_dates": (["2027-03-01T17:00", "2027-03-08T17:00Z"], "expected times with their zone"),
    "analysis__look_maximum": (400, "is of looks at dates, and look_dates has none."),
    "analysis__small_system": ("other", "which is no system of the study of this file."),
    "analysis__criterion": ("fluency", "which is no criterion of the study"),
    "metrics": (["rogue"], "expected one of rouge"),
    "runs": ([{"dataset": "m", "instructions": [], "systems": ["lead-3"]}], "has too few entries"),
    "systems__mine": ("catalogue", "is not in the catalogue."),
    "datasets__m": ({}, "says neither where its documents are (sources) nor what they are (content)."),
    "datasets__n": ({"sources": [{"format": "jsonl"}]}, "has no path, so the dataset needs its content"),
    "datasets__o": ({"sources": [{"path": "x", "map": {"colour": "y"}}]}, "is not known"),
    "datasets__p": ({"content": "sha256:short"}, "expected sha256: and 64 hexadecimal digits."),
    "instructions": ({"short": {"zh": "x"}}, "has no English words"),
    "finetunings": ({"t": {"base": "lead-3", "dataset": "m", "settings": {"epoch": 3}}}, "There is no setting 'epoch'"),
    "summaries": ([{"dataset": "m"}], "has neither a path nor content"),
}


@pytest.mark.parametrize("key", FAULTS)
def test_a_fault_is_named_with_its_line(key):
    value, words = FAULTS[key]
    text = text_of(small(**{key: value}))
    with pytest.raises(ProtocolError) as refused:
        read_protocol(text)
    first = next(problem for problem in refused.value.problems if words in problem.message)
    name = key.split("__")[-1]
    at = next(n for n, line in enumerate(text.splitlines(), start=1) if line.strip().startswith(f"{name}:"))
    assert first.line >= at
    assert key.split("__")[0] in first.where


NAMED = {"analysis__small_system": "lexrank", "analysis__large_system": "lead-3"}
DATES = ["2027-03-01T17:00:00Z", "2027-03-08T17:00:00Z"]


def test_looks_are_at_votes_or_at_dates_that_rise():
    with pytest.raises(ProtocolError) as refused:
        read_protocol(text_of(small(analysis__look_dates=DATES[::-1], analysis__looks=[40, 80], **NAMED)))
    said = [(problem.where, problem.message) for problem in refused.value.problems]
    for where, words in (
        ("analysis.look_dates", "Keep one of the two"),
        ("analysis.look_dates", "do not rise"),
        ("analysis.look_maximum", "need the number of votes"),
    ):
        assert any(place == where and words in message for place, message in said)
    right = {"analysis__look_dates": DATES, "analysis__look_maximum": 400} | NAMED
    assert read_protocol(text_of(small(**right))).analysis.look_maximum == 400


def test_a_plan_without_dates_has_the_fingerprint_of_before():
    """Only what is planned is in it, so that plans on record stay known."""
    planned = protocol_of_data(analysis__looks=[40, 80], **NAMED)
    old = planned.analysis.model_dump(exclude={"look_dates", "look_maximum"})
    criteria = [criterion.model_dump() for criterion in planned.study.criteria]
    text = json.dumps({"criteria": criteria, "analysis": old}, sort_keys=True)
    assert plan_digest(planned) == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    dated = protocol_of_data(analysis__look_dates=DATES, analysis__look_maximum=400, **NAMED)
    assert plan_digest(dated) not in (plan_digest(protocol_of_data(**NAMED)), plan_digest(planned))


def test_all_problems_are_told_at_once():
    with pytest.raises(ProtocolError) as refused:
        read_protocol(text_of(small(study__quota="3", analysis__margin=5, study__sed=1)))
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("text", ["", "[]", "x", "a: 1", "punchweight_protocol: 2", "punchweight_protocol: true"])
def test_what_is_no_protocol_of_this_version_is_refused(text):
    with pytest.raises(ProtocolError, match="punchweight_protocol: 1"):
        read_protocol(text)


def mine(**engine):
    return {"name": "Mine", "adapter": "openai", "regime": "zero-shot", "model_id": "m", "engine": engine}


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ({"api_key": "sk-secret"}, "looks like a key"),
        ({"key_env": "sk-secret"}, "must be the name of an environment variable"),
        ({"base_url": "https://u:p@localhost/v1"}, "must hold no name or password"),
        ({"base_url": "http://169.254.169.254/v1"}, "is not allowed"),
    ],
)
def test_keys_and_addresses_that_are_not_allowed_are_refused(engine, words):
    with pytest.raises(ProtocolError, match=words) as refused:
        read_protocol(text_of(small(systems__mine=mine(**engine))))
    assert "sk-secret" not in str(refused.value)


def test_a_key_by_the_name_of_its_variable_is_written_out_again():
    protocol = protocol_of_data(systems__mine=mine(base_url="http://127.0.0.1:9/v1", key_env="VLLM_API_KEY"))
    assert "key_env: VLLM_API_KEY" in as_text(protocol)


def test_the_canonical_form_is_its_own():
    text = as_text(protocol_of_data(about="What\nfor", study__guidelines="# One\n\n- two\n"))
    assert as_text(read_protocol(text)) == text
    assert as_text(read_protocol(f"# remark\n{text}")) == text


def test_files_that_mean_the_same_have_one_form_and_one_fingerprint():
    short = small()
    long = small(
        systems__lexrank=dict(catalog.entries()["lexrank"]),
        runs=[
            {"dataset": "m", "instructions": "short", "systems": ["textrank"]},
            {"dataset": "m", "instructions": ["short"], "systems": ["lexrank", "lead-3"]},
        ],
        study__systems=["textrank", "lexrank", "lead-3"],
        study__title="small",
        study__allow_tie=True,
    )
    assert as_text(read_protocol(text_of(long))) == as_text(read_protocol(text_of(short)))
    assert digest_of(read_protocol(text_of(long))) == digest_of(read_protocol(text_of(short)))


def test_the_fingerprint_of_the_plan_covers_criteria_and_analysis_alone():
    plan = plan_digest(protocol_of_data())
    assert plan_digest(protocol_of_data(study__quota=5, study__title="Another")) == plan
    assert plan_digest(protocol_of_data(analysis__exclusion="Whoever sleeps.")) != plan
    assert plan_digest(protocol_of_data(study__criteria=["fluency"])) != plan


def test_defaults_are_left_out_and_what_must_be_decided_is_there():
    data = as_data(protocol_of_data())
    assert data["study"].keys() == {"slug", "dataset", "instruction", "systems", "criteria", "quota"}
    assert data["analysis"] == {"margin": 0.05}


def test_own_words_of_an_instruction_and_own_questions_stay():
    own = {"key": "tone", "question": "Which tone?"}
    words = {"short": {"en": "Say it in a line."}}
    data = as_data(protocol_of_data(instructions=words, study__criteria=["overall", own]))
    assert (data["instructions"], data["study"]["criteria"]) == (words, ["overall", own])


def test_every_price_that_a_record_may_hold_is_read():
    far = {"name": "Far", "adapter": "openai", "regime": "zero-shot", "price": dict.fromkeys(FIELDS, 0.5)}
    assert as_data(protocol_of_data(systems__far=far))["systems"]["far"]["price"] == far["price"]


def test_comments_are_no_part_of_the_form():
    text = as_text(protocol_of_data(), ["remark", "", "another"])
    assert text.startswith("# remark\n#\n# another\n")
    assert without_comments(text) == as_text(protocol_of_data())
    assert yaml.safe_load(text)["study"]["slug"] == "small"
