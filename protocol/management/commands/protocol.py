import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotations.models import Study
from annotations.people.links import invitation_path
from lib.files import replace_when_complete
from lib.serving.addresses import site_address
from protocol.file.problems import ProtocolError
from protocol.file.reading import read_protocol_file
from protocol.file.writing import as_text, digest_of, plan_digest
from protocol.running.plan import make_plan
from protocol.running.plan_text import plan_lines
from protocol.running.run import begin, finish
from protocol.running.work import StepError, Work, only_one
from protocol.study.compare import differences
from protocol.study.export import protocol_of, protocol_text
from protocol.study.possible import NoProtocolError
from protocol.study.released import released_protocol


class Command(BaseCommand):
    help = "Run a whole study from one file, say before what it will take, and write the file of any study."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="do", required=True, metavar="COMMAND")
        check = commands.add_parser("check", help="Say what is wrong with a file, by line.")
        check.add_argument("file", type=Path)
        check.add_argument("--canonical", action="store_true", help="Print the file in its canonical form.")
        plan = commands.add_parser("plan", help="Say what a run would do and take; change nothing.")
        plan.add_argument("file", type=Path)
        plan.add_argument("--json", action="store_true")
        run = commands.add_parser("run", help="Do everything that is not done; may be stopped and run again.")
        run.add_argument("file", type=Path)
        run.add_argument("--yes", action="store_true", help="Do not ask before it begins.")
        run.add_argument("--owner", default="", help="The account that owns the study.")
        run.add_argument("--no-wait", action="store_true", help="Start runs and metrics and leave them to the workers.")
        run.add_argument("--retry", action="store_true", help="Also what failed or was cancelled.")
        run.add_argument(
            "--update", action="store_true", help="Change a study that is there, where its page Settings would."
        )
        export = commands.add_parser("export", help="Write the file of a study.")
        export.add_argument("study")
        export.add_argument("--output", type=Path, help="A file; without it the terminal.")
        export.add_argument("--released", action="store_true", help="As a release has it: without paths and addresses.")
        diff = commands.add_parser("diff", help="Say how a file and its study differ.")
        diff.add_argument("file", type=Path)
        diff.add_argument("study", nargs="?", help="Another study than the file's own.")

    def handle(self, *args: Any, do: str, **options: Any) -> None:
        try:
            getattr(self, f"_{do}")(**options)
        except (ProtocolError, StepError, NoProtocolError) as error:
            raise CommandError(str(error)) from error

    def _check(self, *, file: Path, canonical: bool, **options: Any) -> None:
        protocol = read_protocol_file(file)
        if canonical:
            self.stdout.write(as_text(protocol), ending="")
            return
        self.stdout.write(f"{file.name} is a protocol. Canonical form {digest_of(protocol)}")
        self.stdout.write(f"Planned analysis {plan_digest(protocol)}")

    def _plan(self, *, file: Path, json: bool, **options: Any) -> None:
        plan = make_plan(Work(read_protocol_file(file), file.absolute().parent))
        if json:
            self.stdout.write(_json(plan.as_json()))
            return
        for line in plan_lines(plan):
            self.stdout.write(line)

    def _run(self, *, file: Path, **options: Any) -> None:
        protocol = read_protocol_file(file)
        work = Work(
            protocol,
            file.absolute().parent,
            by=_owner(options["owner"]),
            retry=options["retry"],
            update=options["update"],
            say=self._say,
        )
        with only_one(protocol.study.slug):
            self._announce(work, ask=not options["yes"])
            study = begin(work)
            failed = [] if options["no_wait"] else finish(work)
        self._report(study, failed, waited=not options["no_wait"])

    def _announce(self, work: Work, *, ask: bool) -> None:
        for line in plan_lines(make_plan(work)):
            self.stdout.write(line)
        self.stdout.write("")
        if ask and sys.stdin.isatty() and input("Begin? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was begun.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _report(self, study: Study, failed: list[str], *, waited: bool) -> None:
        self.stdout.write(f"Study {study.slug}: {study.comparisons.count()} comparisons, {study.quota} votes each.")
        self.stdout.write(f"Annotators join at {site_address(invitation_path(study))}")
        if failed:
            lines = "\n".join(f"  {line}" for line in failed[:20])
            raise CommandError(f"{len(failed)} failed:\n{lines}\nRun again with --retry to try these again.")
        self.stdout.write("Everything is done." if waited else "The workers write the summaries now.")

    def _export(self, *, study: str, output: Path | None, released: bool, **options: Any) -> None:
        stored = _study(study)
        text = released_protocol(stored) if released else protocol_text(stored)
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            with replace_when_complete(output) as file:
                file.write(text)
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror}. Choose a folder you may write to.") from error
        self.stdout.write(f"Protocol of study {stored.slug} written to {output}.")

    def _diff(self, *, file: Path, study: str | None, **options: Any) -> None:
        protocol = read_protocol_file(file)
        stored = _study(study or protocol.study.slug)
        different = differences(protocol, protocol_of(stored))
        for difference in different:
            self.stdout.write(f"{'!' if difference.stops else ' '} {difference}")
        what = "Nothing differs." if not different else f"{len(different)} keys differ; a run stops at those marked !."
        self.stdout.write(what)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _study(slug: str) -> Study:
    study = Study.objects.select_related("dataset", "anchor", "small_system", "large_system").filter(slug=slug).first()
    if study is None:
        slugs = ", ".join(Study.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no study {slug!r}. Studies: {slugs}.")
    return study


def _owner(name: str) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no account {name!r}. Make it first, or leave --owner out.")
    return user
