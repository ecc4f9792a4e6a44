import os
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import override_settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")

CHROMIUM = Path("/usr/bin/chromium")
# As the site runs with them; tests render pages without collected files.
STORAGES = django_settings.STORAGES


def pytest_collection_modifyitems(items):
    """Every test that reaches the database runs again on PostgreSQL; -m database selects them."""
    for item in items:
        if item.get_closest_marker("django_db") or {"db", "transactional_db", "live_server"} & set(item.fixturenames):
            item.add_marker(pytest.mark.database)


@pytest.fixture(autouse=True, scope="session")
def _static_folder():
    """Whitenoise warns on every request when the folder of collected files is not there."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """No collectstatic needed to render a page, and no slow password hashing."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def _collected_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collected")
    with override_settings(STORAGES=STORAGES, STATIC_ROOT=folder):
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


@pytest.fixture
def collected(_plain_static_files, _collected_once, settings):
    """The folder of collected static files, which pages of this test refer to."""
    settings.STORAGES = STORAGES
    settings.STATIC_ROOT = _collected_once
    return _collected_once
