"""The protocols that come with the project."""

import re

import pytest
from django.conf import settings

from evalsite import sample
from models_runner.systems import catalog
from protocol.file import schema
from protocol.file.reading import read_protocol, read_protocol_file
from protocol.file.schema import Protocol
from protocol.file.writing import as_text, without_comments
from protocol.running.plan import make_plan
from protocol.running.work import Work
from protocol.study.export import protocol_text

FOLDER = settings.BASE_DIR / "protocols"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_protocol_is_one(path):
    protocol = read_protocol_file(path)
    assert protocol.analysis.margin


def test_the_sample_is_in_its_canonical_form():
    assert without_comments(sample.FILE.read_text(encoding="utf-8")) == as_text(read_protocol_file(sample.FILE))


def test_the_sample_is_what_pages_say_of_it():
    protocol = sample.sample_protocol()
    assert (protocol.study.slug, protocol.study.dataset) == (sample.STUDY, sample.DATASET)
    assert (protocol.study.systems, protocol.study.instruction) == (list(sample.SYSTEMS), sample.INSTRUCTION)


@pytest.mark.django_db
def test_make_run_loads_the_sample_and_the_same_file_is_exported():
    study = sample.load_sample(None)
    assert without_comments(protocol_text(study)) == without_comments(sample.FILE.read_text(encoding="utf-8"))
    assert study.status == "open"
    assert sample.load_sample(None) == study


@pytest.mark.django_db
def test_the_plan_of_the_paper_says_what_is_missing_here():
    file = FOLDER / "tiny-titans.yaml"
    protocol = read_protocol_file(file)
    plan = make_plan(Work(protocol, file.parent))
    assert {"flan-t5-large", "tinyllama-1-1b-chat", "litellama-460m"} <= {
        job.base for job in protocol.finetunings.values()
    }
    large = {slug for slug, part in protocol.systems.items() if (part.parameters or 0) >= 7e9}
    assert {"llama-2-7b-chat", "llama-2-70b-chat", "mixtral-8x7b-instruct"} <= large
    assert protocol.analysis.small_system in protocol.finetunings
    assert protocol.analysis.large_system in large
    assert any("There is no" in step.reason for step in plan.stops)
    assert plan.disk.weights > 1e11
    assert {slug for slug, part in protocol.systems.items() if part.adapter != "imported"} <= set(catalog.all_entries())


DOCS = (settings.BASE_DIR / "docs" / "protocol.md").read_text(encoding="utf-8")


def test_the_example_of_the_docs_is_a_protocol():
    example = re.search(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert read_protocol(example[1]).analysis.exclusion == "Whoever fails two attention checks."


def parts():
    found = [Protocol]
    for part in found:
        inner = re.findall(r"\b(\w+Part|Source)\b", " ".join(str(f.annotation) for f in part.model_fields.values()))
        found += [getattr(schema, name) for name in dict.fromkeys(inner) if getattr(schema, name) not in found]
    return found


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.__name__)
def test_the_docs_have_every_key_with_its_meaning(part):
    for name, field in part.model_fields.items():
        assert f"| `{name}` | {field.description} |" in DOCS
