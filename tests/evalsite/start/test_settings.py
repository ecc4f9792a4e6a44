"""The settings file under different environments, each in a process of its own."""

import os
import subprocess
import sys

import pytest

PRINT = "from django.conf import settings; print(settings.SECRET_KEY, settings.DATABASES['default']['ENGINE'], settings.DEBUG)"


def load(tmp_path, shown="", **environment):
    kept = {
        k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "DEBUG", "DATABASE_URL", "CELERY_BROKER_URL")
    }
    env = kept | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "evalsite.settings"} | environment
    program = f"from django.conf import settings as s; print({shown})" if shown else PRINT
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("off", ["0", "false", ""])
def test_without_debug_the_secret_key_has_no_default(tmp_path, off):
    answer = load(tmp_path, DEBUG=off)
    assert answer.returncode != 0
    assert "SECRET_KEY is not set" in answer.stderr


def test_the_embedded_default_makes_a_key_once_and_keeps_it_to_its_owner(tmp_path):
    first, second = load(tmp_path), load(tmp_path)
    assert first.stdout == second.stdout
    assert len(first.stdout.split()[0]) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_two_folders_have_different_keys(tmp_path):
    assert load(tmp_path / "a").stdout != load(tmp_path / "b").stdout


def test_debug_is_off_unless_asked_for(tmp_path):
    assert load(tmp_path).stdout.split()[2] == "False"


def test_database_url_selects_postgresql(tmp_path):
    answer = load(tmp_path, DATABASE_URL="postgres://u:p@h:5/n")
    assert answer.stdout.split()[1] == "django.db.backends.postgresql"


@pytest.mark.parametrize("name", ["REQUIRE_TWO_FACTOR", "OIDC_ROLES"])
def test_a_role_that_is_none_is_refused(tmp_path, name):
    answer = load(tmp_path, **{name: "x=chief" if name == "OIDC_ROLES" else "lead,chief"})
    assert answer.returncode != 0
    assert f"{name} " in answer.stderr
    assert "'chief'; expected administrator, lead, researcher or member" in answer.stderr


def test_what_compose_leaves_empty_is_off(tmp_path):
    names = ("REQUIRE_TWO_FACTOR", "OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN", "METRICS_TOKEN")
    shown = "s.REQUIRE_TWO_FACTOR, s.TRACES, s.SENTRY_DSN, s.METRICS_TOKEN"
    assert load(tmp_path, shown, **dict.fromkeys(names, "")).stdout == "[] False  \n"
