import os
from pathlib import Path

import pytest
from django.conf import settings as django_settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")

CHROMIUM = Path("/usr/bin/chromium")


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
