"""A real browser (Debian's Chromium) in front of a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser.demo import Demo
from tests.browser.demo import demo as serve

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing; install it: apt-get install chromium")
        pytest.skip(f"{CHROMIUM} is missing; install it: apt-get install chromium")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with serve(tmp_path_factory.mktemp("office") / "server") as running:
        yield running


@pytest.fixture(scope="session")
def signed_in(browser: Browser, demo: Demo) -> StorageState:
    """The state of a browser whose person followed a one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(demo.link())
    state = context.storage_state()
    context.close()
    return state
