import secrets
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from annotations.models import Study
from annotations.people.links import invitation_path
from evalsite import launcher
from evalsite.celery import prepare_broker
from evalsite.collecting import collect_if_changed
from evalsite.example.start import ask_for_example, serve_example
from evalsite.sample import STUDY, SampleProgress, load_sample, sample_progress
from lib.serving.addresses import site_address

ADMIN = "admin"


class StopRequested(Exception):
    """Somebody pressed Ctrl-C or told the process to end."""


class Command(BaseCommand):
    help = "Run the whole site: web server, workers and the sample study, until Ctrl-C."
    started_by = "make run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, host: str, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        children = launcher.Children(self.logs())
        try:
            launcher.check_port(host, settings.PORT)
            lock = launcher.lock_data_dir()
            self._serve(children, host)
        except launcher.StartError as error:
            raise CommandError(str(error)) from error
        except StopRequested:
            self._say("\nStopping ...")
        finally:
            # Told twice, as by what ends a whole process group, it still waits for its children.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            children.stop()
        lock.close()
        self._say(f"Stopped. Start again with {self.started_by}; everything goes on where it was.")

    def _serve(self, children: launcher.Children, host: str) -> None:
        self._say("Preparing the database and static files ...")
        go_on = self.start_web(children, host)
        collecting = launcher.Aside(collect_if_changed)
        launcher.Aside(_migrate).wait()
        collecting.wait()
        prepare_broker()
        go_on()
        admin = self._ensure_admin()
        ask_for_example()
        launcher.Aside(load_sample, admin).wait()
        # The site first: workers have as much to load, and would take the cores that it needs.
        self._wait_for_site()
        self.start_workers(children)
        self._announce(Study.objects.get(slug=STUDY))
        launcher.Aside(serve_example, admin).wait()
        self._watch(children)

    def logs(self) -> Path | None:
        return settings.DATA_DIR / "logs"

    def start_web(self, children: launcher.Children, host: str) -> Callable[[], None]:
        """Begin to start the web server; return what lets it answer once everything is prepared."""
        return children.start_web(host, settings.PORT)

    def start_workers(self, children: launcher.Children) -> None:
        children.start_workers()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _ensure_admin(self) -> User:
        """Create the administrator at the first start and show the password, which is not stored."""
        users = get_user_model().objects
        admin = users.filter(username=ADMIN).first()
        if admin is not None:
            self._password = "the one shown at the first start (set another: manage.py changepassword admin)"  # noqa: S105
            return admin
        self._password = secrets.token_urlsafe(12)
        return users.create_superuser(ADMIN, password=self._password)

    def _wait_for_site(self) -> None:
        for _ in range(300):
            try:
                with urlopen(f"http://127.0.0.1:{settings.PORT}/healthz", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise launcher.StartError(f"The web server does not answer. Its log: {settings.DATA_DIR / 'logs' / 'web.log'}")

    def _announce(self, study: Study) -> None:
        self._say(
            f"\n  Punchweight is running at  {settings.SITE_URL}/\n"
            f"  Log in as                  {ADMIN}\n"
            f"  Password                   {self._password}\n"
            f"  Annotators join at         {site_address(invitation_path(study))}\n"
            f"  Leaderboard                {site_address(reverse('board', args=[study.slug]))}\n"
            f"  Data and logs              {settings.DATA_DIR}\n\n"
            "  Ctrl-C stops everything; make reset starts over.\n"
        )

    def _watch(self, children: launcher.Children) -> None:
        shown = ""
        while True:
            for message in children.restart_ended():
                self._say(message)
            text = _describe(sample_progress())
            if text != shown:
                self._show(text)
                shown = text
            time.sleep(1)

    def _show(self, text: str) -> None:
        if sys.stdout.isatty():
            self.stdout.write(f"\r\033[K  {text}", ending="\n" if "ready" in text else "")
            self.stdout.flush()
        else:
            self._say(f"  {text}")


def _describe(progress: SampleProgress) -> str:
    if progress.complete:
        return f"Sample ready: {progress.summaries} summaries, all metrics computed."
    return (
        f"Sample: {progress.summaries} of {progress.summaries_total} summaries written, "
        f"{progress.metrics} of {progress.metrics_total} metric jobs done"
    )


def _migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def _stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested
