"""Settings, and what is kept: a hold that stands, a word on how long, a backup."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.browser.demo import Demo

PAGES = {
    "settings": ("/office/settings", lambda demo: "/office/settings"),
    "what is kept": ("/office/keeping", lambda demo: "/office/keeping"),
}


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """A legal hold from the console."""
    demo.run("tenant", "hold", "--matter", "Recount of ward 4", "--reason", "The court asked for every record.")
