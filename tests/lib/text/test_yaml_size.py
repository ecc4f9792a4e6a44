"""YAML that aliases, depth or length would blow up is refused before anything is built of it."""

import tracemalloc
from itertools import pairwise

import pytest
import yaml

from judges.records.entries import JudgeFileError, read_judges
from lib.text.yaml_size import DEEPEST, MOST_BYTES, MOST_VALUES, YamlSizeError, load_yaml
from models_runner.systems.catalog import CatalogError, entries, read_entries

pytestmark = pytest.mark.once("no database")
# Each name stands for ten of the one before: a thousand million texts at the end.
NAMES = "abcdefghi"
BOMB = "x-a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"x-{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in pairwise(NAMES)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "aliases"),
        (f"x: &x {'x' * 500_000}\ny: [{'*x, ' * 50}]", "aliases"),
        ("x: &x [*x]", "holds itself"),
        ("x: " + "[" * (DEEPEST + 10), "nested"),
        ("x: [" + "1," * MOST_VALUES + "]", "values"),
        ("# " + "x" * MOST_BYTES, "characters"),
    ],
)
def test_what_would_grow_is_refused_in_little_memory(text, says):
    tracemalloc.start()
    with pytest.raises(YamlSizeError, match=says):
        load_yaml(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_aliases_of_ordinary_size_are_read():
    assert load_yaml("a: &a {b: [1, 2]}\nc: {<<: *a, d: *a}") == {
        "a": {"b": [1, 2]},
        "c": {"b": [1, 2], "d": {"b": [1, 2]}},
    }
    assert entries()


@pytest.mark.parametrize("text", ["x: [", "a: b: c", "x: !!python/object:os.system {}", "--- 1\n--- 2"])
def test_what_is_no_yaml_stays_that(text):
    with pytest.raises(yaml.YAMLError):
        load_yaml(text)


@pytest.mark.parametrize("entry", ["y: {name: y, adapter: scripted, regime: zero-shot, engine: *i}", "y: {mode: *i}"])
@pytest.mark.parametrize(("read", "error"), [(read_entries, CatalogError), (read_judges, JudgeFileError)])
def test_every_reader_of_files_of_others_refuses_it(tmp_path, entry, read, error):
    path = tmp_path / "file.yaml"
    path.write_text(f"{BOMB}{entry}\n")
    with pytest.raises(error, match=r"file\.yaml.*aliases") as refused:
        read(path)
    assert len(str(refused.value)) < 500
