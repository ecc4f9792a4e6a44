"""The page of the API: what docs/decisions/api-page.md says of it."""

import pytest
from django.urls import reverse

from tests.browser.test_accessibility import SCREENS, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("screen", SCREENS)
def test_the_page_fits_and_is_accessible(new_page, screen):
    page = new_page(bypass_csp=True, **screen)  # the policy allows no script from elsewhere, and axe is one
    page.goto(reverse("api-docs"))
    page.locator("details").evaluate_all("all => all.forEach(details => details.open = true)")
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["viewport"]["width"]


def test_the_page_follows_the_readers_colours_and_needs_no_script(new_page):
    shades = []
    for scheme in ("light", "dark"):
        page = new_page(java_script_enabled=False, color_scheme=scheme)
        page.goto(reverse("api-docs"))
        # A script of Playwright's own runs in a page whose scripts are off.
        shades.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert page.get_by_role("heading", name="POST /api/v1/runs", exact=True).is_visible()
    assert shades[0] != shades[1]
