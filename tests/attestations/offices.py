"""Offices with an inventory, people who sign in, and forms as they would be filled in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from policies.attestations import Form, Kind, forms
from server import scorecard as rules
from server.access import cookies
from server.pages import site
from server.reading import Reading
from server.scorecard import Scorecard
from server.store import elections, inventory
from server.store.inventory import Asset
from server.store.people import Role
from tests.server.setups import Office

GOOD: dict[str, dict[str, str]] = {
    "EPB-08": {"minutes": "130"}, "ATT-06": {"share": "95"}, "VTX-08": {"limit": "9"},
    "EPB-10": {"hours": "3"}, "ATT-09": {"hours": "48"},
}
"""Counts that a form's check wants, where neither 0 nor 1 will do."""
ONES = {"check_ins", "units", "places", "sets", "contests", "recipients", "partners", "staff", "sessions", "vendors"}


def declared(office: Office, *roles: str, party: str = "us", voting_in: int | None = 5) -> None:
    """An inventory with an asset of each role, and an election some days ahead."""
    assets = [Asset(f"asset-{role}", (role,), "Hall", party, number + 2) for number, role in enumerate(roles)]
    with office.database.write(office.tenant.id) as connection:
        inventory.add(connection, office.tenant.id, assets, file="inventory.csv", digest="sha256:x",
                      now=office.now(), by="test")
        if voting_in is not None:
            elections.declare(connection, office.tenant.id, [office.now().date() + timedelta(days=voting_in)],
                              now=office.now(), today=office.now().date(), by="test")


def card(office: Office) -> Scorecard:
    return rules.scorecard(Reading(office.database).office(office.tenant.id), site.pack(), office.now())


def filled(form: Form, office: Office, **changes: str) -> dict[str, Any]:
    """A form whose every answer is in order."""
    today = office.now().date()
    made: dict[str, Any] = {"person": "Ada Clerk", "function": "Clerk", "day": (today - timedelta(days=1)).isoformat(),
                            "sha256": "ab" * 32, "file_name": "proof.pdf"}
    good = GOOD.get(form.id, {})
    for one in form.fields:
        made[f"answer-{one.name}"] = {
            Kind.YES: "yes", Kind.COUNT: good.get(one.name, "1" if one.name in ONES else "0"),
            Kind.DAY: (today + timedelta(days=300)).isoformat(), Kind.WORDS: "Words",
            Kind.CHOICE: one.options[0].value if one.options else "",
            Kind.ASSETS: [f"asset-{role}" for role in one.roles]}[one.kind]
    return {**made, **changes}


def multipart(office: Office, path: str, session: dict[str, str], data: dict[str, Any],
              file: tuple[str, bytes] | None = None, **options: Any) -> httpx.Response:
    """A form sent as a browser sends one with a file in it."""
    name = cookies.form_name(tls=office.tls)
    headers = {"accept": "text/html"}
    token = office.request("GET", "/en/method", cookies=session, headers=headers).cookies[name]
    parts: list[tuple[str, Any]] = [("_csrf_token", (None, token))]
    for field, value in data.items():
        parts += [(field, (None, each)) for each in (value if isinstance(value, list) else [value])]
    parts.append(("file", file if file is not None else ("", b"")))
    return office.request("POST", path, cookies={**session, name: token}, headers=headers, files=parts, **options)


def attest(office: Office, session: dict[str, str], form: str, file: Any = None,
           **changes: Any) -> httpx.Response:
    return multipart(office, f"/en/office/attestations/{form}", session, {**filled(forms()[form], office), **changes},
                     file)


def clerk(office: Office, role: Role = Role.ADMINISTRATOR, *, tenant: str = "") -> dict[str, str]:
    return office.signed_in(office.person(f"{role.value}-one", role, tenant=tenant))
