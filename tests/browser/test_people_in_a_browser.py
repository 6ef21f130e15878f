"""How people get in, in a real browser: an invitation, a passkey of Chromium's virtual authenticator, an authenticator
application, a session that is ended elsewhere, an account that was recovered."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.demo import Demo
from tests.browser.test_every_page_in_a_browser import AXE, WIDE

PHRASE = "seven unrelated quiet words"


@contextmanager
def at(browser: Browser, width: int = 1280) -> Iterator[Page]:
    """A browser window of one person, in which scripts run. What it says on its console fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert not [one for one in said if not re.search("status of 40[0134]", one)]


def named(demo: Demo) -> str:
    """The server by a name: passkeys have no addresses of numbers."""
    return demo.url.replace("127.0.0.1", "localhost")


def authenticator(page: Page) -> CDPSession:
    """A device with a screen lock, built into the browser."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})
    return session


def for_everybody(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the window. It is put in as a debugger does: the policy stays."""
    page.evaluate(Path(AXE_FILE_PATH).read_text("utf-8"))
    assert page.evaluate(AXE) == []
    assert page.evaluate(WIDE) is False


def invite(browser: Browser, demo: Demo, name: str, role: str = "official") -> str:
    """The administrator invites somebody on the page; the link."""
    with at(browser) as page:
        page.goto(demo.link().replace("127.0.0.1", "localhost"))
        page.goto(f"{named(demo)}/en/office/people")
        page.get_by_label("Name", exact=True).fill(name)
        page.locator("select#role").select_option(role)
        page.get_by_role("button", name="Invite", exact=True).click()
        link = page.locator("code.link-once").inner_text()
        page.goto(f"{named(demo)}/en/office/people")
        assert link not in page.content()
        return link


def accept(page: Page, link: str) -> None:
    """Choose a password."""
    page.goto(link)
    page.get_by_label("New password").fill(PHRASE)
    page.get_by_label("The same again").fill(PHRASE)
    page.get_by_role("button", name="Accept the invitation").click()


def fresh_code(secret: str, used: str) -> str:
    """The application's next code: one is never taken twice."""
    while (shown := pyotp.TOTP(secret).now()) == used:
        time.sleep(0.5)
    return shown


@pytest.mark.parametrize("width", [1280, 375])
def test_an_invitation_ends_in_a_passkey_that_signs_in(browser: Browser, demo: Demo, width: int) -> None:
    name = f"dora{width}"
    link = invite(browser, demo, name)
    with at(browser, width) as page:
        device = authenticator(page)
        page.goto(link)
        for_everybody(page)
        accept(page, link)
        assert page.url.endswith("/en/account")
        assert "Add a second factor to go on" in page.locator("main").inner_text()
        for_everybody(page)
        page.get_by_label("Name of the new passkey").fill("This laptop")
        page.get_by_role("button", name="Add a passkey").click()
        page.wait_for_selector(".codes li")
        assert page.locator(".codes li").count() == 10
        for_everybody(page)
        page.goto(f"{named(demo)}/en/account")
        assert "This laptop" in page.locator("main").inner_text()
        page.get_by_role("button", name="Sign out", exact=False).first.click()
        page.goto(f"{named(demo)}/en/machines")
        for_everybody(page)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{named(demo)}/en/machines")
        assert page.get_by_role("heading", level=1).is_visible()
        page.goto(link)
        assert "does not hold" in page.locator("main").inner_text()
        device.detach()


def test_without_a_device_the_browser_says_so_and_nothing_happens(browser: Browser, demo: Demo) -> None:
    with at(browser) as page:
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        page.goto(f"{named(demo)}/sign-in")
        page.evaluate(
            "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_selector("[data-failed]:visible")
        assert page.url == f"{named(demo)}/sign-in"


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (375, "fr")])
def test_an_authenticator_app_is_set_up_and_signs_in(browser: Browser, demo: Demo, width: int, language: str) -> None:
    name = f"emil{language}"
    link = invite(browser, demo, name, "staff")
    with at(browser, width) as page:
        accept(page, link)
        page.goto(f"{demo.url.replace('127.0.0.1', 'localhost')}/{language}/account/authenticator")
        for_everybody(page)
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        first = pyotp.TOTP(secret).now()
        page.locator("#code").fill(first)
        page.locator("main form button").click()
        codes = page.locator(".codes li").all_inner_texts()
        assert len(codes) == 10
        page.goto(f"{named(demo)}/{language}/account")
        page.locator("header form button").click()
        page.goto(f"{named(demo)}/{language}/machines")
        page.locator("#name").fill(f"{name}@election-office")
        page.locator("#password").fill(PHRASE)
        page.locator("form[action='/sign-in'] button").click()
        assert "/sign-in/second" in page.url
        for_everybody(page)
        page.locator("#code").fill(first)
        page.locator("form[action$='/code'] button").click()
        assert page.get_by_role("alert").first.is_visible()
        page.locator("#code").fill(fresh_code(secret, first))
        page.locator("form[action$='/code'] button").click()
        assert page.url == f"{named(demo)}/{language}/machines"
        page.goto(f"{named(demo)}/{language}/account")
        page.locator("header form button").click()
        page.locator("#name").fill(f"{name}@election-office")
        page.locator("#password").fill(PHRASE)
        page.locator("form[action='/sign-in'] button").click()
        page.locator("summary").click()
        page.locator("#recovery").fill(codes[0].lower())
        page.locator("form[action$='/recovery'] button").click()
        assert "/sign-in" not in page.url


def test_a_session_that_is_ended_elsewhere_says_so(browser: Browser, demo: Demo) -> None:
    with at(browser) as here, at(browser, 375) as there:
        for page in (here, there):
            page.goto(demo.link("ann"))
            page.goto(f"{demo.url}/en/account")
        rows = there.locator("section:has(#sessions) tbody tr")
        assert rows.filter(has_text="This one").count() == 1
        for_everybody(there)
        there.get_by_role("button", name="End all others").click()
        here.goto(f"{demo.url}/en/machines")
        assert "/sign-in" in here.url
        assert "ended from another place" in here.get_by_role("alert").inner_text()
        there.goto(f"{demo.url}/en/machines")
        assert there.url == f"{demo.url}/en/machines"


def test_a_recovered_account_is_told_to_everybody(browser: Browser, demo: Demo) -> None:
    link = invite(browser, demo, "fred")
    with at(browser) as page:
        device = authenticator(page)
        accept(page, link)
        page.get_by_label("Name of the new passkey").fill("phone")
        page.get_by_role("button", name="Add a passkey").click()
        page.wait_for_selector(".codes li")
        told = json.loads(demo.run("user", "recover", "fred", "--format", "json"))
        page.goto(f"{named(demo)}/en/machines")
        assert "recovered" in page.get_by_role("alert").inner_text()
        page.goto(named(demo) + "/invitation/" + told["url"].rpartition("/")[2])
        assert "Welcome, fred" in page.locator("main").inner_text()
        device.detach()
    link = invite(browser, demo, "gina")
    with at(browser, 375) as page:
        device = authenticator(page)
        accept(page, link)
        page.get_by_label("Name of the new passkey").fill("phone")
        page.get_by_role("button", name="Add a passkey").click()
        page.wait_for_selector(".codes li")
        page.goto(f"{named(demo)}/en/account")
        page.locator("header form button").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/account/news*")
        assert "The account of fred was recovered" in page.locator("main").inner_text()
        for_everybody(page)
        page.get_by_role("button", name="I have read it").click()
        page.goto(f"{named(demo)}/en/account/news")
        assert "/account/news" not in page.url
        device.detach()
