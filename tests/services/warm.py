"""A process that has loaded the site, and is forked into whatever command of Python a test asks for, as often as it does.

    python -m tests.services.warm SOCKET [MODULE ...]

Loading takes most of the time of a worker's start. A request is a line of JSON: a command with its log, or the number of
a process that may have ended. The modules are those that the commands of a test need besides.
"""

import json
import os
import runpy
import socket
import sys
from importlib import import_module


def load(modules):
    import django

    from evalsite import celery_app

    django.setup()
    celery_app.loader.import_default_modules()
    for module in modules:
        import_module(module)


def asked_command(lines):
    """Answer requests; returns, in the child that it is for, what is asked of it, and nothing once nobody asks."""
    for line in lines:
        request = json.loads(line)
        if "ended" in request:
            answer = status_of(request["ended"])
        elif os.fork():
            continue
        else:
            os.setsid()
            answer = os.getpid()
        lines.write(f"{json.dumps(answer)}\n")
        lines.flush()
        if "command" in request:
            return request
    return None


def status_of(child):
    """Of a child that has ended, as subprocess tells it; None of one that lives."""
    ended, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def become(command, log):
    """Run a command, such as python -m jobs.workers.start or python manage.py, with its words, in this process."""
    with open(log, "ab") as output:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
    sys.orig_argv = command  # a worker that has nothing to do starts anew as this
    _, program, *words = command
    if program == "-m":
        sys.argv = words
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *words]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    number, *modules = sys.argv[1:]
    load(modules)
    with socket.socket(fileno=int(number)) as channel, channel.makefile("rw") as lines:
        request = asked_command(lines)
    if request:
        become(**request)
