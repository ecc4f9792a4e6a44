"""The version of this site."""

import tomllib
from functools import cache

from django.conf import settings


@cache
def own_version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])
