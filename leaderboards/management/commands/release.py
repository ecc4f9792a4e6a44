from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboards.data.lookup import UnknownStudyError, find_study
from leaderboards.models.releases import Release
from leaderboards.releases import publishing
from leaderboards.releases.build import zip_of
from leaderboards.releases.publishing import Draft, ReleaseError
from lib.storage.shared import uses_bucket


class Command(BaseCommand):
    help = "Releases: create a draft of a study's votes and texts, publish it, set its DOI, check its files, list all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        make = actions.add_parser("make", help="Write a draft: a folder and a zip file.")
        make.add_argument("slug")
        make.add_argument("--name", default="", help="The study's title if left out.")
        make.add_argument("--release-version", default="", help="The next whole one if left out, such as 1.0.")
        make.add_argument("--description", default="", help="What a reader should know.")
        make.add_argument("--licence", default="CC-BY-4.0", help="Of the votes.")
        make.add_argument("--include-comments", action="store_true", help="Also comments. Read them first.")
        make.add_argument("--include-excluded", action="store_true", help="Also votes of excluded annotators, marked.")
        for action, words in (
            ("publish", "Publish permanently: only the DOI can change afterwards."),
            ("doi", "Set the DOI."),
            ("check", "Compare the files with their checksums."),
            ("rewrite", "Write files that are gone again, if they come out as they were."),
            ("delete", "Delete a draft."),
        ):
            parser_of_action = actions.add_parser(action, help=words)
            parser_of_action.add_argument("slug")
            parser_of_action.add_argument("release_version")
            if action == "doi":
                parser_of_action.add_argument("doi")
        actions.add_parser("list", help="All releases, newest first.").add_argument("slug", nargs="?", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except (UnknownStudyError, ReleaseError) as error:
            raise CommandError(str(error)) from error

    def _make(self, options: dict[str, Any]) -> None:
        names = ("name", "description", "licence", "include_comments", "include_excluded")
        draft = Draft(version=options["release_version"], **{name: options[name] for name in names})
        release = publishing.create_draft(find_study(options["slug"]), draft, None)
        try:
            publishing.write_files(release)
        except BaseException:
            publishing.delete_draft(release)
            raise
        self.stdout.write(f"Draft {release}, {release.counts['rows']['votes']} votes: {publishing.place_of(release)}")
        if not uses_bucket():
            self.stdout.write(f"As one file: {zip_of(release)}")
        for reason, n in release.counts["left_out"].items():
            self.stdout.write(f"Left out: {n} votes {reason}.")
        if withheld := release.counts["withheld"]:
            self.stdout.write(f"{withheld} documents may not be redistributed: hashes replace their texts.")

    def _publish(self, options: dict[str, Any]) -> None:
        publishing.publish(release := self._find(options))
        self.stdout.write(f"{release} is published.")

    def _doi(self, options: dict[str, Any]) -> None:
        publishing.set_doi(release := self._find(options), options["doi"])
        self.stdout.write(f"{release} has the DOI {release.doi}.")

    def _check(self, options: dict[str, Any]) -> None:
        release = self._find(options)
        if changed := publishing.changed_files(release):
            raise CommandError(f"Files of {release} are changed or missing: {', '.join(changed)}.")
        self.stdout.write(f"All files of {release} are as they were written.")

    def _rewrite(self, options: dict[str, Any]) -> None:
        publishing.write_again(release := self._find(options))
        self.stdout.write(f"All files of {release} are as they were: {publishing.place_of(release)}")

    def _delete(self, options: dict[str, Any]) -> None:
        publishing.delete_draft(release := self._find(options))
        self.stdout.write(f"The draft {release.version} of {options['slug']} is deleted.")

    def _list(self, options: dict[str, Any]) -> None:
        rows = Release.objects.select_related("study")
        for release in rows.filter(study=find_study(options["slug"])) if options["slug"] else rows:
            self.stdout.write(
                f"{release}  {release.get_publication_display()}  {release.doi or '—'}  {publishing.place_of(release)}"
            )

    def _find(self, options: dict[str, Any]) -> Release:
        study = find_study(options["slug"])
        release = study.releases.filter(version=options["release_version"]).first()
        if release is None:
            versions = ", ".join(study.releases.values_list("version", flat=True)) or "none yet"
            raise ReleaseError(
                f"Study {study.slug} has no release {options['release_version']!r}. Known versions: {versions}."
            )
        return release
