"""Every block of code in the docs runs, or its page says why not.

How a block is run, and how a page says so: tests/docs/blocks.py.
"""

import argparse
import json
import re
import tomllib
from importlib.util import find_spec

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.docs.blocks import ROOT, Block, collect
from tests.docs.sandbox import sandbox

# Rows of the site that runs them are its own, whatever database the tests are on.
pytestmark = pytest.mark.once

BLOCKS = collect()
RUN = ("sh", "python")
READ = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads, "jsonl": lambda text: [json.loads(line) for line in text.splitlines()]}  # fmt: skip
SHOWN = ("text", "html")
SHORTEST_REASON = 12
PAGES = sorted({block.page for block in BLOCKS if block.language in RUN or block.said})
COMMANDS = [block for block in BLOCKS if block.language == "sh"]
MANAGE = re.compile(r"manage\.py +(\w+)(.*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with sandbox(tmp_path_factory.mktemp("docs")) as made:
        yield made


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_says_what_it_is(block):
    known = (*RUN, *READ, *SHOWN)
    assert block.language in known, (
        f"{block}: a fence with one of {', '.join(known)} is expected, not {block.language!r}"
    )
    if "not run" in block.said:
        assert len(block.said["not run"]) >= SHORTEST_REASON, f"{block}: say why it is not run"
    elif read := READ.get(block.language):
        read(block.runnable)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_a_page_run(site, page):
    for block in BLOCKS:
        if block.page == page and "not run" not in block.said and (block.language in RUN or block.said):
            site.run(block)


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_commands_and_their_options_are_there(block):
    """Also in blocks that are not run, such as the usage of a command."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    script = block.text.replace("\\\n", " ")
    for line in (line.partition(" #")[0] for line in script.splitlines()):
        if match := MANAGE.search(line):
            assert match[1] in get_commands(), f"{block}: there is no command {match[1]}"
            missing = set(OPTION.findall(_with_next_lines(script, line, match[2]))) - options_of(match[1])
            assert not missing, f"{block}: {match[1]} has no option {', '.join(sorted(missing))}"
        elif match := re.match(r"make ([a-z-]+)", line):
            assert match[1] in targets, f"{block}: the Makefile has no target {match[1]}"
        elif match := re.search(r"python -m ([\w.]+)", line):
            assert find_spec(match[1]), f"{block}: there is no module {match[1]}"


def _with_next_lines(script: str, line: str, rest: str) -> str:
    """Usage goes on over lines that are set in."""
    after = script.partition(line)[2].splitlines()[1:]
    for following in after:
        if not following.startswith(" "):
            break
        rest += following
    return rest


def options_of(command: str) -> set[str]:
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    return set(_options(parser))


def _options(parser):
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _options(inner)


def test_a_comment_before_a_block_is_read(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n\n<!-- with: SLUG=pilot -->\n<!-- before: cd x -->\n```sh\npython a SLUG\n```\n\nWords.\n\n```sh\nmake\n```\n"
    )
    from tests.docs.blocks import blocks_of

    first, second = blocks_of(page, tmp_path)
    assert (first.runnable, first.said["before"], second.said) == ("python a pilot\n", "cd x", {})


def test_an_indented_block_is_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Words:\n\n    make run\n")
    from tests.docs.blocks import blocks_of

    with pytest.raises(AssertionError, match="a fence with one of sh"):
        test_a_block_says_what_it_is(next(blocks_of(page, tmp_path)))


def test_a_block_that_fails_is_told_by_its_line(site):
    with pytest.raises(AssertionError, match=r"docs/page.md:3 ended with status 2:"):
        site.run(Block("docs/page.md", 3, "sh", "python manage.py systems --nothing\n"))
