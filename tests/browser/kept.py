"""Pages that tests of this folder use one after another. Each test finds a page as if nobody had been there.

To start a page, its process and its scripts takes more of the processor than what many tests do with it. Files that it
fetched and code that it compiled stay. Cookies, stored values, routes, listeners, other tabs and what was emulated go;
a page that is offline or whose clock a test holds is closed. Init scripts and permissions would stay: no test gives any.
"""

import json
from typing import Any

from playwright.sync_api import Browser, Error, Page

from tools.accessibility.checks import keep_axe

# Of a page at the start. They are set on the page, so that one serves tests with windows of any size, in either theme.
WINDOW = {"width": 1280, "height": 720}
MEDIA = {
    "color_scheme": "light",
    "reduced_motion": "no-preference",
    "forced_colors": "none",
    "contrast": "no-preference",
}
# A page of the site without scripts or styles; one elsewhere would need a process of its own.
SMALL = "/static/annotations/erased.js"
# And whether time and connection are those of everybody.
FORGET = "localStorage.clear(); sessionStorage.clear(); navigator.onLine && !('__pwClock' in globalThis)"


class KeptPages:
    """One idle page for each set of options that tests asked for."""

    def __init__(self, chromium: Browser, server: str, timeout_ms: int) -> None:
        self.chromium, self.server, self.timeout_ms = chromium, server, timeout_ms
        self.idle: dict[str, Page] = {}

    def take(self, options: dict[str, Any]) -> Page:
        """Return a page of a context that nobody else has; options as for new_context."""
        page = self.idle.pop(_key(options), None) or self._new_page(options)
        page.context.set_default_timeout(self.timeout_ms)
        page.set_viewport_size(options.get("viewport", WINDOW))
        page.emulate_media(media="null", **{name: options.get(name, plain) for name, plain in MEDIA.items()})
        return page

    def _new_page(self, options: dict[str, Any]) -> Page:
        context = self.chromium.new_context(base_url=self.server, **_of_context(options))
        if options.get("bypass_csp"):
            keep_axe(context)
        return context.new_page()

    def give_back(self, page: Page, options: dict[str, Any]) -> None:
        """Keep the page for another test, or close it where it cannot be as it was."""
        key = _key(options)
        can_forget = not page.is_closed() and options.get("java_script_enabled", True) and key not in self.idle
        if can_forget and _forgets(page, self.server):
            self.idle[key] = page
        else:
            page.context.close()

    def close(self) -> None:
        for page in self.idle.values():
            page.context.close()


def _forgets(page: Page, server: str) -> bool:
    """Whether nothing is left of the test."""
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    try:
        page.goto(server + SMALL)
        is_as_before = bool(page.evaluate(FORGET))
    except Error:
        return False
    # What a test routed stays until its page is gone, so that nothing it held back reaches the next test's rows.
    context.unroute_all(behavior="ignoreErrors")
    page.unroute_all(behavior="ignoreErrors")
    page.mouse.move(-1, -1)
    context.clear_cookies()
    return is_as_before


def _of_context(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "viewport" and name not in MEDIA}


def _key(options: dict[str, Any]) -> str:
    return json.dumps(_of_context(options), sort_keys=True)


class Listeners:
    """Those of a page, to take away what a test adds."""

    def __init__(self, page: Page) -> None:
        self.emitter = page._impl_obj
        self.before = self._now()

    def _now(self) -> list[tuple[str, Any]]:
        return [(event, one) for event in self.emitter.event_names() for one in self.emitter.listeners(event)]

    def remove_new(self) -> None:
        for event, listener in self._now():
            if (event, listener) not in self.before:
                self.emitter.remove_listener(event, listener)
