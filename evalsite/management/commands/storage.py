from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evalsite.backup.shared_files import damaged, delete_left_over, upload_all
from lib.storage.bucket import Bucket, StorageError
from lib.storage.shared import the_bucket


class Command(BaseCommand):
    help = "Object storage (STORAGE_URL): put there what lies on this disk, check all files, delete what is left over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("upload", help="Put what lies in DATA_DIR and is not there into it; the files stay here.")
        actions.add_parser("check", help="Read all files, and compare them with their checksums.")
        actions.add_parser("clean", help="Delete what uploads left that were broken off, more than a day ago.")

    def handle(self, *args: Any, **options: Any) -> None:
        bucket = the_bucket()
        if bucket is None:
            raise CommandError("STORAGE_URL is not set: files lie in DATA_DIR, which web and workers share.")
        try:
            getattr(self, f"_{options['action']}")(bucket)
        except StorageError as error:
            raise CommandError(str(error)) from error

    def _upload(self, bucket: Bucket) -> None:
        number = 0
        for name in upload_all(bucket):
            number += 1
            self.stdout.write(name)
        self.stdout.write(f"{number} uploaded; everything else was there.")

    def _check(self, bucket: Bucket) -> None:
        if broken := [f"{name}: {file}" for name, file in damaged(bucket)]:
            raise CommandError("Damaged or gone: " + "; ".join(broken) + ". Restore them from a backup.")
        self.stdout.write(f"All files of {len(bucket.names())} releases, exports, uploads and weights are whole.")

    def _clean(self, bucket: Bucket) -> None:
        self.stdout.write(f"{delete_left_over(bucket)} files of uploads that were broken off are deleted.")
