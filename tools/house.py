"""Count how the code is arranged: modules in a folder, import circles, class names, lengths.

    python -m tools.house [FOLDER]

FOLDER: a checkout, this one by default, so that two commits can be compared. Tests and migrations are left out.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx

ROOT = Path(__file__).resolve().parents[1]
LONG_FUNCTION = 30
LONG_MODULE = 400
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """One file.

    Attributes:
        name: Dotted, without ".__init__".
        path: From the root of the checkout.
        lines: How many there are.
        tree: The code.
    """

    name: str
    path: Path
    lines: int
    tree: ast.Module


def read_modules(root: Path) -> list[Module]:
    """Read every tracked module but tests and migrations."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=root, capture_output=True, text=True, check=True)
    paths = [Path(name) for name in listed.stdout.split()]
    return [_read(root, path) for path in paths if path.parts[0] != "tests" and "migrations" not in path.parts]


def _read(root: Path, path: Path) -> Module:
    text = (root / path).read_text()
    name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    return Module(name, path, text.count("\n"), ast.parse(text))


def imported_names(module: Module, ours: set[str]) -> Iterator[str]:
    """Name the modules that a module imports, also inside its functions."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in ours)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in ours else node.module


def circles(modules: list[Module]) -> list[set[str]]:
    """Find the groups of modules that import each other in a circle."""
    ours = {module.name for module in modules}
    graph = networkx.DiGraph()
    for module in modules:
        graph.add_edges_from((module.name, name) for name in imported_names(module, ours) if name != module.name)
    return [group for group in networkx.strongly_connected_components(graph) if len(group) > 1]


def flat_folders(modules: list[Module]) -> Counter[str]:
    """Count the modules that stand in each folder itself, packages' own files left out."""
    return Counter(str(module.path.parent) for module in modules if module.path.name != "__init__.py")


def class_names(modules: list[Module]) -> Counter[str]:
    """Count how often each name is given to a class at the top of a module."""
    return Counter(node.name for module in modules for node in module.tree.body if isinstance(node, ast.ClassDef))


def function_lengths(modules: list[Module]) -> list[tuple[int, str]]:
    """Measure every function, inner ones and methods included, in lines without decorators."""
    return [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{module.path}:{node.lineno} {node.name}")
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, FUNCTIONS)
    ]


def report(root: Path) -> str:
    """Write what was counted, a line each; what stands out is named below."""
    modules = read_modules(root)
    folders, names, lengths = flat_folders(modules), class_names(modules), function_lengths(modules)
    groups = circles(modules)
    twice = sorted(name for name, times in names.items() if times > 1)
    long_functions = sorted((entry for entry in lengths if entry[0] > LONG_FUNCTION), reverse=True)
    long_modules = [module for module in modules if module.lines > LONG_MODULE]
    described = sum(ast.get_docstring(module.tree) is not None for module in modules if module.lines)
    lines = [
        f"modules                           {len(modules)}",
        f"most modules in one folder        {', '.join(f'{n} {where}' for where, n in folders.most_common(3))}",
        f"import circles / modules in them  {len(groups)} / {sum(map(len, groups))}",
        f"class names defined twice         {len(twice)} of {len(names)}",
        f"functions over {LONG_FUNCTION} lines           {len(long_functions)} of {len(lengths)}"
        f" ({100 * len(long_functions) / len(lengths):.1f} %)",
        f"longest function / module         {max(lengths)[0]} / {max(module.lines for module in modules)}",
        f"modules over {LONG_MODULE} lines            {len(long_modules)}",
        f"modules with a docstring          {described} of {sum(module.lines > 0 for module in modules)}",
        *(f"  circle: {' '.join(sorted(group))}" for group in groups),
        *([f"  twice: {' '.join(twice)}"] if twice else []),
        *(f"  long: {length} {where}" for length, where in long_functions),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT))
