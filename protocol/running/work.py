"""What a run of a protocol works with, and how it can fail."""

import fcntl
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User

from protocol.file.schema import Protocol
from protocol.study.compare import Difference


class StepError(RuntimeError):
    """A step cannot be done; the message says what to do. What was done before stays."""


class DiffersError(StepError):
    """The study is there and is another one than the file's."""

    def __init__(self, slug: str, stopping: Sequence[Difference]) -> None:
        self.differences = stopping
        lines = "\n".join(f"  {difference}" for difference in stopping)
        super().__init__(
            f"Study {slug} is there and differs from the file. Nothing was changed.\n{lines}\n"
            "Change the study on its page Settings, or with --update, where it still can change; or give the file's "
            "study another slug."
        )


@dataclass(frozen=True)
class Work:
    """A protocol that is run.

    Attributes:
        protocol: In its canonical form.
        folder: From which the file's paths lead; None where no file may be read, as in the browser.
        by: Who runs it; None for the command.
        keep: Leave what is there already as it is, whatever the file says.
        retry: Also what failed or was cancelled.
        update: Change the study as its page Settings would.
        say: Called with a line for each step that was done.
    """

    protocol: Protocol
    folder: Path | None
    by: User | None = None
    keep: bool = False
    retry: bool = False
    update: bool = False
    say: Callable[[str], object] = lambda line: None

    def path(self, written: str) -> Path:
        """Return a path of the file. Raises StepError where no file may be read, or there is none."""
        if self.folder is None:
            raise StepError("Files on the server are read by the command alone: python manage.py protocol run FILE")
        path = self.folder / Path(written).expanduser()
        if not path.exists():
            raise StepError(f"There is no {path}. Put the files there, or change the path {written!r} in the protocol.")
        return path


class Step(ABC):
    """One thing to do, in one transaction; doing it again does nothing."""

    @property
    @abstractmethod
    def title(self) -> str: ...

    @abstractmethod
    def is_done(self, work: Work) -> bool:
        """Look in the database. Raises StepError if something else is there in its place."""

    def blocked(self, work: Work) -> str:
        """Say why it cannot be done here, as far as that can be known before; "" otherwise."""
        return ""

    @abstractmethod
    def do(self, work: Work) -> str:
        """Do it, and return what was done in a few words. Raises StepError."""


@contextmanager
def only_one(slug: str) -> Iterator[None]:
    """Let one process at a time run the protocol of a study. Raises StepError."""
    folder = Path(settings.DATA_DIR) / "protocols"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{slug}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StepError(f"The protocol of study {slug} is being run already. Wait for it, or stop it.") from error
        yield
