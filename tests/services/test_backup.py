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


def run(place, *words, check=True, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY", "DEBUG")}
    env = kept | {"DJANGO_SETTINGS_MODULE": "evalsite.settings"} | place | environment
    done = subprocess.run(
        [sys.executable, *words], env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


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
    source, file = place("source"), tmp_path / "backup.tar.gz"
    told = json.loads(run(source, "-m", "tests.services.backed_up", "fill").stdout.splitlines()[-1])
    run(source, "manage.py", "backup", "--output", str(file))
    return file, told


def refusal(target, file, **environment):
    return run(target, "manage.py", "restore", str(file), check=False, **environment).stderr


def check_restored(target, file, told, rows):
    assert f"{sum(rows.values())} rows" in run(target, "manage.py", "restore", str(file)).stdout
    looked = json.loads(run(target, "-m", "tests.services.backed_up", "look", json.dumps(told)).stdout.splitlines()[-1])
    assert looked["rows"]["annotations.Judgement"] == rows["annotations.Judgement"] == told["votes"]
    assert "Restore into an empty database" in refusal(target, file)


def test_a_site_is_restored_with_its_links_votes_and_release_or_refused_with_the_reason(backup, place, tmp_path):
    """In one test, because a filled site takes long to make."""
    file, told = backup
    with tarfile.open(file) as archive:
        rows = json.loads(archive.extractfile("manifest.json").read())["rows"]
    assert file.stat().st_mode & 0o077 == 0
    target = place("target")
    assert "SECRET_KEY is set to another one" in refusal(target, file, SECRET_KEY="another")
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "is no backup, or it is damaged" in refusal(target, damaged)
    check_restored(target, file, told, rows)
    # Where the tests run on PostgreSQL, its backup goes into SQLite as well.
    if connection.vendor == "postgresql":
        check_restored(place("other", sqlite=True), file, told, rows)
