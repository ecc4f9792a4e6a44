"""Static files are collected where something changed, and only there."""

import os

import pytest
from django.core.files.storage import FileSystemStorage

from evalsite import collecting

pytestmark = pytest.mark.once


@pytest.fixture
def collected(tmp_path, monkeypatch, settings):
    """A folder of files, and how often they were collected."""
    source, times = tmp_path / "source", []
    source.mkdir()
    (source / "site.css").write_text("a {}")
    settings.STATIC_ROOT, settings.STATIC_URL = tmp_path / "data" / "static", "/static/"

    class Finder:
        def list(self, ignored):
            return ((path.name, FileSystemStorage(location=str(source))) for path in source.iterdir())

    def collect(name, **options):
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        (settings.STATIC_ROOT / "staticfiles.json").touch()
        times.append(name)

    monkeypatch.setattr(collecting, "get_finders", lambda: [Finder()])
    monkeypatch.setattr(collecting, "call_command", collect)
    return source, times


def test_files_are_collected_once(collected):
    _, times = collected
    assert [collecting.collect_if_changed() for _ in range(2)] == [True, False]
    assert times == ["collectstatic"]


@pytest.mark.parametrize("change", ["text", "time", "new", "prefix", "deleted", "broken off"])
def test_whatever_changed_is_collected_again(collected, settings, monkeypatch, change):
    source, times = collected
    collecting.collect_if_changed()
    file = source / "site.css"
    match change:
        case "text":
            file.write_text("a {color: red}")
        case "time":
            os.utime(file, ns=(0, 0))
        case "new":
            (source / "more.css").touch()
        case "prefix":
            settings.STATIC_URL = "/punchweight/static/"
        case "deleted":
            (settings.STATIC_ROOT / "staticfiles.json").unlink()
        case "broken off":
            file.write_text("b {}")
            with monkeypatch.context() as patched:
                patched.setattr(collecting, "call_command", broken_off)
                with pytest.raises(KeyboardInterrupt):
                    collecting.collect_if_changed()
            file.write_text("a {}")
    assert collecting.collect_if_changed()
    assert not collecting.collect_if_changed()
    assert len(times) == 2


def broken_off(name, **options):
    raise KeyboardInterrupt
