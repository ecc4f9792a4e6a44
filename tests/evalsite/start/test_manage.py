"""The command line on a database that is not there yet."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def manage(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment | {"DATA_DIR": str(folder)}, capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip


def test_a_command_before_the_first_migration_says_what_to_do(tmp_path):
    done = manage(tmp_path, "systems", "--list")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("python manage.py migrate")
    assert "Traceback" not in done.stderr
    assert manage(tmp_path, "migrate", "-v0").returncode == 0
    listed = manage(tmp_path, "systems", "--list")
    assert listed.returncode == 0
    assert "llama-2-70b-chat" in listed.stdout
