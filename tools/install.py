"""Install packages into the environment that runs this: with uv, which takes a fifth of pip's processor time, else pip.

    .venv/bin/python -m tools.install -c constraints.txt -r requirements.txt

uv does not read pip's settings. Those that say where packages come from are told to it in its own words; where pip has
others, or where uv fails, pip installs. Uses the standard library alone: nothing is installed yet.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

UV = ["-c", "constraints.txt", "uv"]
PIP = [sys.executable, "-m", "pip"]
QUIET = ["--disable-pip-version-check", "--no-input"]
# Settings of pip, and the variables that tell uv the same.
SAME = {
    "index-url": ("UV_DEFAULT_INDEX",),
    "extra-index-url": ("UV_INDEX",),
    "find-links": ("UV_FIND_LINKS",),
    "constraint": ("UV_CONSTRAINT",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "cert": ("SSL_CERT_FILE",),
    "proxy": ("HTTP_PROXY", "HTTPS_PROXY"),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
    "timeout": ("UV_HTTP_TIMEOUT",),
}
# Where a variable holds several values, what stands between them; a space elsewhere.
BETWEEN = {"UV_FIND_LINKS": ","}
# What changes nothing about which packages are installed.
OF_NO_MATTER = {
    "disable-pip-version-check", "no-input", "quiet", "verbose", "progress-bar", "no-cache-dir", "cache-dir", "retries", "config-file",
    "root-user-action", "no-color", "log", "require-virtualenv", "break-system-packages", "no-python-version-warning",
}  # fmt: skip


def pip_settings(listed: str) -> dict[str, str]:
    """The settings for `pip install`, by name, of what `pip config list` prints.

    A variable of the environment counts before a file's section for install, and that before a file's global one.
    """
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                found[name.removeprefix(section)] = ast.literal_eval(value)
    return found


def uv_environment(settings: Mapping[str, str], already: Mapping[str, str]) -> dict[str, str] | None:
    """The variables that tell uv what pip's settings say, without those that are set; None where it has none for one."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip: the best version of all indexes
    for name, value in settings.items():
        if name in OF_NO_MATTER:
            continue
        if name not in SAME:
            return None
        for variable in SAME[name]:
            found[variable] = BETWEEN.get(variable, " ").join(value.split())
    return {variable: value for variable, value in found.items() if variable not in already}


def with_uv(arguments: Sequence[str], *, quiet: bool) -> bool:
    """Whether uv could be had and has installed everything."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    variables = uv_environment(pip_settings(listed), os.environ)
    if variables is None:
        return False
    if find_spec("uv") is None and subprocess.run([*PIP, "install", "--quiet", *QUIET, *UV]).returncode:
        return False
    # Nothing is compiled beforehand: the start compiles what it uses, a small part of all.
    options = ["--quiet"] if quiet else []
    command = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, *options, *arguments]
    if subprocess.run(command, env=os.environ | variables).returncode == 0:
        return True
    print("uv could not install the packages; pip is tried.", file=sys.stderr, flush=True)
    return False


def main() -> int:
    arguments, quiet = sys.argv[1:], bool(os.environ.get("CI"))
    if with_uv(arguments, quiet=quiet):
        return 0
    return subprocess.run([*PIP, "install", *(["--quiet"] if quiet else []), *QUIET, *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main())
