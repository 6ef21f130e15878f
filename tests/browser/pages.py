"""Every page of the product and where the demo office shows it. A route that is not here fails a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

from tests.browser.demo import Demo
from tests.browser.scenes import scenes

Place = Callable[[Demo], str]
PAGES: dict[str, tuple[str, Place]] = {
    "scorecard": ("", lambda demo: "/"),
    "machines": ("/machines", lambda demo: "/machines"),
    "registry": ("/machines/{agent:str}", lambda demo: f"/machines/{demo.machines[0]}"),
    "front desk": ("/machines/{agent:str}", lambda demo: f"/machines/{demo.machines[1]}"),
    "access": ("/access", lambda demo: "/access"),
    "rights": ("/machines/{agent:str}/access/{name:str}", lambda demo: f"/machines/{demo.machines[0]}/access/roll"),
    "leavers": ("/leavers", lambda demo: "/leavers"),
    "plan": ("/plan", lambda demo: "/plan"),
    "software": ("/plan/software", lambda demo: "/plan/software"),
    "budget": ("/plan/budget", lambda demo: "/plan/budget"),
    "equipment": ("/plan/equipment", lambda demo: "/plan/equipment"),
    "plan line": ("/plan/lines/{name:str}", lambda demo: "/plan/lines/CLERK-PCS"),
    "what if": ("/plan/what-if", lambda demo: "/plan/what-if"),
    "calendar": ("/calendar", lambda demo: "/calendar"),
    "election": ("/calendar/{election:str}", lambda demo: f"/calendar/{demo.elections[1]}"),
    "review": ("/calendar/{election:str}/review", lambda demo: f"/calendar/{demo.elections[0]}/review"),
    "campaign": ("/campaign", lambda demo: "/campaign"),
    "trend": ("/trend", lambda demo: "/trend"),
    "trend of a machine": ("/trend/machines/{agent:str}", lambda demo: f"/trend/machines/{demo.machines[0]}"),
    "trend of a site": ("/trend/sites/{place:path}", lambda demo: f"/trend/sites/{quote('Town hall')}"),
    "day": ("/days/{day:str}", lambda demo: f"/days/{demo.today - timedelta(days=5)}"),
    "compare": ("/trend/compare", lambda demo: "/trend/compare"),
    "jurisdiction": ("/jurisdiction", lambda demo: "/jurisdiction"),
    "points": ("/points", lambda demo: "/points"),
    "row": ("/rows/{row:str}", lambda demo: "/rows/PAT-01"),
    "area": ("/areas/{code:str}", lambda demo: "/areas/PAT"),
    "exceptions": ("/exceptions", lambda demo: "/exceptions"),
    "report": ("/reports/{number:int}", lambda demo: "/reports/1"),
    "publish": ("/publish", lambda demo: "/publish"),
    "public version": ("/publish/{number:str}", lambda demo: "/publish/1"),
    "method": ("/method", lambda demo: "/method"),
    "office": ("/office", lambda demo: "/office"),
    "glossary": ("/glossary", lambda demo: "/glossary"),
}
"""Route, as the router has it after the language, and an address of it."""
ELSEWHERE = {
    "/plan/equipment/preview/{secret:str}": "reached by sending a file: test_journeys_in_a_browser",
}
"""Pages that have no address to begin with, and the test that sees them."""
NOT_PAGES: tuple[str, ...] = ("/published/{name:str}", "/reports/{number:int}/envelope")
"""Downloads without an ending in their route."""
for _scene in scenes():
    PAGES |= getattr(_scene, "PAGES", {})
    ELSEWHERE |= getattr(_scene, "ELSEWHERE", {})
    NOT_PAGES: tuple[str, ...] = (*NOT_PAGES, *getattr(_scene, "NOT_PAGES", ()))
EVERY = tuple((name, language) for name in PAGES for language in ("en", "fr"))


def address(demo: Demo, name: str, language: str) -> str:
    """Where a page is."""
    return f"{demo.url}/{language}{PAGES[name][1](demo)}"
