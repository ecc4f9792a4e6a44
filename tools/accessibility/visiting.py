"""Opens pages as their visitors do, in a language and a theme."""

from collections.abc import Callable, Iterator

from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from tools.accessibility.checks import DESK, OF_LAYOUT, OPEN_ALL, PHONE, ZOOMED, Fault, broken_rules, cut_off, keep_axe
from tools.accessibility.site import Place, Site
from tools.accessibility.views import THEMES, View

TIMEOUT_MS = 60_000


class Visitors:
    """A browser's pages, one for each visitor, kept from place to place."""

    def __init__(self, new_context: Callable[..., BrowserContext], server: str, site: Site) -> None:
        self.new_context, self.server, self.site = new_context, server, site
        self.pages: dict[str, Page] = {}

    def open(self, place: Place, view: View) -> Page:
        """Open a page on a desk, with all that can be opened open, and every chart drawn."""
        page = self.pages.get(place.visitor) or self._new_page(place.visitor)
        language = {"name": settings.LANGUAGE_COOKIE_NAME, "value": view.language, "url": self.server}
        page.context.add_cookies([language])  # type: ignore[list-item]
        page.emulate_media(color_scheme=view.theme)  # type: ignore[arg-type]
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        page.goto(f"{self.server}{place.address}", wait_until="load")
        if place.keys:
            page.locator("[data-pair][data-ready]").wait_for()
        for key in place.keys:
            page.keyboard.press(key)
        page.evaluate(OPEN_ALL)
        for figure in page.locator("figure[data-spec]").all():
            figure.scroll_into_view_if_needed()
            figure.locator(".chart-live svg").wait_for()
        return page

    def _new_page(self, visitor: str) -> Page:
        # The policy of the site allows no script from elsewhere, and axe is one.
        context = self.new_context(bypass_csp=True, reduced_motion="reduce")
        keep_axe(context)
        context.set_default_timeout(TIMEOUT_MS)
        cookies = self.site.cookies[visitor]
        context.add_cookies(
            [{"name": name, "value": morsel.value, "url": self.server} for name, morsel in cookies.items()]
        )
        self.pages[visitor] = context.new_page()
        return self.pages[visitor]


def look_once(visitors: Visitors, place: Place, view: View) -> Iterator[Fault]:
    """Look at a page in one language with one load: on a desk in one theme, zoomed, and on a phone in the other theme."""
    page = visitors.open(place, view)
    yield from _faults(f"{view.language} {view.theme}", broken_rules(page))
    yield from _faults(f"{view.language} zoomed", cut_off(page, ZOOMED))
    yield from _faults(f"{view.language} phone", cut_off(page, PHONE))
    other = THEMES[view.theme == THEMES[0]]
    page.emulate_media(color_scheme=other)  # type: ignore[arg-type]
    yield from _faults(f"{view.language} phone {other}", broken_rules(page, OF_LAYOUT))


def _faults(where: str, faults: list[str]) -> list[Fault]:
    return [Fault(where, what) for what in faults]
