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


def test_a_restored_site_has_its_links_votes_and_release(backup, place):
    file, told = backup
    with tarfile.open(file) as archive:
        rows = json.loads(archive.extractfile("manifest.json").read())["rows"]
    assert file.stat().st_mode & 0o077 == 0
    # Where the tests run on PostgreSQL, its backup goes into SQLite as well.
    for target in (place("target"), place("other", sqlite=True))[: 1 + (connection.vendor == "postgresql")]:
        assert f"{sum(rows.values())} rows" in run(target, "manage.py", "restore", str(file)).stdout
        looked = json.loads(
            run(target, "-m", "tests.services.backed_up", "look", json.dumps(told)).stdout.splitlines()[-1]
        )
        assert looked["rows"]["annotations.Judgement"] == rows["annotations.Judgement"] == told["votes"]
        refused = run(target, "manage.py", "restore", str(file), check=False)
        assert "Restore into an empty database" in refused.stderr


def test_what_cannot_be_restored_is_refused_with_the_reason(backup, place, tmp_path):
    file, _ = backup
    target = place("target")
    refused = run(target, "manage.py", "restore", str(file), check=False, SECRET_KEY="another")
    assert "SECRET_KEY is set to another one" in refused.stderr
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused = run(target, "manage.py", "restore", str(damaged), check=False)
    assert "is no backup, or it is damaged" in refused.stderr
    assert run(target, "manage.py", "restore", str(file)).returncode == 0
