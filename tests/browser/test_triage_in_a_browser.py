"""An IT person works through what fails: by keyboard, on a desk in English and on a phone in French."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser.demo import Demo
from tests.browser.test_journeys_in_a_browser import follow, press, reach, write
from tests.browser.test_pages_in_a_browser import opened

SAID = {
    "en": {"search": "Search in findings", "show": "Show", "ack": "Acknowledge", "give": "Give it", "to": "Give it to",
           "seen": "Acknowledged", "comment": "Your comment", "send": "Comment", "several": "Comment …",
           "yes": re.compile("Yes, for all 2"), "done": "2 findings"},
    "fr": {"search": "Chercher dans les constatations", "show": "Montrer", "ack": "Prendre acte", "give": "Confier",
           "to": "Confier à", "seen": "Prise en compte", "comment": "Votre commentaire", "send": "Commenter",
           "several": "Commenter…", "yes": re.compile("Oui, pour les 2"), "done": "2 constatations"},
}


@pytest.mark.parametrize(("language", "width", "word"), [("en", 1280, "log"), ("fr", 375, "journal")])
def test_findings_are_narrowed_opened_acknowledged_given_out_and_commented(
        browser: Browser, demo: Demo, signed_in: StorageState, language: str, width: int, word: str) -> None:
    said = SAID[language]
    with opened(browser, signed_in, width) as page:
        page.goto(f"{demo.url}/{language}/findings?state=open&machine={demo.machines[1]}")
        before = page.locator(".list > li").count()
        write(page, said["search"], word)
        press(page, said["show"])
        after = page.locator(".list > li").count()
        assert 2 < after <= before
        follow(page, page.locator(".list h3 a").first)
        place = page.url
        press(page, said["ack"])
        assert page.locator(".top-facts").get_by_text(said["seen"]).is_visible()
        page.get_by_label(said["to"], exact=True).select_option(label="ann")
        reach(page, page.get_by_role("button", name=said["give"], exact=True))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        write(page, said["comment"], "Looked at it <b>today</b>")
        reach(page, page.get_by_role("button", name=said["send"], exact=True))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url.split("#")[0] == place.split("#")[0]
        assert page.locator(".story").get_by_text("Looked at it <b>today</b>").is_visible()

        page.goto(f"{demo.url}/{language}/findings?state=open&machine={demo.machines[1]}&q={word}")
        for number in (0, 1):
            reach(page, page.locator(".list input[type=checkbox]").nth(number))
            page.keyboard.press("Space")
        press(page, said["several"])
        write(page, said["comment"], "Both this week")
        reach(page, page.get_by_role("button", name=said["yes"]))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert said["done"] in page.get_by_role("status").inner_text()
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
