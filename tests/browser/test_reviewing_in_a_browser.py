"""A reviewer's queue in a real browser: from signing in to a false alarm that the office decides on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.demo import HIDDEN, Demo
from tests.browser.scenes.reviewers import CAMPAIGN, FIRM
from tests.browser.test_every_page_in_a_browser import AXE, SOUND, UNNAMED_FIELDS, WIDE
from tests.browser.test_pages_in_a_browser import CONTRAST, STRUCTURE, opened

WORDS = {
    "en": {"queue": "Reviewer's queue", "leave": "Leave this client", "claim": "Call it a false alarm",
           "why": "Why nothing is wrong", "hand": "Hand it to the office", "said": "Said to be a false alarm",
           "decide": "Your decision, in words", "agree": "It is a false alarm", "agreed": "Agreed to be a false alarm",
           "seen": "What they looked at"},
    "fr": {"queue": "File du réviseur", "leave": "Quitter ce client", "claim": "Signaler une fausse alerte",
           "why": "Pourquoi il n’y a pas de problème", "hand": "Transmettre au bureau",
           "said": "Signalé comme fausse alerte", "decide": "Votre décision, en mots",
           "agree": "C’est une fausse alerte", "agreed": "Reconnu comme fausse alerte",
           "seen": "Ce qui a été consulté"}}


@pytest.fixture(scope="module")
def reviewer(browser: Browser, demo: Demo) -> Iterator[StorageState]:
    """The state of a browser in which rita is signed in."""
    port = demo.url.rpartition(":")[2]
    link = json.loads(demo.server.run("login-link", "--person", "rita", "--tenant", FIRM, "--port", port, "--format",
                                      "json").stdout)["url"]
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    assert "/review" in page.url
    yield context.storage_state()
    context.close()


def looked_at(page: Page, language: str) -> None:
    """Nothing that axe, or the checks beside it, complain about at either width, in the light and the dark."""
    page.set_viewport_size({"width": 1280, "height": 900})
    found = {"structure": page.evaluate(STRUCTURE), "axe at 1280": page.evaluate(AXE),
             "fields": page.evaluate(UNNAMED_FIELDS), "leaks": HIDDEN.lower() in page.content().lower()}
    page.set_viewport_size({"width": 375, "height": 900})
    found |= {"axe at 375": page.evaluate(AXE), "wide": page.evaluate(WIDE)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = page.evaluate(CONTRAST)
    page.emulate_media(color_scheme="light")
    assert found == {"structure": {**SOUND, "lang": language}, "axe at 1280": [], "axe at 375": [], "fields": [],
                     "leaks": False, "wide": False, "dark": []}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_reviewers_pages_are_for_everybody(browser: Browser, demo: Demo, reviewer: StorageState,
                                             language: str) -> None:
    context = browser.new_context(storage_state=reviewer, bypass_csp=True)
    context.add_init_script(path=str(AXE_FILE_PATH))
    page = context.new_page()
    page.goto(f"{demo.url}/{language}/review")
    looked_at(page, language)
    page.locator("tbody button").first.click()
    assert f"/{language}/findings/" in page.url
    looked_at(page, language)
    assert "registry" not in page.locator("main").inner_text()
    page.get_by_role("button", name=WORDS[language]["leave"]).click()
    assert page.url == f"{demo.url}/{language}/review"
    context.close()


@pytest.mark.parametrize(("language", "width", "at"), [("en", 1280, 0), ("fr", 375, 1)])
def test_a_false_alarm_from_the_queue_to_the_offices_decision(browser: Browser, demo: Demo, reviewer: StorageState,
                                                              signed_in: StorageState, language: str, width: int,
                                                              at: int) -> None:
    words = WORDS[language]
    with opened(browser, reviewer, width) as page:
        page.goto(f"{demo.url}/{language}/review")
        assert page.get_by_role("heading", level=1).inner_text() == words["queue"]
        assert CAMPAIGN in page.locator(".clients").inner_text()
        page.locator("tbody button").nth(at).click()
        place = page.url.partition("#")[0]
        assert f"/{language}/findings/" in place
        page.get_by_text(words["claim"]).first.click()
        page.get_by_label(words["why"]).fill("The vendor supports it until 2028, by contract.")
        page.get_by_role("button", name=words["hand"]).click()
        assert words["said"] in page.locator("main").inner_text()
    with opened(browser, signed_in, width) as page:
        page.goto(place)
        assert "rita@acme" in page.locator("main").inner_text()
        page.get_by_label(words["decide"]).fill("We saw the contract.")
        page.get_by_role("button", name=words["agree"]).click()
        assert words["agreed"] in page.locator("main").inner_text()
        page.goto(f"{demo.url}/{language}/office/engagements/1")
        assert place.removeprefix(demo.url) in page.locator("main").inner_text()
        assert words["seen"] in page.locator("main").inner_text()
