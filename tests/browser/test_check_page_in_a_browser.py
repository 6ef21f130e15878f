"""The page of a check in a real browser: on a desk, on a phone, in the dark, on paper, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from agent.audit import Audit
from agent.page import page, write
from hustings.declared import Declared, Domain
from hustings.verdicts import Result
from policies import pack as packs
from policies.examples import run
from tests.browser.test_pages_in_a_browser import CONTRAST, WIDTHS


def audit(wanted: tuple[str, ...], area: str = "") -> Audit:
    """An audit in which every check of an area got, of its examples, the first with one of these verdicts."""
    pack = packs.shipped()
    results: list[Result] = []
    for check in pack.checks:
        example = next((one for word in wanted for one in check.examples if one.verdict == word), None)
        if check.scope == "machine" and check.area.startswith(area) and example is not None:
            results.append(run(check, example))
    declared = Declared(roles=("domain",), domains=(Domain("a-rather-long-name.of-a-campaign.example"),))
    return Audit("a-rather-long-name.of-a-campaign.example", datetime(2026, 11, 22, tzinfo=UTC), 1.0, declared, pack,
                 {}, results, (), {})


AUDITS = {"all wrong": ("fail",), "all good": ("pass",), "nothing seen": ("unknown",)}


@pytest.mark.parametrize(("name", "language"), [("all wrong", "en"), ("all wrong", "fr"), ("all good", "en"),
                                                ("nothing seen", "fr")])
def test_the_page_of_a_domain_is_readable_everywhere_and_prints_on_one_sheet(browser: Browser, tmp_path: Path,
                                                                             name: str, language: str) -> None:
    file = tmp_path / "page.html"
    write(page(audit(AUDITS[name], "domains"), language), file)
    for width, scheme in zip(WIDTHS, ("light", "dark"), strict=True):
        context = browser.new_context(viewport={"width": width, "height": 900},
                                      color_scheme="dark" if scheme == "dark" else "light")
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("console", lambda message, into=complaints: into.append(message.text))
        opened.on("request", lambda request, into=complaints: into.append(request.url))
        opened.goto(file.as_uri())
        assert complaints == [file.as_uri()]
        opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.evaluate(CONTRAST) == []
        context.close()
    assert _sheets(browser, file) == 1


def test_a_whole_machine_prints_on_one_sheet_too(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    write(page(audit(("fail", "unknown", "pass")), "fr"), file)
    assert _sheets(browser, file) == 1


def _sheets(browser: Browser, file: Path) -> int:
    opened = browser.new_page()
    opened.goto(file.as_uri())
    printed = opened.pdf(prefer_css_page_size=True)
    opened.close()
    return printed.count(b"/Type /Page\n") or printed.count(b"/Type /Page") - printed.count(b"/Type /Pages")
