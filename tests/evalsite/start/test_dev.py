"""The command behind `make dev`."""

import sys

import pytest
from django.core.management import CommandError, call_command

from evalsite import launcher
from evalsite.management.commands import dev

SAYS_WHO = [sys.executable, "-c", "print('from the child')"]


class Recorded:
    """Stands for the launcher's children, and starts none."""

    def __init__(self):
        self.commands = {}

    def start(self, name, command):
        self.commands[name] = command[1:]


@pytest.mark.parametrize("arguments", [[], ["--worker"]])
def test_without_debug_nothing_is_started(settings, monkeypatch, arguments):
    assert settings.DEBUG is False
    monkeypatch.setattr(launcher.Children, "start", lambda *_: pytest.fail("a process was started"))
    monkeypatch.setattr(dev, "run_worker", lambda: pytest.fail("a worker was started"))
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("dev", *arguments)


def test_one_web_process_and_one_worker_that_reload(settings):
    children = Recorded()
    dev.Command().start_web(children, "127.0.0.1")()
    dev.Command().start_workers(children)
    assert children.commands == {
        "web": ["manage.py", "runserver", f"127.0.0.1:{settings.PORT}"],
        "worker": ["manage.py", "dev", "--worker"],
    }


def test_processes_write_to_the_terminal(capfd):
    children = launcher.Children(dev.Command().logs())
    children.start("child", SAYS_WHO)
    assert children.children[0].process.wait(60) == 0
    assert "from the child" in capfd.readouterr().out


def test_the_worker_takes_every_queue(monkeypatch):
    started = []
    monkeypatch.setattr(dev.autoreload, "run_with_reloader", lambda run, *given: started.extend([run, *given]))
    dev.run_worker()
    assert started == [dev.work, dev.app, "generation,metrics,default"]
