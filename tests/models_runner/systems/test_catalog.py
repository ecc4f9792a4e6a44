import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from models_runner.adapters.extractive import METHODS
from models_runner.adapters.longinput.strategies import COMBINE, KEEP
from models_runner.adapters.openai_api import DEFAULTS
from models_runner.adapters.openai_api.presets import PRESETS
from models_runner.adapters.registry import ADAPTERS
from models_runner.models import Run, Summary, System
from models_runner.runs import lifecycle
from models_runner.systems import catalog
from models_runner.systems.readiness import NotReadyError, system_needs
from tests.factories import DocumentFactory, RunFactory, SummaryFactory, SystemFactory
from tests.people import researcher

# What files of the catalogue say, which no database changes.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

STUDY = [
    "flan-t5-small", "flan-t5-base", "flan-t5-large", "tinyllama-1-1b-chat", "litellama-460m", "llama-2-7b-chat",
    "llama-2-13b-chat", "llama-2-70b-chat", "mixtral-8x7b-instruct", "gpt-3-5-turbo", "palm-2",
]  # fmt: skip


def write(tmp_path, text):
    path = tmp_path / "systems.yaml"
    path.write_text(text)
    return path


GOOD = """
x-limits: &limits {long: 300, medium: 150, short: 60}
our-model:
  name: Ours
  adapter: openai
  regime: zero-shot
  context_window: 8192
  decoding: {max_tokens: *limits}
  engine: {base_url: "http://127.0.0.1:9/v1", model: ours}
"""


def test_every_system_of_the_study_is_listed_with_its_state(capsys):
    call_command("systems")
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    assert set(STUDY) <= set(lines)
    assert all("needs: " in lines[slug] for slug in STUDY)
    assert lines["lead-3"].endswith("ready")
    assert "import_summaries" in lines["palm-2"]
    assert "a GPU" in lines["llama-2-70b-chat"]
    assert "base_url" in lines["llama-2-70b-chat-endpoint"]
    assert not System.objects.exists()


def test_sync_brings_the_whole_catalogue_once(capsys):
    call_command("systems", sync=True)
    assert System.objects.count() == len(catalog.entries())
    call_command("systems", sync=True)
    assert f"0 systems added, 0 updated, {len(catalog.entries())} unchanged" in capsys.readouterr().out


def test_sync_updates_a_system_only_while_it_has_no_summaries(monkeypatch, capsys):
    SummaryFactory(run=RunFactory(system=SystemFactory(slug="used", adapter="extractive", engine={})))
    SystemFactory(slug="unused", adapter="extractive", engine={})
    entry = {"name": "New", "adapter": "extractive", "regime": "baseline", "engine": {"method": "lead"}}
    monkeypatch.setattr(catalog, "entries", lambda: {"used": entry, "unused": entry})
    call_command("systems", sync=True)
    assert System.objects.get(slug="unused").engine == {"method": "lead"}
    assert System.objects.get(slug="used").engine == {}
    assert "used already has summaries" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("{input: -1}", "price.input is -1; expected a number from 0 to 1,000,000"),
        ("{output: cheap}", "price.output is 'cheap'; expected a number"),
        ("{batch: 7}", "price.batch is 7; expected a number from 0 to 1"),
        ("{hour: true}", "price.hour is True; expected a number"),
        ("{token: 1}", "price.token is not known; expected one of input, output, hour, batch"),
        ("5", "price is no record; expected dollars by name"),
        ("{input: .nan}", "price.input is nan; expected a number"),
    ],
)
def test_a_price_that_nobody_asks_is_refused(tmp_path, price, words):
    with pytest.raises(CommandError, match=re.escape(f"field 'price': {words}")):
        call_command("systems", add=write(tmp_path, f"{GOOD}  price: {price}\n"))
    assert not System.objects.exists()


