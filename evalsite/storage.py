"""Store collected static files under names made from their contents."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_APPS = ("annotations", "api", "evalsite", "leaderboards", "marks", "models_runner")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names files by their content, and rewrites the imports of our scripts to these names."""

    support_js_module_import_aggregation = True
    # Each pass resolves at least one more step of a chain of imports.
    max_post_process_passes = 20

    def url_converter(self, name: str, hashed_files: dict[str, str], template: str | None = None) -> Callable[..., Any]:
        """Leave other packages' scripts as they are: some have imports in comments, of files that do not exist."""
        if name.endswith(".js") and not name.startswith(OUR_APPS):
            return itemgetter("matched")
        return super().url_converter(name, hashed_files, template)
