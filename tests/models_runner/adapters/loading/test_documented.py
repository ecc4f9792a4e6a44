"""The records that docs/big-models.md shows can be added as they stand, and the compose profile is what it says."""

import re
from pathlib import Path

import pytest
import yaml

from models_runner.systems.catalog import read_entries

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "big-models.md").read_text(encoding="utf-8")
RECORDS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("record", RECORDS, ids=lambda text: text.split(":")[0])
def test_documented_systems_can_be_added(record, tmp_path):
    file = tmp_path / "systems.yaml"
    file.write_text(record, encoding="utf-8")
    entries = read_entries(file)
    assert len(entries) >= 2
    for slug, entry in entries.items():
        if entry["adapter"] == "openai":
            assert (entry["engine"]["preset"], entry["context_window"]) == ("vllm", 16384)
            assert f"vllm serve {entry['model_id']}" in PAGE, slug


def test_the_vllm_profile_reserves_gpus_and_starts_only_when_asked():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["vllm"]
    assert service["profiles"] == ["vllm"]
    (reserved,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert (reserved["driver"], reserved["capabilities"]) == ("nvidia", ["gpu"])
    assert all(name.partition(":")[0] in compose["volumes"] for name in service["volumes"])
