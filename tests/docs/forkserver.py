"""Runs manage.py, workers and a web server without starting Python each time: python -m tests.docs.forkserver SOCKET.

Loading the site takes longer than most commands of the docs. This process loads it once; for each request it forks, and
the child becomes the command: with its own arguments, folder, input and output, as if it had been started alone.
"""

import json
import os
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "evalsite.settings"
    import django

    sys.path.insert(0, str(ROOT))
    django.setup()
    end_with_parent()
    load()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(sys.argv[1])
        server.listen()
        while True:
            asked, _ = server.accept()
            reap()
            with asked:
                if os.fork() == 0:
                    server.close()
                    serve(asked)


def end_with_parent() -> None:
    import signal

    from jobs.workers import processes

    processes.end_with_parent(signal.SIGTERM)


def load() -> None:
    from django.core.management import BaseCommand, get_commands
    from django.urls import get_resolver

    for command, app in get_commands().items():
        if not str(app).startswith("django"):
            import_module(f"{app}.management.commands.{command}")
    _ = get_resolver().url_patterns
    BaseCommand().check()  # each command checks again, in a quarter of the time
    import_module("jobs.workers.start")


def reap() -> None:
    """Take note of children that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(asked: socket.socket) -> None:
    """Become the command that was asked for; tell its status when it has ended."""
    end_with_parent()
    text, files, *_ = socket.recv_fds(asked, 1_000_000, 3)
    wanted = json.loads(text)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.chdir(wanted["folder"])
    os.environ.update(wanted["environment"])
    os.setsid()
    status = 1
    try:
        sys.argv = wanted["arguments"]
        status = run(sys.argv)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        asked.sendall(str(status).encode())
        os._exit(status)


def run(arguments: list[str]) -> int:
    program, *rest = arguments
    if program == "manage.py":
        import_module("manage").main()
    elif program == "worker":
        return import_module("jobs.workers.start").work(import_module("evalsite").celery_app, *rest)
    elif program == "web":
        web(int(rest[0]))
    else:
        code = compile(Path(program).read_text(encoding="utf-8"), program, "exec")
        exec(code, {"__name__": "__main__"})
    return 0


def web(port: int) -> None:
    from django.core.servers.basehttp import run

    run("127.0.0.1", port, import_module("evalsite.wsgi").application, threading=True)


if __name__ == "__main__":
    main()
