"""The catalogues in locale/: complete, compiled, and with every placeholder in its place."""

import re

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tools import messages

CATALOGUES = messages.catalogues()
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|<[^>]+>")
TO_DO = "Run `make messages`, translate the empty entries in {}, run it again and commit the .po and the .mo."


def texts(message):
    return [*message.id] if message.pluralizable else [message.id]


def translations(message):
    return [*message.string] if message.pluralizable else [message.string]


def entries(path):
    return [message for message in messages.read(path) if message.id]


@pytest.fixture(params=CATALOGUES, ids=[f"{path.parts[-3]} {path.stem}" for path in CATALOGUES])
def path(request):
    return request.param


def test_there_is_chinese():
    assert {(path.parts[-3], path.stem) for path in CATALOGUES} == {("zh_Hans", "django"), ("zh_Hans", "djangojs")}


def test_every_marked_text_is_in_the_catalogue(path):
    marked = {(context, text) for _, text, context in messages.marked(path.stem)}
    kept = {(m.context, m.id if isinstance(m.id, str) else tuple(m.id)) for m in entries(path)}
    assert len(marked) > 20
    assert marked - kept == set(), "Texts that are marked but not in the catalogue. " + TO_DO.format(path)
    assert kept - marked == set(), "Texts in the catalogue that nothing uses any more. Run `make messages`."


def test_no_call_in_a_script_is_overlooked():
    """Babel sees no call directly inside ${...}, nor after some regular expressions: write such a text apart."""
    for app in messages.APPS:
        for script in sorted((messages.ROOT / app).rglob(messages.SOURCES["djangojs"]["javascript"])):
            calls = re.findall(r"(?<!function )\bn?gettext\(", script.read_text())
            assert len(calls) == len(list(messages._in_code(script, "javascript"))), script


def test_every_text_is_translated(path):
    missing = [message.id for message in entries(path) if message.fuzzy or not all(translations(message))]
    assert missing == [], "Without a translation, or with a doubtful (fuzzy) one. " + TO_DO.format(path)


def test_placeholders_and_markup_agree(path):
    for message in entries(path):
        # The singular may do without its number.
        expected = sorted(PLACEHOLDER.findall(texts(message)[-1]))
        for translation in translations(message):
            assert sorted(PLACEHOLDER.findall(translation)) == expected, message.id


def test_what_is_compiled_is_what_is_written(path):
    with path.with_suffix(".mo").open("rb") as file:
        # Babel reads a text as text, and its context as bytes.
        compiled = {(m.context and m.context.decode(), *texts(m)): translations(m) for m in read_mo(file) if m.id}
    written = {(m.context, *texts(m)): translations(m) for m in entries(path)}
    assert compiled == written, "The .mo is older than the .po. Run `make messages` and commit both."


def test_chinese_has_chinese_in_every_text():
    for path in CATALOGUES:
        for message in entries(path):
            assert all(re.search(r"[一-鿿、。，：；（）–]", text) for text in translations(message)), message.id


@pytest.mark.parametrize(
    ("kind", "suffix", "source", "found"),
    [
        ("python", ".py", 'x = _("One") + ngettext("%(n)s a", "%(n)s as", n)', ["One", ("%(n)s a", "%(n)s as")]),
        (
            "javascript",
            ".js",
            'say(gettext("One {n}", { n })); ngettext("{n} a", "{n} as", { n });',
            ["One {n}", ("{n} a", "{n} as")],
        ),
        (
            "template",
            ".html",
            '{% load i18n %}<p title="{% translate "It’s one" %}">{% blocktranslate trimmed with b=c.d %}\n Two\n {{ b }}.{% endblocktranslate %}'
            "{% blocktranslate count n=a|length %}{{ n }} (a){% plural %}{{ n }} 'as'{% endblocktranslate %}",
            ["It’s one", "Two %(b)s.", ("%(n)s (a)", "%(n)s 'as'")],
        ),
    ],
)
def test_marked_texts_are_found(tmp_path, kind, suffix, source, found):
    file = tmp_path / f"source{suffix}"
    file.write_text(source)
    read = messages._in_template(file) if kind == "template" else messages._in_code(file, kind)
    assert [text for text, _context in read] == found


# The marks that parts of a line of ours have, in its examples: "choice | question | a; b; c"; and shapes of arrays.
EXAMPLE = re.compile(r"\|[^”–。]*|\d-\d;[^，。]*|\([a-z_]+,\)")
HALF_WIDTH = re.compile(r"[一-鿿”》][:;,?!(]|\([一-鿿]|[一-鿿] \(")


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_chinese_prose_has_full_width_marks(domain):
    path = messages.ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        texts = [message.string for message in read_po(file) if message.id]
    said = [part for text in texts for part in (text if isinstance(text, tuple) else (text,))]
    assert [part for part in said if HALF_WIDTH.search(EXAMPLE.sub("", part))] == []


@pytest.mark.parametrize(
    ("text", "wrong"), [("成员: 甲", 1), ("甲，乙", 0), ("“choice | 问题 | 甲; 乙”", 0), ("甲 (乙)", 1)]
)
def test_half_width_marks_are_found(text, wrong):
    assert bool(HALF_WIDTH.search(EXAMPLE.sub("", text))) == bool(wrong)
