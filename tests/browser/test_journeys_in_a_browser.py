"""What people come for, by keyboard alone: every step is a Tab, a letter or Enter, and what has the focus is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState

from tests.browser.demo import Demo
from tests.browser.test_pages_in_a_browser import STRUCTURE, opened

AT = "wanted => wanted === document.activeElement"
SEEN = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1);
  const over = document.elementFromPoint(x, y);
  return [style.outlineStyle, parseFloat(style.outlineWidth) >= 2, !!over && (at.contains(over) || over.contains(at))];
}"""


def reach(page: Page, wanted: Locator, most: int = 400) -> None:
    """Tab until something has the focus: it is outlined and nothing lies over it (WCAG 2.4.7, 2.4.11)."""
    target = wanted.first.element_handle(timeout=5000)
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(AT, target):
            assert page.evaluate(SEEN) == ["solid", True, True], wanted
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def follow(page: Page, name: str | Locator) -> None:
    """Press Enter on a link, and wait for its page."""
    wanted = page.locator("main").get_by_role("link", name=name) if isinstance(name, str) else name
    reach(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press(page: Page, name: str) -> None:
    """Press a button that sends a form."""
    reach(page, page.get_by_role("button", name=name))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page: Page, label: str, text: str) -> None:
    reach(page, page.get_by_label(label))
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def sign_in(page: Page, demo: Demo, name: str, place: str) -> None:
    """By a one-time link; the form has journeys of its own in test_people_in_a_browser."""
    page.goto(demo.link(name))
    page.goto(demo.url + place)
    assert page.url == demo.url + place


def test_from_signing_in_to_the_first_thing_to_do_and_back(browser: Browser, demo: Demo) -> None:
    with opened(browser, None, 1280) as page:
        sign_in(page, demo, "ann", "/en/")
        assert page.get_by_role("heading", level=1).inner_text() == "Cyber-hygiene scorecard"
        follow(page, page.locator(".first a[href*='/machines/']"))
        assert "/en/machines/" in page.url
        follow(page, page.get_by_role("navigation", name="Main").get_by_role("link", name="Scorecard"))
        assert page.url == f"{demo.url}/en/"


def test_two_people_publish_by_keyboard(browser: Browser, demo: Demo) -> None:
    demo.run("publish", "prepare")
    number = max(int(line.split()[0]) for line in demo.run("publish", "list").splitlines()[1:])
    for name in ("ann", "bob"):
        with opened(browser, None, 1280) as page:
            sign_in(page, demo, name, "/en/publish")
            follow(page, f"No. {number} of")
            assert page.get_by_role("link", name="PDF, two pages").count() == 2
            reach(page, page.get_by_role("checkbox"))
            page.keyboard.press("Space")
            press(page, "Approve as")
            said = page.locator("main").inner_text()
            assert ("Another administrator or official does the rest" in said) is (name == "ann")
            if name == "bob":
                assert "Published on" in said
                for language in ("en", "fr"):
                    file = page.request.get(f"{demo.url}/{language}/published/{number}.pdf")
                    assert file.body().startswith(b"%PDF-")


def test_from_the_trend_to_a_day_and_the_report_behind_it(browser: Browser, demo: Demo,
                                                          signed_in: StorageState) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.goto(f"{demo.url}/en/trend")
        follow(page, page.locator("main a[href*='/days/']:visible"))
        assert "/en/days/" in page.url
        follow(page, page.locator("main a[href*='/reports/']:visible"))
        assert "sha256:" in page.locator("main").inner_text()


def test_from_the_plan_to_a_line_and_its_approval(browser: Browser, demo: Demo) -> None:
    with opened(browser, None, 1280) as page:
        sign_in(page, demo, "bob", "/en/plan")
        follow(page, page.locator("main a[href*='/plan/lines/']:visible"))
        assert "/en/plan/lines/" in page.url
        page.go_back()
        reach(page, page.get_by_role("checkbox"))
        page.keyboard.press("Space")
        press(page, "Approve")
        assert "bob" in page.locator("main").inner_text()


def test_an_election_is_added_by_keyboard(browser: Browser, demo: Demo) -> None:
    day = demo.today + timedelta(days=500)
    with opened(browser, None, 1280) as page:
        sign_in(page, demo, "ann", "/en/calendar")
        form = page.locator("form:has(input[name=first])").first
        reach(page, form.get_by_label("Name"))
        page.keyboard.type("Spring runoff")
        reach(page, form.locator("input[name=first]"))
        page.keyboard.type(f"{day:%m%d%Y}")
        reach(page, form.get_by_role("button", name="Add the election"))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{demo.url}/en/calendar")
        assert "Spring runoff" in page.locator("main").inner_text()


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 375)])
def test_an_equipment_list_is_looked_at_before_it_is_imported(browser: Browser, demo: Demo, signed_in: StorageState,
                                                              language: str, width: int) -> None:
    with opened(browser, signed_in, width) as page:
        page.goto(f"{demo.url}/{language}/plan/equipment")
        page.locator("input[type=file]").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": b"Item,What,Bought\nA-1,laptop,last spring\n"})
        with page.expect_navigation():
            page.locator("form:has(input[type=file]) button").click()
        assert "/plan/equipment/preview/" in page.url
        found = page.evaluate(STRUCTURE)
        assert (found["h1"], found["lang"], found["wide"], found["tables"], found["unnamed"], found["inline"]) == (
            1, language, False, 0, 0, 0)


@pytest.mark.parametrize("colours", ["active"])
def test_shapes_and_words_are_seen_in_forced_colours(browser: Browser, demo: Demo, signed_in: StorageState,
                                                     colours: str) -> None:
    with opened(browser, signed_in, 1280) as page:
        page.emulate_media(forced_colors="active")
        page.goto(f"{demo.url}/en/")
        for shape in page.locator("main svg:visible").all()[:12]:
            assert shape.evaluate("one => one.getBoundingClientRect().width > 0")
        lost = page.evaluate("""() => [...document.querySelectorAll('main svg .plate, main svg .sign')]
          .filter(one => getComputedStyle(one).stroke === getComputedStyle(document.body).backgroundColor).length""")
        assert lost == 0
