"""Bundle Vega, Vega-Lite and Vega-Embed as one static file, made by vl-convert: no npm, no CDN."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

from leaderboards.presentation.charts.chart import VEGA_LITE
from lib.files import replace_when_complete

NAME = "leaderboards/vega.js"


def folder() -> Path:
    """Return the folder of the bundle, one for each version of the package."""
    return Path(settings.DATA_DIR) / "charts" / f"vl-convert-{version('vl-convert-python')}"


def make_script() -> Path:
    """Return the file, made if it is not there, which takes some seconds."""
    path = folder() / NAME
    if not path.exists():
        import vl_convert

        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_when_complete(path) as file:
            # The package's type stub lacks the default of the snippet parameter.
            file.write(vl_convert.javascript_bundle(vl_version=VEGA_LITE))  # type: ignore[call-arg]
    return path


class ScriptFinder(BaseFinder):
    """Give the file to collectstatic and to the development server, as a static file of an app."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != NAME:
            return []
        return [str(make_script())] if find_all else str(make_script())

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        if not matches_patterns(NAME, list(ignore_patterns or [])):
            make_script()
            yield NAME, FileSystemStorage(location=str(folder()))
