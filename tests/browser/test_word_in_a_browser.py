"""People vouch in a real browser: an attestation in French, a vendor's answer, evidence by a link. Axe-clean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page, StorageState

from tests.browser.demo import Demo
from tests.browser.scenes.word import SECRETS
from tests.browser.test_every_page_in_a_browser import AXE, WIDE


@contextmanager
def looked_at(browser: Browser, width: int, language: str, state: StorageState | None = None) -> Iterator[Page]:
    """A window in which axe may run."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=f"{language}-CA",
                                  storage_state=state, bypass_csp=True)
    context.add_init_script(path=str(AXE_FILE_PATH))
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[str]:
    found: list[str] = page.evaluate(AXE)
    return found


def test_an_attestation_is_made_in_french_with_a_file_and_withdrawn(
        browser: Browser, demo: Demo, signed_in: StorageState, tmp_path: Path) -> None:
    proof = tmp_path / "acceptation signée.pdf"
    proof.write_bytes(b"%PDF-1.7 signed")
    with looked_at(browser, 375, "fr", signed_in) as page:
        page.goto(f"{demo.url}/fr/office/attestations")
        page.get_by_role("link", name="Une personne nommée répond de la sécurité").click()
        page.get_by_label("Qui atteste").fill("Anne Greffière")
        page.get_by_label("Sa fonction").fill("Greffière")
        page.get_by_label("Date du fait").fill((demo.today - timedelta(days=1)).isoformat())
        for group in page.get_by_role("group").all():
            if group.get_by_label("Oui", exact=True).count():
                group.get_by_label("Oui", exact=True).check()
        page.get_by_label("Relève").fill("Bruno Relève")
        page.get_by_label("Fichier", exact=True).set_input_files(proof)
        page.get_by_label("et son SHA-256").fill("0" * 64)
        page.get_by_role("button", name="Attester").click()
        assert "Le fichier envoyé a un autre SHA-256" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("Qui atteste").input_value() == "Anne Greffière"
        assert violations(page) == []
        page.get_by_label("Fichier", exact=True).set_input_files(proof)
        page.get_by_label("et son SHA-256").fill("")
        page.get_by_role("button", name="Attester").click()
        text = page.locator("main").inner_text()
        assert "Anne Greffière" in text
        assert hashlib.sha256(proof.read_bytes()).hexdigest() in text
        assert "attesté, non mesuré" in text
        page.get_by_text("La retirer").first.click()
        page.get_by_label("Pourquoi la retirer?").fill("Mauvaise personne")
        page.get_by_role("button", name="La retirer").click()
        assert "Retirée" in page.locator("main").inner_text()
        assert violations(page) == []


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_strangers_pages_are_accessible_and_fit(browser: Browser, demo: Demo, language: str, width: int) -> None:
    with looked_at(browser, width, language) as page:
        for kind, secret in SECRETS.items():
            answer = page.goto(f"{demo.url}/{kind}/{secret}")
            assert answer is not None
            assert answer.status == 200, kind
            assert page.locator("html").get_attribute("lang") == language
            assert violations(page) == []
            assert not page.evaluate(WIDE)


def test_evidence_is_sent_by_the_link_and_a_vendor_speaks_once(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    proof = tmp_path / "report.pdf"
    proof.write_bytes(b"%PDF-1.7 report")
    with looked_at(browser, 1280, "en") as page:
        page.goto(f"{demo.url}/evidence/{SECRETS['evidence']}")
        page.get_by_label("Your name and function").fill("V. Endor, support")
        page.get_by_label("File, 16 MB at most").set_input_files(proof)
        page.get_by_role("button", name="Send").click()
        assert "The file is with the office" in page.get_by_role("status").inner_text()
        page.goto(f"{demo.url}/reply/{SECRETS['reply']}")
        page.get_by_label("Your name and function").fill("V. Endor, support")
        page.get_by_label("Statement").fill("It is mended in May.")
        page.get_by_role("button", name="Send the statement").click()
        assert "Your statement is attached" in page.get_by_role("status").inner_text()
        answer = page.goto(f"{demo.url}/reply/{SECRETS['reply']}")
        assert answer is not None
        assert answer.status == 404
