"""Read judges from a file or a form: every field checked, and refused with its name where it is wrong."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from judges.models import Judge, JudgeLanguage, Mode, OrderRule, RubricSource
from judges.records.own_rubrics import read_rubrics
from judges.records.problems import JudgeFileError
from lib.names import normal_form
from lib.text.yaml_size import load_yaml
from models_runner.adapters.longinput.strategies import KEEP
from models_runner.adapters.registry import ADAPTERS
from models_runner.systems.catalog import UnknownSystemError, find_system

# Adapters that answer a question; the others write summaries by rules, or were given them.
LANGUAGE_MODELS = ("llamacpp", "openai", "transformers", "scripted")
OF_MODEL = ("adapter", "model_id", "revision", "parameters", "context_window", "engine", "price")
MOST_SAMPLES, MOST_TOKENS, LONGEST_NAME = 100, 32_768, 100
FIELDS = (
    *("system", *OF_MODEL, "maker", "mode", "scale", "rubric", "reasoning", "reference", "evidence", "samples"),
    *("temperature", "language", "order_rule", "keep", "answer_tokens"),
)

Values = Mapping[str, Any]


def read_judges(path: Path) -> list[Judge]:
    """Read and check the judges of a YAML file, unsaved. Raises JudgeFileError, which names the judge and the field."""
    try:
        loaded = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise JudgeFileError(f"{path.name} cannot be read as YAML: {error}") from error
    if not isinstance(loaded, dict) or not loaded:
        raise JudgeFileError(f"{path.name} holds no judges; expected a judge's name with its fields below it.")
    return [judge_of(str(name), values) for name, values in loaded.items()]


def judge_of(name: str, values: object) -> Judge:
    """Return an unsaved judge of one entry. Raises JudgeFileError, which names the judge and the field."""
    name = normal_form(name)
    try:
        validate_slug(name)
    except ValidationError as error:
        raise JudgeFileError(
            f"{name!r} is no name of a judge; expected letters, digits, hyphens and underscores."
        ) from error
    if len(name) > LONGEST_NAME:
        raise JudgeFileError(f"{name[:20]}…: the name is longer than {LONGEST_NAME} characters.")
    if not isinstance(values, Mapping):
        raise JudgeFileError(f"{name}: expected fields below it, such as system, mode and rubric.")
    if unknown := [field for field in values if field not in FIELDS]:
        raise JudgeFileError(f"{name}: field {unknown[0]!r} is not known. Known fields: {', '.join(FIELDS)}.")
    try:
        return _judge(name, values)
    except ValueError as error:
        raise JudgeFileError(f"{name}: {error}") from error


def _judge(name: str, values: Values) -> Judge:
    mode = one_of(values, "mode", Mode.values, Mode.PAIR)
    low, high = _scale(values, mode)
    source, rubrics = read_rubrics(values.get("rubric", RubricSource.STUDY.value))
    reasoning = _switch(values, "reasoning", default=True)
    judge = Judge(
        name=name,
        **_model(values),
        maker=_text(values, "maker", longest=100),
        mode=mode,
        scale_min=low,
        scale_max=high,
        rubric_source=source,
        rubrics=rubrics,
        reasoning=reasoning,
        reads_reference=_switch(values, "reference"),
        reads_evidence=_switch(values, "evidence"),
        samples=_whole(values, "samples", 1, MOST_SAMPLES),
        temperature=_temperature(values),
        language=one_of(values, "language", JudgeLanguage.values, JudgeLanguage.DOCUMENT),
        order_rule=one_of(values, "order_rule", OrderRule.values, OrderRule.CONSERVATIVE),
        keep=one_of(values, "keep", KEEP, "head"),
        answer_tokens=_whole(values, "answer_tokens", 512 if reasoning else 64, MOST_TOKENS),
    )
    _check_model(judge)
    return judge


def _model(values: Values) -> dict[str, Any]:
    """Return the fields of the model: those of a system that the entry names, and the entry's own over them."""
    own = {field: values[field] for field in OF_MODEL if field in values}
    if (slug := values.get("system")) is None:
        if not own.get("adapter"):
            raise ValueError("field 'system' is missing; expected a system whose model judges, or an adapter.")
        return own
    system = find_system(str(slug))
    if system is None:
        raise ValueError(f"field 'system': {UnknownSystemError(str(slug))}")
    return {field: getattr(system, field) for field in OF_MODEL} | own


def _check_model(judge: Judge) -> None:
    if judge.adapter not in LANGUAGE_MODELS:
        names = ", ".join(LANGUAGE_MODELS)
        if judge.adapter in ADAPTERS:
            raise ValueError(
                f"field 'adapter': {judge.adapter!r} writes by rules and answers no question; expected one of {names}."
            )
        raise ValueError(f"field 'adapter': {judge.adapter!r} is not known; expected one of {names}.")
    system = judge.as_system()
    try:
        system.clean_fields()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise ValueError(f"field {field!r}: {problems[0]}") from error
    if system.writes_in_batches:
        raise ValueError("field 'engine': a judge is not asked in batches of the provider; leave engine.batch out.")


def _scale(values: Values, mode: str) -> tuple[float | None, float | None]:
    """Return the ends of the scale of a judge that scores; a judge of pairs has none."""
    scale = values.get("scale")
    if mode != Mode.SCORE:
        if scale is not None:
            raise ValueError("field 'scale': only a judge with mode: score has one.")
        return None, None
    scale = [1, 5] if scale is None else scale
    ends = list(scale) if isinstance(scale, list | tuple) else []
    if len(ends) != 2 or not all(_is_number(end) for end in ends) or ends[0] >= ends[1]:
        raise ValueError(f"field 'scale' is {scale!r}; expected its two ends, such as [1, 5].")
    return float(ends[0]), float(ends[1])


def one_of(values: Values, field: str, known: Iterable[object], default: str) -> str:
    """Return a field that has one of some values. Raises ValueError."""
    value = values.get(field, default)
    options = [str(option) for option in known]
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"field {field!r} is {value!r}; expected one of {', '.join(options)}.")
    return str(value)


def _switch(values: Values, field: str, *, default: bool = False) -> bool:
    value = values.get(field, default)
    if not isinstance(value, bool):
        raise ValueError(f"field {field!r} is {value!r}; expected true or false.")
    return value


def _whole(values: Values, field: str, default: int, most: int) -> int:
    value = values.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"field {field!r} is {value!r}; expected a whole number from 1 to {most:,}.")
    return value


def _temperature(values: Values) -> float:
    value = values.get("temperature", 0)
    if not _is_number(value) or not 0 <= value <= 5:
        raise ValueError(f"field 'temperature' is {value!r}; expected a number from 0 to 5.")
    return float(value)


def _text(values: Values, field: str, *, longest: int) -> str:
    value = values.get(field, "")
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"field {field!r} is {str(value)[:40]!r}; expected a text of at most {longest} characters.")
    return value.strip()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e9
