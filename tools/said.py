"""Find the English texts that pages translate when they show them (lib/text/translated.py), where Python writes them."""

import ast
import re
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from lib.text.translated import WORDS, split_line

# Packages and modules whose texts reach a page. What is below them is for programs, the terminal or the database.
SHOWN = (
    *(
        "stats",
        "lib/serving/careful_form.py",
        "lib/serving/login_gate.py",
        "lib/faults.py",
        "lib/language_codes.py",
        "lib/names.py",
        "lib/json/strict.py",
        "jobs/models.py",
    ),
    "lib/storage/bucket.py",
    *("models_runner", "annotations", "protocol"),
    *("judges/models/judges.py", "judges/models/jobs.py", "judges/models/verdicts.py", "judges/models/reports.py"),
    *(
        "judges/judging/lifecycle.py",
        "judges/judging/wording.py",
        "judges/judging/units.py",
        "judges/judging/chosen.py",
    ),
    *("judges/records", "judges/report", "judges/web", "marks/report", "marks/imports"),
    *(
        "marks/web/import_form.py",
        "marks/web/gold.py",
        "marks/gold",
        "marks/web/forms.py",
        "marks/kinds/storing.py",
        "marks/models/kinds.py",
    ),
    *("leaderboards/boards", "leaderboards/data/filters.py", "leaderboards/exports", "leaderboards/models"),
    *("leaderboards/presentation", "leaderboards/releases/tables.py", "leaderboards/sharing", "leaderboards/snapshots"),
    "leaderboards/web",
    *("evalsite/web/overview.py", "evalsite/web/views.py", "evalsite/operations/problems.py"),
    *("api/models/tokens.py", "api/tokens.py", "api/web/forms.py", "api/web/views.py"),
)
NEVER_SHOWN = (
    *("protocol/management", "protocol/apps.py", "protocol/models", "protocol/running/plan_text.py"),
    *("protocol/file/schema.py", "protocol/running/updating.py"),
    *("protocol/study/export.py", "protocol/study/released.py", "protocol/study/remarks.py"),
    *("models_runner/management", "models_runner/apps.py", "models_runner/adapters/scripted.py"),
    *("models_runner/adapters/prompts.py", "models_runner/adapters/texts/thoughts.py"),
    *("models_runner/adapters/openai_api/refusals.py", "models_runner/adapters/openai_api/connection.py"),
    *("models_runner/adapters/longinput/chapterize.py", "models_runner/importing/cleaning.py"),
    *("models_runner/importing/field_map/known_sets.py", "models_runner/importing/speech"),
    *("models_runner/importing/summaries", "models_runner/importing/tables.py"),
    *("models_runner/metrics/declared.py", "models_runner/metrics/markup.py", "models_runner/runs/machine/record.py"),
    *("models_runner/metrics/entities/english.py", "models_runner/metrics/facts/claim_prompts.py"),
    *("annotations/management", "annotations/apps.py", "annotations/counts", "annotations/evidence"),
    *(
        "annotations/blindness",
        "annotations/imports",
        "annotations/rating/queries.py",
        "annotations/rating/vote_queries.py",
        "annotations/models/triggers/rating.py",
        "annotations/models/triggers/looks.py",
    ),
    *("annotations/templatetags/summaries.py", "annotations/templatetags/transcript.py"),
    *("leaderboards/models/triggers.py", "leaderboards/models/sharing_triggers.py"),
    "leaderboards/presentation/analysis/text.py",
    "leaderboards/presentation/tables.py",
    *("leaderboards/presentation/charts/look.py", "leaderboards/presentation/charts/labels.py"),
    *("leaderboards/presentation/charts/shown.py", "leaderboards/exports/columns.py", "leaderboards/exports/looks.py"),
    *("stats/votes/arrays.py", "stats/votes/tallies.py", "stats/strengths", "stats/decisions/sampling.py"),
    *("stats/uncertainty/s", "stats/uncertainty/limits.py"),
)
# Models whose help texts stand on forms; those of others are for the admin site, which is English but for Django's texts.
ON_FORMS = ("annotations/models/studies.py", "leaderboards/models/releases.py", "leaderboards/models/sharing.py")
MARKED = frozenset({"TypeVar", "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"})
CARD = "leaderboards/templates/leaderboards/release_card.md"
CONDITION = re.compile(r"\{% if [^%]*%\}((?:(?!\{% if).)*?)(?:\{% else %\}((?:(?!\{% if).)*?))?\{% endif %\}")
PLACE_OF_CARD = re.compile(r"\{\{ ([\w.]+) \}\}")
# Text of a page has words with a space between; of one word, only what stands at these names.
LABELS = frozenset({"label", "help_text", "title", "heading", "verbose_name", "empty_label"})
ONE_WORD = re.compile(r"[A-Z][a-z]+(?:: [\d.]+)?[.:]?")
WORD = re.compile(r"[A-Za-z]{2,}")
# Regular expressions, SQL, headers, types, markup and file patterns.
CODE = re.compile(
    r"\(\?|\\[sdwb]|^(SELECT|UPDATE|INSERT|CREATE|DROP|SET|FOR UPDATE|PRAGMA)\b|filename=|charset=|^<| \| None|^[a-z_]+\(|format\(|^%\(kind\)s of study|\\1|\(\[|\S\|\S.*\S\|\S|^Path \||^OrderedDict|^run %|^study %\(slug\)s, |: unexpected fault|\ue000"
    r"|\\{|sentencex|^[A-Z][\w, ]*? \(\d{4}\), |^Zhang et al|^stemmer |^bert-score |^markup removed |^noindex, |^typical pairs of "
)
NAMES_OF_CODE = frozenset(
    {"Accept", "Cc", "Content", "Davidson", "Fields", "Location", "Pieces", "Source", "Terms", "Zl", "Zp"}
)
MOST_VARIANTS = 8

