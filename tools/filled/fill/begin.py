# mypy: ignore-errors
# ruff: noqa: E402
"""Before anything else is imported: the clock and the dice are ours, and Django is ready. And what all parts need."""

import json
import os
import random
from datetime import timedelta
from pathlib import Path

from tools.filled.still import STARTED, Clock, drawn_identifiers, hold, simplify_pages

CLOCK = Clock(STARTED, timedelta(milliseconds=250))
hold(CLOCK, identifiers=drawn_identifiers(random.Random(1)), dice=random.Random(2))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
# No lease is renewed meanwhile, however slow the machine.
os.environ["SUMMARY_LEASE_SECONDS"] = "86400"

import django

django.setup()
simplify_pages()

from django.conf import settings
from django.test import Client
from models_runner.lookup import find_dataset

from models_runner import catalog, services
from models_runner.models import Dataset, Run

WORKER = "another-machine/1:7:70:1"
LONG = timedelta(days=365)
# Keys of answers that a browser chooses.
KEYS = iter(drawn_identifiers(random.Random(4)))
# What opens something, by name; goes into the manifest.
LINKS: dict[str, str] = {}


def browser() -> Client:
    return Client(SERVER_NAME="localhost", headers={"user-agent": "Browser"})


def file(name: str, rows: list[dict[str, object]]) -> Path:
    path = Path(settings.DATA_DIR) / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def dataset(name: str) -> Dataset:
    return find_dataset(name)


def start(slug: str, name: str, **how: object) -> Run:
    return services.start_run(catalog.ensure_system(slug), find_dataset(name), **how)