def test_a_file_of_systems_is_added_once(tmp_path, capsys):
    path = write(tmp_path, GOOD)
    call_command("systems", add=path)
    call_command("systems", add=path)
    assert System.objects.get(slug="our-model").decoding == {"max_tokens": {"long": 300, "medium": 150, "short": 60}}
    assert "1 unchanged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("name: Ours", "nmae: Ours"), "our-model: field 'nmae' is not known"),
        (("name: Ours", "licence: MIT"), "our-model: field 'name' is missing"),
        (("adapter: openai", "adapter: opnai"), "our-model: adapter is 'opnai'; expected one of"),
        (("regime: zero-shot", "regime: few-shot"), "our-model: field 'regime'"),
        (("context_window: 8192", "context_window: large"), "our-model: field 'context_window'"),
        (
            ("context_window: 8192", "context_window: 10"),
            "our-model: field 'context_window': A window of 10 tokens is too",
        ),
        (
            ("max_tokens: *limits", "max_tokens: many"),
            "our-model: field 'decoding': decoding.max_tokens is 'many'; exp",
        ),
        (("max_tokens: *limits", "max_tokens: {tall: 9}"), "field 'decoding': decoding.max_tokens names 'tall'; expec"),
        (("decoding: {max_tokens: *limits}", "decoding: [1]"), "our-model: field 'decoding': decoding is no record"),
        (("our-model:", "our model:"), "our model: field 'slug'"),
        (("our-model:", "lead-3:"), "lead-3: another system has this name"),
        (("decoding: {", "decoding: {{"), "cannot be read as YAML"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_file_names_entry_and_field_and_adds_nothing(tmp_path, changed, message):
    path = write(tmp_path, GOOD.replace(*changed) + "fine: {name: Fine, adapter: extractive, regime: baseline}\n")
    with pytest.raises(CommandError, match=message):
        call_command("systems", add=path)
    assert not System.objects.exists()


@pytest.mark.parametrize("slug", ["flan-t5-small", "palm-2", "gpt-3-5-turbo"])
def test_a_system_that_is_not_ready_never_half_starts(slug):
    dataset = DocumentFactory().dataset
    system = catalog.ensure_system(slug)
    with pytest.raises(NotReadyError, match=f"System {slug} is not ready. It needs: "):
        lifecycle.start_run(system, dataset)
    with pytest.raises(CommandError, match="is not ready"):
        call_command("generate", dataset=dataset.name, system=slug)
    form = {"dataset": dataset.name, "system": slug, "split": "", "instruction": "short", "limit": ""}
    client = researcher()
    assert "is not ready" in client.post("/runs/", form).content.decode()
    assert not Run.objects.exists()
    assert "Not ready. It needs:" in client.get(system.get_absolute_url()).content.decode()


def test_an_endpoint_needs_its_address_and_its_key(monkeypatch):
    system = SystemFactory(adapter="openai", engine={"base_url": "http://127.0.0.1:9/v1", "key_env": "PW_TEST_KEY"})
    assert "PW_TEST_KEY" in system_needs(system)
    monkeypatch.setenv("PW_TEST_KEY", "secret")
    assert system_needs(system) == ""


def test_a_folder_of_weights_is_ready(tmp_path):
    assert system_needs(SystemFactory(adapter="transformers", model_id=str(tmp_path))) == ""
    assert "not on this machine" in system_needs(SystemFactory(adapter="llamacpp", model_id=str(tmp_path / "no.gguf")))


def test_imported_systems_get_ready_by_their_summaries():
    system = SystemFactory(adapter="imported")
    assert "import_summaries" in system_needs(system)
    SummaryFactory(run=RunFactory(system=system))
    assert system_needs(system) == ""
    assert Summary.objects.count() == 1


def test_the_example_in_the_docs_can_be_added(tmp_path):
    docs = Path(__file__).parents[3] / "docs" / "adapters.md"
    example = docs.read_text().partition("```yaml\n")[2].partition("```")[0]
    call_command("systems", add=write(tmp_path, example))
    assert set(System.objects.values_list("slug", flat=True)) == {"llama-3-1-8b-vllm", "our-gguf", "minutes-of-2023"}


def test_every_adapter_and_strategy_is_in_the_docs():
    text = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text()
    requests = ("preset", "limit_field", "omit", "extra_body", "system_message", "thinking", "thinking_tokens")
    names = [*ADAPTERS, *METHODS, *KEEP, *COMBINE, *DEFAULTS, *filter(None, PRESETS), *requests]
    assert [name for name in names if f"`{name}`" not in text] == []


# ---- the optional catalogue


def test_models_of_today_are_listed_on_demand_and_stay_out_of_a_new_sites_list(capsys):
    call_command("systems", today=True)
    today = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()[1:]}
    call_command("systems")
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]}
    assert set(today) == set(catalog.entries_of_today())
    assert not set(today) & listed
    assert all("needs: " in line for line in today.values())
    assert not System.objects.exists()


@pytest.mark.parametrize(
    "family",
    [
        *("qwen3-0-6b", "qwen3-1-7b", "qwen3-4b", "qwen3-8b", "gemma-3-4b-it", "gemma-3n-e2b-it", "smollm3-3b"),
        *("lfm2-350m", "lfm2-2-6b", "granite-4-0-350m", "granite-4-0-h-tiny", "phi-4-mini-instruct"),
        *("ministral-8b-instruct-2410", "llama-3-3-70b-instruct", "gpt-oss-20b-endpoint"),
        *("flan-t5-xl", "long-t5-tglobal-base", "led-base-16384", "bart-large-meeting-summary"),
        *("gemma-3-1b-it", "llama-3-2-1b-instruct", "flan-t5-base"),
    ],
)
def test_a_family_of_today_is_in_one_of_the_catalogues(family):
    system = catalog.find_system(family)
    assert system.model_id and system.licence and system.parameters and system.context_window


def test_the_catalogues_share_no_name_and_state_no_commit_that_was_not_pinned():
    assert not set(catalog.entries()) & set(catalog.entries_of_today())
    assert not any(values.get("revision") for values in catalog.entries_of_today().values())


def test_a_command_that_names_one_stores_it_and_then_it_is_listed(capsys):
    assert catalog.ensure_system("qwen3-4b").model_id == "Qwen/Qwen3-4B"
    call_command("systems")
    assert "qwen3-4b" in capsys.readouterr().out


def test_systems_of_today_are_taken_all_or_none(capsys):
    call_command("systems", take=["lfm2-350m", "lead-3"])
    assert set(System.objects.values_list("slug", flat=True)) == {"lfm2-350m", "lead-3"}
    said = capsys.readouterr().out
    assert "lfm2-350m: needs: the weights LiquidAI/LFM2-350M" in said
    assert "lead-3: ready" in said
    with pytest.raises(CommandError, match=r"no system 'qwen9'.*Nothing was added"):
        call_command("systems", take=["qwen3-8b", "qwen9"])
    assert System.objects.count() == 2


def test_a_name_of_the_optional_catalogue_is_taken(tmp_path):
    path = write(tmp_path, GOOD.replace("our-model:", "qwen3-4b:"))
    with pytest.raises(CommandError, match="qwen3-4b: another system has this name"):
        call_command("systems", add=path)
