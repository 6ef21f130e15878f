"""Every page, in both languages, on a desk and on a phone, with JavaScript off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pyotp
import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.demo import Demo, password_file
from tests.browser.pages import address

WIDTHS = (1280, 375)
LANGUAGES = ("en", "fr")

STOPS = ("a", "button", "summary", "input", "select", "textarea", "[tabindex='0']")
"""What the keyboard stops at."""

CONTRAST = """() => {
  const channel = c => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const behind = node => { for (let at = node; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour; }
    return [255, 255, 255]; };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    if (style.visibility === 'hidden') continue;
    const ink = parse(node.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ratio = (a + .05) / (b + .05);
    if (ratio < needed) poor.push(`${walker.currentNode.data.trim().slice(0, 40)}: ${ratio}`);
  }
  return poor;
}"""
STRUCTURE = """() => {
  const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]));
  const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
  return {
    h1: levels.filter(level => level === 1).length,
    skipped: levels.filter((level, at) => at && level > levels[at - 1] + 1).length,
    repeated: ids.filter((id, at) => ids.indexOf(id) !== at),
    dangling: [...document.querySelectorAll('[aria-labelledby]')].map(one => one.getAttribute('aria-labelledby'))
      .filter(id => !document.getElementById(id)),
    broken: [...document.querySelectorAll('a[href^="#"]')].map(one => one.getAttribute('href').slice(1))
      .filter(id => !document.getElementById(id)),
    landmarks: ['header', 'main', 'footer'].filter(name => document.querySelectorAll(`body > ${name}`).length !== 1),
    tables: [...document.querySelectorAll('table')].filter(one => !one.caption || !one.querySelector('th[scope=col]'))
      .length,
    lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth > innerWidth,
    unnamed: [...document.querySelectorAll('a, button, summary')].filter(one => !one.textContent.trim()).length,
    images: [...document.querySelectorAll('svg:not([aria-hidden=true])')].filter(one => !one.ariaLabel).length,
    inline: document.querySelectorAll('[style], script, style').length,
  };
}"""


@contextmanager
def opened(browser: Browser, state: StorageState | None, width: int, scheme: str = "light") -> Iterator[Page]:
    """A page that fails the test on any message to the console: a violation of the policy is one."""
    context = browser.new_context(viewport={"width": width, "height": 900}, storage_state=state,
                                  java_script_enabled=False, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"{request.failure}: {request.url}"))
    yield page
    context.close()
    left = ("status of 404", "net::ERR_ABORTED")  # a missing page, and what a click left behind unloaded
    assert not [one for one in said if not any(word in one for word in left)]


def test_what_is_not_there_is_a_page_too(browser: Browser, demo: Demo, signed_in: StorageState) -> None:
    with opened(browser, signed_in, 375, "dark") as page:
        answer = page.goto(f"{demo.url}/fr/nothing-here")
        assert answer is not None
        assert answer.status == 404
        assert page.evaluate(CONTRAST) == []
        found = page.evaluate(STRUCTURE)
        assert (found["h1"], found["lang"], found["wide"], found["landmarks"]) == (1, "fr", False, [])


@pytest.mark.parametrize("name", ["scorecard", "machines", "access", "rights", "plan", "method", "calendar", "election",
                                  "publish", "public version", "trend", "what if"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, demo: Demo, signed_in: StorageState,
                                                               name: str) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.goto(address(demo, name, "en"))
        wanted = page.locator(", ".join(f"{one}:visible" for one in STOPS)).count()
        reached: list[str] = []
        for _ in range(3 * wanted + 1):
            page.keyboard.press("Tab")
            at = page.evaluate("""() => { const at = document.activeElement; const style = getComputedStyle(at);
              return [at.tagName, at.outerHTML.slice(0, 200), style.outlineStyle, parseFloat(style.outlineWidth)]; }""")
            if at[0] == "BODY":
                break
            assert (at[2], at[3] >= 2) == ("solid", True), at[1]
            if at[1] not in reached[-1:] or 'type="date"' not in at[1]:  # a date has a stop for each of its parts
                reached.append(at[1])
        assert 'class="skip"' in reached[0]
        assert len(reached) == wanted


def test_the_skip_link_leads_past_the_navigation(browser: Browser, demo: Demo, signed_in: StorageState) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.goto(f"{demo.url}/en/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("name", ["scorecard", "machines", "registry", "access", "rights", "plan", "method"])
def test_the_language_switch_keeps_the_page(browser: Browser, demo: Demo, signed_in: StorageState, name: str) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.goto(address(demo, name, "en"))
        page.get_by_role("link", name="Français").click()
        assert page.url == address(demo, name, "fr")
        page.get_by_role("link", name="English").click()
        assert page.url == address(demo, name, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scorecard_prints_on_one_page(browser: Browser, demo: Demo, signed_in: StorageState, language: str) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.goto(f"{demo.url}/{language}/")
        pdf = page.pdf(prefer_css_page_size=True)
        assert pdf.count(b"/Type /Page\n") == 1


def test_an_official_can_read_and_follow_the_scorecard(browser: Browser, demo: Demo, signed_in: StorageState) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.goto(f"{demo.url}/en/")
        assert page.get_by_role("heading", level=1).inner_text() == "Cyber-hygiene scorecard"
        assert page.locator(".question").count() == 5
        assert page.locator(".first > li").count() == 3
        assert "200 days" in page.locator(".vote").inner_text()
        assert "annex-desk" in page.locator("main").inner_text()
        assert "A vendor" in page.locator("main").inner_text()
        page.locator(".first a[href*='/machines/']").first.click()
        page.wait_for_url("**/en/machines/*")
        page.locator(".body:target").wait_for(state="visible")  # the result that the link names is unfolded


def test_the_picture_scrolls_in_its_own_box_and_keeps_the_names_of_its_objects(
        browser: Browser, demo: Demo, signed_in: StorageState) -> None:
    with opened(browser, signed_in, 375) as page:
        page.goto(address(demo, "rights", "en"))
        box = page.locator(".matrix").first
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        before = page.locator(".matrix tbody th").first.bounding_box()
        box.evaluate("box => box.scrollLeft = 200")
        assert page.locator(".matrix tbody th").first.bounding_box() == before
        size = page.locator(".matrix td .held").first.evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
        assert size >= 13


def test_a_wide_picture_prints_on_a_page_turned_sideways(browser: Browser, demo: Demo,
                                                         signed_in: StorageState) -> None:
    with opened(browser, signed_in, 1280) as page:
        for name, wide in (("rights", False), ("wide", True)):
            page.goto(f"{demo.url}/en/machines/{demo.machines[0]}/access/{'roll' if name == 'rights' else name}")
            sizes = set(re.findall(rb"/MediaBox \[0 0 (\d+) (\d+)\]", page.pdf(prefer_css_page_size=True)))
            assert ((b"792", b"612") in sizes) is wide


def test_an_it_person_reads_the_difference_and_signs_it(browser: Browser, demo: Demo,
                                                        signed_in: StorageState) -> None:
    with opened(browser, signed_in, 375) as page:
        page.goto(f"{demo.url}/en/access")
        page.get_by_role("link", name="mirror", exact=True).click()
        assert "exactly the rights that were declared" in page.locator(".sentences").inner_text()
        page.get_by_role("button", name="Sign as").click()
        assert page.get_by_text("Last signed by").count() == 0, "the box must be ticked first"
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Sign as").click()
        assert page.url.endswith("/access/mirror#review")
        assert "Good until" in page.locator(".review").inner_text()
        page.goto(f"{demo.url}/en/access")
        assert "Quarterly review: Signed" in page.locator("main").inner_text()


def test_a_stranger_signs_in_by_form_and_out_again(browser: Browser, demo: Demo) -> None:
    demo.run("user", "add", "clerk", "--role", "official", "--password-file", password_file(demo))
    with opened(browser, None, 375) as page:
        page.goto(f"{demo.url}/fr/plan")
        assert page.locator("html").get_attribute("lang") == "fr"
        assert page.evaluate(CONTRAST) == []
        page.get_by_label("Nom").fill("clerk@election-office")
        page.get_by_label("Mot de passe").fill("a long enough phrase")
        page.get_by_role("button", name="Connexion").click()
        assert page.url == f"{demo.url}/fr/account"
        page.get_by_role("link", name="Installer une application d’authentification").click()
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Confirmer").click()
        assert page.locator(".codes li").count() == 10
        page.goto(f"{demo.url}/fr/plan")
        assert page.url == f"{demo.url}/fr/plan"
        page.get_by_role("button", name="Se déconnecter").click()
        assert "/sign-in" in page.url
        page.goto(f"{demo.url}/fr/plan")
        assert "/sign-in" in page.url
