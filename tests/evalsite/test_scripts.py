"""Scripts are modules that find each other, under their own names and under those that collected files get."""

import posixpath
import re
from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage

from evalsite.storage import OUR_APPS

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    path.relative_to(ROOT / app / "static").as_posix(): path.read_text()
    for app in OUR_APPS
    for path in (ROOT / app / "static").rglob("*.js")
}
TEMPLATES = {
    path.relative_to(ROOT / app / "templates").as_posix(): path.read_text()
    for app in OUR_APPS
    for path in (ROOT / app / "templates").rglob("*.html")
}
IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*|\bimport\(\s*)["']([^"']+)["']""")
MADE = {"leaderboards/vega.js"}


def imports(name, text):
    """The files a script imports, by their names among all static files."""
    addresses = IMPORT.findall(text)
    assert all(address.startswith(("./", "../")) for address in addresses), name
    return {posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) for address in addresses}


def imports_of_all(names):
    """What these scripts import, and what that imports."""
    reached = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        new = imports(name, SCRIPTS[name]) - reached - MADE
        reached |= new
        waiting += new
    return reached


def started_by(template):
    return set(re.findall(r"""<script type="module" src="{% static '([^']+)' %}"></script>""", template))


def test_every_import_is_there():
    assert "annotations/rate/state.js" in imports("annotations/rate.js", SCRIPTS["annotations/rate.js"])
    for name, text in SCRIPTS.items():
        assert imports(name, text) <= SCRIPTS.keys() | MADE, name


def test_every_script_is_a_module_that_some_page_loads():
    assert "annotations/rate.js" in started_by(TEMPLATES["annotations/rate.html"])
    for name, template in TEMPLATES.items():
        assert template.count("<script") == len(started_by(template)), name
    started = set().union(*map(started_by, TEMPLATES.values()))
    assert started | imports_of_all(started) == SCRIPTS.keys()


def test_the_rating_page_asks_for_all_its_modules_at_once():
    template = TEMPLATES["annotations/rate.html"]
    preloaded = re.findall(r"""<link rel="modulepreload" href="{% static '([^']+)' %}">""", template)
    started = started_by(template)
    assert preloaded == sorted(imports_of_all(started) - started)


def test_collected_modules_import_each_other_by_the_names_of_their_contents(collected):
    """A page never mixes modules of two versions, and each module is loaded once, under one name."""
    names = staticfiles_storage.hashed_files
    for name, text in SCRIPTS.items():
        file = collected / names[name]
        assert re.fullmatch(r".*\.[0-9a-f]{12}\.js", file.name)
        assert imports(names[name], file.read_text()) == {names[one] for one in imports(name, text)}
        assert all((collected / one).is_file() for one in imports(names[name], file.read_text()))


def test_scripts_of_other_packages_stay_as_they_are(collected):
    name = staticfiles_storage.hashed_files["django_htmx/ext/hx-sse-2.js"]
    assert (collected / name).read_bytes() == (collected / "django_htmx/ext/hx-sse-2.js").read_bytes()
