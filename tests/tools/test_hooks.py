"""The hooks before a commit are the commands of `make check`: those of `make lint`, and the docs."""

import yaml

from tools.version import ROOT


def checks():
    """What `make check` runs, a line each."""
    makefile = (ROOT / "Makefile").read_text()
    lines = [
        line
        for target in ("check: lint", "lint: install-dev")
        for line in makefile.partition(f"\n{target}\n")[2].split("\n\n")[0].splitlines()
    ]
    names = {"$(VENV)": ".venv", "@$(PY)": ".venv/bin/python"}
    return {line.strip().replace(old, new) for line in lines for old, new in names.items() if old in line}


def test_every_check_is_a_hook():
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"
    # A hook is given the files of the commit where make check looks at all.
    entries = {hook["entry"].replace(" --force-exclude", " .") for hook in local["hooks"]}
    assert entries == checks()
    assert len(entries) > 5
