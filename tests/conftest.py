import gc
import os
import shutil
import sys
from pathlib import Path

import pytest
from _pytest import runner
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from jobs.nothing_left import NothingLeft
from tests import emptying
from tests.plain import plain_settings, with_room

os.environ.setdefault("HF_HUB_OFFLINE", "1")

# As the site runs with them; tests render pages without collected files.
STORAGES = django_settings.STORAGES
BROWSER_TESTS = Path(__file__).parent / "browser"
SLOW = ("worker", "weights", "simulation")
# A deadline for each example would be an assertion about time, which a busy machine breaks.
hypothesis_settings.register_profile("punchweight", deadline=None)
hypothesis_settings.load_profile("punchweight")
emptying.install()
OWN_TRANSACTIONS = {"transactional_db", "live_server"}
DATABASE_FIXTURES = {"db"} | OWN_TRANSACTIONS
SAME_STATEMENTS = Path(__file__).parent / "same_statements.txt"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what reaches the database, what of it asks for transactions, and what sends only what others send.

    tools/run_tests.py selects by these marks what runs again on PostgreSQL.
    Files with slow tests are the first that several processes share out: begun last, one would run alone at the end.
    """
    same_statements = set(SAME_STATEMENTS.read_text().splitlines())
    for item in items:
        database = item.get_closest_marker("django_db")
        if database or DATABASE_FIXTURES & set(item.fixturenames):
            item.add_marker(pytest.mark.database)
        if OWN_TRANSACTIONS & set(item.fixturenames) or (database and database.kwargs.get("transaction")):
            item.add_marker(pytest.mark.own_transactions)
        if item.nodeid.partition("[")[0] in same_statements:
            item.add_marker(pytest.mark.same_statements)
        if item.get_closest_marker("browser") and not item.path.is_relative_to(BROWSER_TESTS):
            raise pytest.UsageError(
                f"{item.nodeid} is marked browser; expected in {BROWSER_TESTS}, where they run from."
            )
    chosen = yield
    if os.environ.get("PYTEST_XDIST_WORKER"):
        slow_files = {item.path for item in items if any(item.get_closest_marker(name) for name in SLOW)}
        items.sort(key=lambda item: item.path not in slow_files)
    return chosen


MANY_MODULES = 100
frozen_modules = 0


def pytest_collection_finish():
    """Collections come less often: a fifth of the time of a migration was theirs."""
    keep_modules_out_of_collections()
    gc.set_threshold(20_000, 25, 25)


def pytest_runtest_protocol(item, nextitem):
    """In place of pytest's own, which does the work."""
    return with_room(runner.pytest_runtest_protocol, item, nextitem)


def pytest_runtest_setup():
    """Whoever is the first to need PyTorch loads it, and from then on each unloading of a model took half a second."""
    if len(sys.modules) - frozen_modules > MANY_MODULES:
        keep_modules_out_of_collections()


def keep_modules_out_of_collections():
    """Modules and tests, hundreds of thousands of objects, stay to the end, and each collection would look at them."""
    global frozen_modules
    gc.collect()
    gc.freeze()
    frozen_modules = len(sys.modules)


@pytest.fixture(scope="session")
def django_db_keepdb(request, django_db_modify_db_settings):
    """Begin with a copy of a migrated database, where tools/run_tests.py has made one."""
    template = os.environ.get("TEST_DATABASE_TEMPLATE")
    database = django_settings.DATABASES["default"]
    if not template or database["ENGINE"] != "django.db.backends.sqlite3":
        return request.config.getvalue("reuse_db")
    shutil.copyfile(template, database["TEST"]["NAME"])
    return True


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """Opens the database to a fixture of a module, whose rows each of its tests finds as they were made.

    All tests of the module run inside one transaction, each in a savepoint of it, so none may ask for a transaction of
    its own. A test must not keep the objects of the fixture, which others have, but read them anew.
    """
    with django_db_blocker.unblock():
        whole = transaction.atomic()
        # As Django marks that of a TestCase: code that insists on the outermost transaction may run within.
        whole._from_testcase = True
        whole.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


@pytest.fixture
def other_address(made):
    """Puts a module's study under another address, for a test that makes its own under that one."""
    type(made).objects.filter(pk=made.pk).update(slug="of-the-module")


@pytest.fixture(autouse=True, scope="session")
def _static_folder():
    """Whitenoise warns on every request when the folder of collected files is not there."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _english():
    """A page that another test asked for in Chinese leaves Chinese behind."""
    translation.activate(django_settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _broker_is_tried(monkeypatch):
    """A broker that did not answer in another test is not left alone in this one."""
    monkeypatch.setattr("jobs.messages._silent_until", 0.0)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Ids come again after a test: what another found done says nothing of this one."""
    NothingLeft.forget()


@pytest.fixture(autouse=True, scope="session")
def _plain_static_files():
    """No collectstatic needed to render a page, and no slow password hashing."""
    with override_settings(**plain_settings()):
        yield


@pytest.fixture(scope="session")
def _collected_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collected")
    with override_settings(STORAGES=STORAGES, STATIC_ROOT=folder):
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


@pytest.fixture
def collected(_plain_static_files, _collected_once, settings):
    """The folder of collected static files, which pages of this test refer to."""
    settings.STORAGES = STORAGES
    settings.STATIC_ROOT = _collected_once
    return _collected_once
