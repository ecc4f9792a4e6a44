"""Find the texts to translate in the sources, and keep the catalogues in locale/ up to date: `make messages`.

Django's makemessages finds the same texts, but needs GNU gettext wherever the tests run, and guesses translations of
changed texts (docs/decisions/translations.md).
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lib.text.translated import MARK, MARKS
from tools.said import shown_texts

ROOT = Path(__file__).parents[1]
APPS = ("accounts", "annotations", "api", "evalsite", "judges", "leaderboards", "marks", "models_runner", "protocol")
# Domain to the files whose texts it holds, by kind.
SOURCES = {
    "django": {"python": "*.py", "template": "templates/**/*.*"},
    "djangojs": {"javascript": "static/**/*.js"},
}
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)
}  # fmt: skip
CALL = re.compile(r"""(?<!\w)([np]?)(?:gettext|_)\(((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^()'"])*)\)""")

Message = str | tuple[str, ...]


def marked(domain: str) -> Iterator[tuple[str, Message, str | None]]:
    """File, text and context of everything to translate; a text with a plural is a pair."""
    if domain == "django":
        yield from ((file, text, None) for file, text in shown_texts(ROOT))
        yield from (("lib/text/translated.py", mark, MARK) for mark in MARKS)
    for app in APPS:
        for kind, pattern in SOURCES[domain].items():
            for path in sorted((ROOT / app).rglob(pattern)):
                if "migrations" not in path.parts:
                    texts = _in_template(path) if kind == "template" else _in_code(path, kind)
                    yield from ((str(path.relative_to(ROOT)), text, context) for text, context in texts)


def _in_code(path: Path, kind: str) -> Iterator[tuple[Message, str | None]]:
    with path.open("rb") as file:
        for _line, text, _comments, context in extract(kind, file, KEYWORDS, options={"encoding": "utf-8"}):
            yield (tuple(text) if isinstance(text, (list, tuple)) else text), context


def _in_template(path: Path) -> Iterator[tuple[Message, str | None]]:
    # Django turns the tags into calls of gettext and all else into X.
    from django.utils.translation.template import templatize

    for kind, arguments in CALL.findall(templatize(path.read_text(), origin=str(path))):
        texts = re.sub(r",\s*[^'\",]*$", "", arguments) if kind == "n" else arguments
        literal = ast.literal_eval(f"({texts})")
        if kind == "p":
            context, text = literal
            yield text, context
        else:
            yield literal, None


def catalogues() -> list[Path]:
    return sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain=path.stem)


def updated(path: Path) -> Catalog:
    """The catalogue with an empty entry for each new text, and without those that are gone."""
    catalogue = read(path)
    template = Catalog(domain=path.stem, creation_date=catalogue.creation_date)
    for file, text, context in marked(path.stem):
        template.add(text, locations=[(file, 0)], context=context)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def written(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalogue, width=120, include_lineno=False, ignore_obsolete=True)
    return file.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> None:
    for path in catalogues():
        catalogue = updated(path)
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(catalogue))
        missing = [m.id for m in catalogue if m.id and not (all(m.string or ()) if m.pluralizable else m.string)]
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} texts, {len(missing)} to translate")
        for text in missing:
            print(f"  {text!r}")


if __name__ == "__main__":
    main()