Piece = tuple[str, bool]  # words, or the name of a value


def texts_in(path: Path) -> list[str]:
    """Return the texts of a module, those of f-strings with places for their values; several where a text has variants."""
    tree = ast.parse(path.read_text())
    texts: dict[str, None] = {}
    passed_over = set(_docstrings(tree))
    if "models" in (path.parent.name, path.stem) and not path.as_posix().endswith(ON_FORMS):
        passed_over |= {id(n) for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "help_text"}
    _collect(tree, passed_over, texts)
    return list(texts)


def _docstrings(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)


def _collect(node: ast.AST, passed_over: set[int], texts: dict[str, None], *, labelled: bool = False) -> None:
    """Walk down to each string; a string put together of parts is one text."""
    if id(node) in passed_over or _is_passed_over(node):
        return
    if variants := _variants(node):
        for pieces in islice(variants, MOST_VARIANTS):
            text = _written(pieces)
            if _is_text(text, labelled):
                texts[text] = None
    for child in _children(node):
        inner = isinstance(child, ast.keyword) and child.arg in LABELS
        of_string = isinstance(node, (ast.JoinedStr, ast.FormattedValue)) or (variants and isinstance(node, ast.BinOp))
        if of_string and isinstance(child, (ast.Constant, ast.JoinedStr)):
            continue
        _collect(child, passed_over, texts, labelled=inner or (labelled and isinstance(node, ast.keyword)))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node is made of, but for the keys of what it looks up or holds."""
    if isinstance(node, ast.Dict):
        yield from node.values
    elif isinstance(node, ast.Subscript):
        yield node.value
    else:
        yield from ast.iter_child_nodes(node)


def _is_passed_over(node: ast.AST) -> bool:
    """Whether these strings are marked for gettext already, or for the log, the admin site or Python."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in MARKED
        case ast.Call(func=ast.Attribute(value=ast.Name(id="logger" | "log"))):
            return True
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant()]):
            return True
        case ast.FunctionDef(name="__str__" | "__repr__"):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "_SAID" | "verbose_name" | "verbose_name_plural")]):
            return True
    return False


