"""A failure is accepted by two people, each in a browser of their own, by keyboard alone; the trail shows both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page

from tests.browser.demo import Demo
from tests.browser.test_journeys_in_a_browser import follow, press, reach, write


def as_person(browser: Browser, demo: Demo, name: str) -> Page:
    """Somebody who followed their one-time link."""
    page = browser.new_context().new_page()
    page.goto(demo.link(name))
    return page


def test_an_exception_by_two_people(browser: Browser, demo: Demo) -> None:
    ann, bob = (as_person(browser, demo, name) for name in ("ann", "bob"))
    until = datetime.now(UTC) + timedelta(days=30)

    ann.goto(f"{demo.url}/en/exceptions")
    follow(ann, "Ask for a failure to be accepted")
    write(ann, "Control", "LOG-01")
    write(ann, "Why", "The log server is on order.")
    write(ann, "What protects meanwhile", "Logs are copied by hand every Friday.")
    write(ann, "Who answers for it", "The deputy clerk")
    reach(ann, ann.get_by_label("Last day"))
    ann.keyboard.type(f"{until:%m%d%Y}")
    press(ann, "Ask a second person")
    assert "/office/decisions/" in ann.url
    place = ann.url.rpartition("/en")[2]
    assert ann.get_by_text("Waits for a second person").is_visible()
    assert ann.get_by_role("button", name="Approve").count() == 0

    ann.goto(f"{demo.url}/en/exceptions")
    assert ann.locator("main").get_by_text("The log server is on order.").count() == 0

    bob.goto(f"{demo.url}/fr/office")
    follow(bob, "Décisions à deux personnes")
    bob.locator(f'a[href="/fr{place}"]').first.wait_for()
    follow(bob, bob.locator(f'a[href="/fr{place}"]').first)
    assert bob.get_by_text("Logs are copied by hand every Friday.").is_visible()
    write(bob, "Un mot à ce sujet", "Vu avec le fournisseur ce matin.")
    press(bob, "Approuver")
    assert bob.get_by_text("Approuvé et fait").is_visible()

    ann.goto(f"{demo.url}/en/exceptions")
    assert ann.locator("main").get_by_text("The log server is on order.").is_visible()
    ann.goto(f"{demo.url}/en/office/audit?person=bob")
    assert ann.locator("main").get_by_text("bob approved the request").first.is_visible()
    for page in (ann, bob):
        page.context.close()


def test_who_asked_cannot_approve_and_the_page_says_who_can(browser: Browser, demo: Demo) -> None:
    bob = as_person(browser, demo, "bob")
    bob.goto(f"{demo.url}/en/office/decisions")
    shown = bob.locator("main").inner_text()
    assert "You asked for it: another person decides." in shown
    bob.context.close()
