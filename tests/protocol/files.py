"""A small protocol that runs in seconds, on meetings of the project's own, and what tests change in it."""

import shutil
from pathlib import Path

import yaml

from protocol.file.reading import read_protocol
from protocol.running.work import Work

MEETINGS = Path(__file__).parents[2] / "models_runner" / "sample" / "meetings"


def small(**changes):
    """Values of a whole protocol; a change names a key by its path with __ between."""
    data = {
        "punchweight_protocol": 1,
        "datasets": {
            "m": {
                "sources": [{"path": "meetings", "format": "jsonl", "licence": "Apache-2.0", "redistributable": True}]
            }
        },
        "systems": {"lead-3": "catalogue", "lexrank": "catalogue", "textrank": "catalogue"},
        "metrics": ["length"],
        "study": {
            "slug": "small",
            "dataset": "m",
            "instruction": "short",
            "systems": ["lead-3", "lexrank", "textrank"],
            "criteria": ["overall"],
            "quota": 2,
        },
        "analysis": {"margin": 0.05},
    }
    for path, value in changes.items():
        *places, last = path.split("__")
        at = data
        for place in places:
            at = at[place]
        at[last] = value
    return data


def text_of(data):
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)


def protocol_of_data(**changes):
    return read_protocol(text_of(small(**changes)))


def with_meetings(folder, count=3):
    """Put the first meetings of the sample beside a protocol."""
    (folder / "meetings").mkdir(parents=True, exist_ok=True)
    for file in sorted(MEETINGS.glob("*"))[:count]:
        shutil.copyfile(file, folder / "meetings" / file.name)
    return folder


def work_in(folder, by=None, **changes):
    options = {name: changes.pop(name) for name in ("keep", "retry", "update") if name in changes}
    return Work(protocol_of_data(**changes), folder, by=by, **options)
