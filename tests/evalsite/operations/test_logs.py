"""Log lines as JSON, with the ids of requests and tasks."""

import json
import logging

import pytest
from django.test import Client, RequestFactory

from evalsite.celery import app
from evalsite.operations.ids import forget_request, ids_of_task, name_request
from lib.serving.logs import JsonLines, ids_in_logs
from models_runner.models import Run

pytestmark = pytest.mark.once("writes lines")
logger = logging.getLogger("evalsite.of_this_test")


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.setFormatter(JsonLines())
        self.texts = []

    def emit(self, record):
        self.texts.append(self.format(record))

    @property
    def last(self):
        return json.loads(self.texts[-1])


@pytest.fixture
def lines():
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_a_line_is_an_object(lines):
    logger.warning("%s\nof “two” lines", "a text")
    assert "\n" not in lines.texts[-1]
    assert lines.last["message"] == "a text\nof “two” lines"
    assert (lines.last["level"], lines.last["logger"]) == ("WARNING", "evalsite.of_this_test")
    assert lines.last["time"].endswith("+00:00")
    assert set(lines.last) == {"time", "level", "logger", "message"}


def test_an_exception_comes_with_its_traceback(lines):
    try:
        raise ValueError("of this test")
    except ValueError:
        logger.exception("it failed")
    assert lines.last["exception"].endswith("ValueError: of this test")


def test_ids_are_those_of_the_blocks_around(lines):
    with ids_in_logs(run=7):
        with ids_in_logs(summary=8):
            logger.warning("inner")
            assert (lines.last["run"], lines.last["summary"]) == (7, 8)
        logger.warning("outer")
        assert "summary" not in lines.last
    logger.warning("outside")
    assert "run" not in lines.last


def answered(path, **headers):
    """As a web server does it, with a line in between."""
    name_request(RequestFactory().get(path, headers=headers).environ)
    logger.warning("in a view")
    forget_request()


def test_requests_have_an_id_and_a_path_without_secrets(lines):
    answered("/join/a-secret/of-a-study/?x=1")
    assert lines.last["path"] == "/join/…/of-a-study/"
    assert lines.last["method"] == "GET"
    first = lines.last["request"]
    answered("/")
    assert len(first) == 32
    assert lines.last["request"] != first


@pytest.mark.parametrize(
    ("given", "kept"), [("of-the-proxy_1.2", True), ("a b", False), ("x" * 65, False), ("ä", False)]
)
def test_a_proxy_may_name_the_request(lines, given, kept):
    answered("/", **{"X-Request-ID": given})
    assert (lines.last["request"] == given) is kept


@pytest.mark.django_db
def test_the_site_names_its_requests(lines, settings):
    settings.DEBUG = False
    Client().get("/not/there", headers={"X-Request-ID": "of-the-proxy"})
    assert (lines.last["logger"], lines.last["request"]) == ("django.request", "of-the-proxy")
    logger.warning("after")
    assert "request" not in lines.last


def test_tasks_name_their_row(lines):
    for name, args, expected in ((Run.TASK, (7,), {"run": 7}), ("x.y", (7,), {"row": 7}), ("x.y", (), {})):
        with ids_of_task(name, args):
            logger.warning("working")
        ids = {key: lines.last[key] for key in lines.last if key not in ("time", "level", "logger", "message", "task")}
        assert (lines.last["task"], ids) == (name, expected)


def test_a_worker_names_the_task_that_it_works_on(lines):
    @app.task(name="of.this.test", shared=False)
    def work(key):
        logger.warning("working")

    try:
        work.apply(args=(5,))
    finally:
        app.tasks.unregister(work.name)
    assert (lines.last["task"], lines.last["row"]) == ("of.this.test", 5)
    logger.warning("after")
    assert "task" not in lines.last
