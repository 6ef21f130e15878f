"""Every page in both languages, on a desk and on a phone, in light and dark: WCAG 2.2 AA by axe-core, and what axe
does not measure.

One visit of a page answers everything that is asked of it. Pages run no script; axe runs in a browser that is told to
leave the content security policy aside, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from litestar.handlers import HTTPRouteHandler
from playwright.sync_api import Browser, Page, StorageState

from server.app import discovered
from tests.browser.demo import HIDDEN, Demo
from tests.browser.pages import ELSEWHERE, EVERY, NOT_PAGES, PAGES, address
from tests.browser.test_pages_in_a_browser import CONTRAST, STRUCTURE

AXE = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
    rules: {'target-size': {enabled: true}}});
  return found.violations.map(one => `${one.id}: ` + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)));
}"""
WIDE = "document.documentElement.scrollWidth > innerWidth"
UNNAMED_FIELDS = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => !one.labels.length && !one.ariaLabel && !one.getAttribute('aria-labelledby'))
  .map(one => one.outerHTML.slice(0, 120))"""
SOUND = {"h1": 1, "skipped": 0, "repeated": [], "dangling": [], "broken": [], "landmarks": [], "tables": 0,
         "wide": False, "unnamed": 0, "images": 0, "inline": 0}


def _routes() -> Iterator[str]:
    for handler in discovered():
        if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods:
            yield from (path.removeprefix("/{language:str}") for path in handler.paths if path != "/")


def test_every_page_of_the_product_is_looked_at() -> None:
    pages = {route for route in _routes() if "." not in route.rpartition("/")[2].partition("{")[0]
             and route not in NOT_PAGES and not route.endswith(("preview.pdf", ".csv", ".json", ".ics"))}
    assert pages - set(ELSEWHERE) == {route for route, _ in PAGES.values()}
    assert set(ELSEWHERE) <= pages


@pytest.fixture(scope="module")
def looking(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """One window for all pages, in which axe may run."""
    context = browser.new_context(storage_state=signed_in, bypass_csp=True)
    context.add_init_script(path=str(AXE_FILE_PATH))
    page = context.new_page()
    yield page
    context.close()


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_page_is_for_everybody(looking: Page, demo: Demo, name: str, language: str) -> None:
    page = looking
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", forced_colors="none")
    answer = page.goto(address(demo, name, language))
    assert answer is not None
    assert answer.status == 200
    found: dict[str, Any] = {"structure": page.evaluate(STRUCTURE), "axe at 1280": page.evaluate(AXE),
                             "fields": page.evaluate(UNNAMED_FIELDS), "title": page.title().count(" · Hustings"),
                             "leaks": HIDDEN.lower() in page.content().lower()}
    page.evaluate("document.querySelectorAll('details').forEach((one, at) => { if (at < 30) one.open = true; })")
    for width in (640, 375, 320):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(WIDE):
            found[f"wider than {width}"] = True
        if width == 375:
            found["axe at 375"] = page.evaluate(AXE)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    found["contrast in the dark"] = page.evaluate(CONTRAST)
    assert found == {"structure": {**SOUND, "lang": language}, "axe at 1280": [], "axe at 375": [], "fields": [],
                     "title": 1, "leaks": False, "contrast in the dark": []}
    assert not said
