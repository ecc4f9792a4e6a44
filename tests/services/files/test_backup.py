"""A backup of a filled site, restored into an empty one: on both databases, and from one into the other."""

import json
import os
import subprocess
import sys
import tarfile

import pytest
from django.conf import settings
from django.db import connection

from tests.services.workers import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]


def run(place, *steps, **environment):
    """What each step of tests/services/files/backed_up.py says, all of them in one process."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY", "DEBUG")}
    env = kept | {"DJANGO_SETTINGS_MODULE": "evalsite.settings"} | place | environment
    words = [sys.executable, "-m", "tests.services.files.backed_up", json.dumps(steps)]
    done = subprocess.run(words, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def restore(file):
    return "command", "restore", str(file)


@pytest.fixture
def place(tmp_path):
    """Make an empty site: a data folder, and SQLite in it or a database of its own on the tests' server."""
    made = []

    def place(name, *, sqlite=False):
        here = {"DATA_DIR": str(tmp_path / name)}
        if sqlite or connection.vendor == "sqlite":
            return here
        database = f"{connection.settings_dict['NAME']}_{name}"
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}"')
            cursor.execute(f'CREATE DATABASE "{database}"')
        made.append(database)
        return here | {"DATABASE_URL": database_url().rpartition("/")[0] + "/" + database}

    yield place
    for database in made:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.fixture
def backup(place, tmp_path):
    """A filled site's backup, and what was told of that site."""
    file = tmp_path / "backup.tar.gz"
    told, _ = run(place("source"), ("fill",), ("command", "backup", "--output", str(file)))
    return file, told


def check_restored(target, file, told, rows):
    """Restored by one process, and looked at by the next: the first was begun with a secret key of its own."""
    (restored,) = run(target, restore(file))
    assert f"{sum(rows.values())} rows" in restored["said"]
    looked, again = run(target, ("look", told), restore(file))
    assert looked["rows"]["annotations.Judgement"] == rows["annotations.Judgement"] == told["votes"]
    assert "Restore into an empty database" in again["refused"]


def test_a_site_is_restored_with_its_links_votes_and_release_or_refused_with_the_reason(backup, place, tmp_path):
    """In one test, because a filled site takes long to make."""
    file, told = backup
    with tarfile.open(file) as archive:
        rows = json.loads(archive.extractfile("manifest.json").read())["rows"]
    assert file.stat().st_mode & 0o077 == 0
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    target = place("target")
    keyed, broken = run(target, restore(file), restore(damaged), SECRET_KEY="another")
    assert "SECRET_KEY is set to another one" in keyed["refused"]
    assert "is no backup, or it is damaged" in broken["refused"]
    check_restored(target, file, told, rows)
    # Where the tests run on PostgreSQL, its backup goes into SQLite as well.
    if connection.vendor == "postgresql":
        check_restored(place("other", sqlite=True), file, told, rows)