def _variants(node: ast.AST) -> list[list[Piece]]:
    """Return the ways a string can read, as pieces: one for each branch of a condition within it."""
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str):
            return []
        # For str.format().
        return [[(re.sub(r"\{(\w*)\}", lambda place: f"%({place[1] or 'value'})s", node.value), True)]]
    if isinstance(node, ast.JoinedStr):
        return _joined([_of_value(part) for part in node.values])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _variants(node.left), _variants(node.right)
        if not left and not right:
            return []
        return _joined([left or [[(_name(node.left), False)]], right or [[(_name(node.right), False)]]])
    return []


def _of_value(part: ast.expr) -> list[list[Piece]]:
    if isinstance(part, ast.FormattedValue):
        inner = part.value
        if isinstance(inner, ast.IfExp):
            branches = [_variants(branch) or [[(_name(branch), False)]] for branch in (inner.body, inner.orelse)]
            return [*branches[0], *branches[1]]
        return [[(_name(inner), False)]]
    return _variants(part)


def _joined(parts: list[list[list[Piece]]]) -> list[list[Piece]]:
    return [[piece for pieces in chosen for piece in pieces] for chosen in islice(product(*parts), MOST_VARIANTS)]


def _name(node: ast.AST) -> str:
    """Return a name for the value of an expression: its last word."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower()
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return re.sub(r"\W", "_", key)
        case ast.Call(func=ast.Attribute(attr="join"), args=[inner, *_]):
            return _name(inner)
        case ast.Call(args=[inner, *_]) | ast.Call(func=ast.Attribute(value=inner)) | ast.Subscript(value=inner):
            return _name(inner)
        case ast.Starred(value=inner) | ast.BinOp(left=inner):
            return _name(inner)
    return "value"


def _written(pieces: list[Piece]) -> str:
    written, names = [], list[str]()
    for text, is_words in pieces:
        if is_words:
            written.append(text)
            continue
        name = text if text not in names else f"{text}{names.count(text) + 1}"
        names.append(text)
        written.append(f"%({name})s")
    return "".join(written).strip()


def _is_text(text: str, labelled: bool) -> bool:
    words = WORD.findall(re.sub(r"%\(\w+\)s", " ", text))
    if CODE.search(text) or text in NAMES_OF_CODE:
        return False
    if labelled or ONE_WORD.fullmatch(text):
        return bool(words)
    if " " in text and len(re.findall(r"%\(\w+\)s", text)) >= 2 and any(len(word) >= 5 for word in words):
        return True
    several = len(re.findall(r"[A-Za-z]+", re.sub(r"%\(\w+\)s", " ", text))) >= 2
    return (bool(words) and several and " " in text) or (bool(words) and "×" in text)


def lines_of_card(template: str) -> Iterator[str]:
    """Yield the texts of a Markdown template, line by line and cell by cell, one for each branch of its conditions."""
    for line in re.sub(r"```.*?```|\{#.*?#\}", "", template, flags=re.DOTALL).splitlines():
        waiting = [line]
        while waiting:
            text = waiting.pop()
            if condition := CONDITION.search(text):
                waiting += [text.replace(condition[0], branch or "", 1) for branch in (condition[1], condition[2])]
            else:
                plain = PLACE_OF_CARD.sub(_place, re.sub(r"\{%.*?%\}", "", text))
                yield from (cell for cell in split_line(plain)[1] if WORD.search(re.sub(r"%\(\w+\)s", "", cell)))


def _place(match: re.Match[str]) -> str:
    return f"%({match[1].rpartition('.')[2]})s"


def shown_texts(root: Path) -> Iterator[tuple[str, str]]:
    """File and text of everything that pages translate when they show it."""
    yield from (("lib/text/translated.py", word) for word in WORDS)
    card = root / CARD
    yield from ((CARD, text) for text in lines_of_card(card.read_text()))
    for name in SHOWN:
        place = root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            file = str(path.relative_to(root))
            if "migrations" not in path.parts and not file.startswith(NEVER_SHOWN):
                yield from ((file, text) for text in texts_in(path))
