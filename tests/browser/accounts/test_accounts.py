"""An administrator invites a researcher, who chooses a password, makes a study, and changes the password."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from accounts.rights import role_on_site
from annotations.models import Study
from tests.accounts.helpers import NEW, PASSWORD, account
from tests.browser.test_accessibility import violations
from tests.factories import make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK = {"viewport": {"width": 1366, "height": 650}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark"}


@pytest.fixture
def open_page(new_page):
    # The policy of the site allows no script from elsewhere, and axe is one.
    return lambda **options: new_page(bypass_csp=True, **options)


def is_well(page):
    page.wait_for_load_state("domcontentloaded")
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def log_in(page, name, password):
    page.goto("/login/")
    is_well(page)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def invite(page):
    page.get_by_role("link", name="Accounts").click()
    is_well(page)
    page.get_by_label("Mail address").fill("maya@example.org")
    page.get_by_label("Researcher: Works with").check()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("heading", name="The link of the invitation")).to_be_visible()
    is_well(page)
    return page.locator("input.one-time").input_value()


def accept(page, link):
    page.goto(link)
    expect(page.get_by_label("Name")).to_have_value("maya")
    is_well(page)
    page.get_by_label("Password", exact=False).first.fill(NEW)
    page.get_by_label("Password again").fill("another one")
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_label("Password again")).to_have_attribute("aria-invalid", "true")
    is_well(page)
    page.locator("[name=password1]").fill(NEW)
    page.locator("[name=password2]").fill(NEW)
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_text("Welcome, maya.")).to_be_visible()


def make_a_study(page, model):
    """Step by step; each is left when the page has looked at what was filled in."""
    page.goto("/studies/new/")
    page.get_by_label("Title").fill("Our own study")
    page.get_by_label("Short name").fill("own")
    page.get_by_label("Dataset").select_option(model.dataset.name)
    press(page, "Next: Who")
    for system in model.systems.all():
        page.get_by_role("checkbox", name=system.slug, exact=True).check()
    press(page, "Next: How")
    press(page, "Next: When")
    press(page, "Create and open")
    expect(page.get_by_role("heading", name="Our own study")).to_be_visible()


def press(page, name):
    expect(page.locator("[data-live]")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name=name).click()


def change_password(page):
    page.get_by_role("link", name="maya").click()
    expect(page.get_by_role("link", name="Our own study")).to_be_visible()
    is_well(page)
    page.get_by_role("link", name="Change password").click()
    page.get_by_label("Current password").fill(NEW)
    page.get_by_label("New password", exact=False).first.fill("third time lucky 3")
    page.get_by_label("New password again").fill("third time lucky 3")
    is_well(page)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your new password is set.")).to_be_visible()


def test_from_an_invitation_to_a_study_and_a_new_password(open_page, complaints):
    model = make_study(systems=2, documents=2)
    account("administrator", username="root")
    desk, phone, stranger = open_page(**DESK), open_page(**PHONE), open_page(**DESK)
    log_in(desk, "root", PASSWORD)
    link = invite(desk)
    accept(phone, link)
    assert role_on_site(User.objects.get(username="maya")) == "researcher"
    make_a_study(phone, model)
    assert Study.objects.get(slug="own").memberships.get().user.username == "maya"
    change_password(phone)
    log_in(stranger, "maya", "third time lucky 3")
    expect(stranger.get_by_role("link", name="maya")).to_be_visible()
    stranger.goto("/accounts/")
    expect(stranger.get_by_role("heading", name="Your account cannot open this page")).to_be_visible()
    desk.goto(f"/accounts/{User.objects.get(username='maya').pk}/")
    expect(desk.get_by_role("cell", name="accepted an invitation")).to_be_visible()
    is_well(desk)
    desk.get_by_role("button", name="Deactivate").click()
    expect(desk.get_by_text("The change is saved.")).to_be_visible()
    phone.goto("/account/")
    expect(phone.get_by_role("heading", name="Log in")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_role("heading", name="This invitation does not work")).to_be_visible()
    is_well(phone)
    # The pages that refused are answered with 403 and 410, which the console names.
    assert all("40" in text or "410" in text for text in complaints)
    complaints.clear()
