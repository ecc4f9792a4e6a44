"""Collect static files where they changed: at most starts of the site none did."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# Besides the files themselves, what the collected ones are made with.
MADE_WITH = ("django", "whitenoise")


def collect_if_changed() -> bool:
    """Collect static files unless the same were collected before; tell whether it was done."""
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name("static-collected")
    state = _state()
    if (root / "staticfiles.json").exists() and stamp.exists() and stamp.read_text() == state:
        return False
    # A start that is broken off leaves none.
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)
    return True


def _state() -> str:
    """Return a fingerprint of names, sizes and times: reading all files takes as long as collecting them."""
    made_with = [
        settings.STATIC_URL,
        *(version(name) for name in MADE_WITH),
        _times(Path(__file__).with_name("storage.py")),
    ]
    files = [
        [name, _times(Path(source.path(name)))]
        for finder in get_finders()
        for name, source in finder.list(["CVS", ".*", "*~"])
    ]
    return hashlib.sha256(json.dumps([made_with, sorted(files)]).encode()).hexdigest()


def _times(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]
