"""Choose the tests that every run repeats on PostgreSQL: together they send it each statement that the project sends.

`python -m tools.postgresql_tests` runs all tests that reach the database there, writes down what each has the project
send and which refusals it meets, and names in tests/same_statements.txt those whose statements others have it send, too.
What a test arranges or asks by itself counts only where it is refused. A test that is not named runs there, so a new one
does until the next choice. `TEST_POSTGRESQL=all make test` repeats every test.
`--more` looks only at the tests that run there today, which takes a third of the time, and adds to the list those of them
whose statements others of them have it send: together they send the same as before.

Tests that start processes, that ask for transactions of their own, or that ask whether odd values are refused run there
always: what they test is not in the statements.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tools import run_tests, servers

LIST = run_tests.ROOT / "tests/same_statements.txt"
ALWAYS_MARKED = {"worker", "own_transactions"}
ALWAYS = (
    "tests/api/test_bad_input.py",
    "tests/api/test_bad_uploads.py",
    "tests/api/test_description.py::test_answers_are_as_described",
    "tests/annotations/models/",
    "tests/evalsite/test_fuzz.py",
    "tests/migration/",
)
HEAD = "# Tests that run on SQLite alone, because others send PostgreSQL the same statements. Made by tools/postgresql_tests.py.\n"


@dataclass
class Seen:
    """What a test function with all its cases was seen to do.

    Attributes:
        seconds: processor time.
        statements: forms of the statements it sent, with their refusals.
        always: whether it runs on PostgreSQL whatever others send.
    """

    seconds: float = 0.0
    statements: set[str] = field(default_factory=set)
    always: bool = False


def by_function(lines: Iterable[str]) -> dict[str, Seen]:
    functions: dict[str, Seen] = {}
    for line in lines:
        case = json.loads(line)
        name = case["test"].partition("[")[0]
        seen = functions.setdefault(name, Seen())
        seen.seconds += case["seconds"]
        seen.statements.update(case["statements"])
        seen.always |= name.startswith(ALWAYS) or bool(ALWAYS_MARKED & set(case["marks"])) or case["failed"]
    return functions


def superfluous(functions: dict[str, Seen]) -> list[str]:
    """The functions whose statements others send, found by taking again and again the one that adds most a second."""
    missing = set[str]().union(*(seen.statements for seen in functions.values()))
    for seen in functions.values():
        if seen.always:
            missing -= seen.statements
    left = {name: seen for name, seen in functions.items() if not seen.always}
    while missing:
        name = max(left, key=lambda name: (_gain(left[name], missing), name))
        missing -= left.pop(name).statements
    return sorted(left)


def _gain(seen: Seen, missing: Collection[str]) -> float:
    return sum(statement in missing for statement in seen.statements) / max(seen.seconds, 0.01)


def watched(*chosen: str, every: bool) -> list[str]:
    """Run tests that reach the database on PostgreSQL; what each sent, as lines of JSON. every: also those named."""
    with ExitStack() as started:
        database_url = servers.find_postgresql(started, install=False)
        broker_url = servers.find_redis(started, install=False)
        if not (database_url and broker_url):
            sys.exit("No PostgreSQL or no Redis answers. Start both, or set TEST_DATABASE_URL and TEST_BROKER_URL.")
        folder = started.enter_context(tempfile.TemporaryDirectory(prefix="punchweight-test-"))
        arguments, urls = run_tests.on_postgresql(database_url, broker_url, every=every)
        env = run_tests.surroundings() | urls | {"STATEMENTS": f"{folder}/lines", "DATA_DIR": folder}
        command = [sys.executable, "-m", "pytest", "-p", "tests.statements", *arguments, *chosen]
        if subprocess.run(command, env=env, cwd=run_tests.ROOT).returncode:
            print("Some tests failed. They stay, because a failed test has not sent all its statements.")
        return Path(folder, "lines").read_text().splitlines()


def named() -> set[str]:
    return set(LIST.read_text().splitlines()) - {HEAD.strip()}


def main() -> None:
    more, chosen = "--more" in sys.argv, [argument for argument in sys.argv[1:] if argument != "--more"]
    functions = by_function(watched(*chosen, every=not more))
    left_out = superfluous(functions)
    listed = sorted(named().union(left_out)) if more else left_out
    LIST.write_text(HEAD + "".join(f"{name}\n" for name in listed))
    spared = sum(functions[name].seconds for name in left_out)
    whole = sum(seen.seconds for seen in functions.values())
    print(f"{len(left_out)} of {len(functions)} tests are left out on PostgreSQL: {spared:.0f} of {whole:.0f} seconds.")


if __name__ == "__main__":
    main()
