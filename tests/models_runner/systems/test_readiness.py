"""What a big model lacks on this machine, told without loading it."""

import json
import subprocess
import sys

import pytest

from models_runner.adapters.loading import formats
from models_runner.models import System
from models_runner.systems import readiness
from models_runner.systems.readiness import system_needs


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
