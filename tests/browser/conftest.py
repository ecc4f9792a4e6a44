"""The system's Chromium through Playwright; no browser is downloaded."""

import os

import pytest

from tests.browser.kept import KeptPages, Listeners
from tools.servers import find_chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# For whatever a page is to show or to do, on a busy machine.
TIMEOUT_MS = 15_000
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


@pytest.fixture(scope="package")
def chromium():
    """One browser for all tests of this folder; its event loop is gone before the next folder's tests start."""
    program = find_chromium(install=False)
    if program is None:
        reason = "No Chromium is in /usr/bin: apt-get install chromium-headless-shell"
        if CI:
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=TIMEOUT_MS)
    # Playwright keeps an event loop running in this thread, and Django takes that for async code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def complaints():
    """What the console of every page said: errors, warnings, refused content (CSP). A test ends with none."""
    said = []
    yield said
    assert said == []


@pytest.fixture(scope="package")
def kept_pages(chromium, live_server):
    kept = KeptPages(chromium, live_server.url, TIMEOUT_MS)
    yield kept
    kept.close()


@pytest.fixture
def new_page(kept_pages, live_server, complaints):
    """Opens a page of a browser of its own (no shared cookies); options as for Playwright's new_context."""
    taken = []

    def complain_of_console(message):
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def complain_of_error(error):
        complaints.append(str(error))

    def open_page(**options):
        page = kept_pages.take(options)
        taken.append((page, options, Listeners(page)))
        page.on("console", complain_of_console)
        page.on("pageerror", complain_of_error)
        return page

    yield open_page
    for page, options, listeners in taken:
        listeners.remove_new()
        kept_pages.give_back(page, options)
