"""Judges as files name them."""

import yaml

from judges.records.entries import judge_of

SCRIPTED = {"adapter": "scripted", "context_window": 4096}


def judge(name="strict", **values):
    """A stored judge; a scripted one unless the test names another model."""
    made = judge_of(name, (SCRIPTED if "adapter" not in values and "system" not in values else {}) | values)
    made.save()
    return made


def yaml_file(folder, **entries):
    path = folder / "judges.yaml"
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return path
