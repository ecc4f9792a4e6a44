"""Store collected static files under names made from their contents."""

from whitenoise.storage import CompressedManifestStaticFilesStorage as Collected

OUR_APPS = ("annotations", "api", "evalsite", "leaderboards", "marks", "models_runner")


class StaticFilesStorage(Collected):
    """Names files by their content, and rewrites the imports of our scripts to these names."""

    # Other packages' scripts stay as they are: some have imports in comments, of files that do not exist, and to look
    # through the large ones takes a second at the start of a new site.
    patterns = (
        *(pattern for pattern in Collected.patterns if pattern[0] == "*.css"),
        *((f"{app}/*.js", Collected._js_module_import_aggregation_patterns[1]) for app in OUR_APPS),
    )
    # Each pass resolves at least one more step of a chain of imports.
    max_post_process_passes = 20
