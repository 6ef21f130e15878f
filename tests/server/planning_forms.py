"""Filling in the forms of the plan's pages as a browser does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx

from server.access import cookies
from server.elections.model import Election, Window, WindowKind
from server.planning.model import Scale
from server.store import elections, people, sessions
from server.store.database import WHOLE_SERVER
from server.store.elections import Act
from server.store.people import Role
from tests.server.setups import Office

CSRF = "hustings-form"
LIST = b"""asset,kind,make,model,version,quantity,purchased,site,unit_cost,lead_months,group,hours
CLERK-PCS,pc,Dell,Windows 10 Pro,22H2,12,2021-06-14,Town hall,1150,3,,12
SCANNERS,tabulator,ES&S,DS200,,4,2017-05-20,Warehouse,5750,6,voting,20
POLLBOOKS,pollbook,KNOWiNK,Poll Pad,,10,2019-09-01,Warehouse,1400,4,,10
BADGES,badge reader,Acme,Reader 9,,1,,Annex,300,1,,1
"""
BUDGET = b"fund,year,amount,kinds\nGeneral,2026,4000,\nGeneral,2027,60000,\nGeneral,2028,30000,\n"


def session(office: Office, role: Role = Role.ADMINISTRATOR) -> dict[str, str]:
    """The cookie of a session of somebody of this role."""
    with office.database.write(WHOLE_SERVER) as connection:
        name = "admin" if role is Role.ADMINISTRATOR else f"a-{role}"
        person = people.by_name(connection, office.tenant.id, name) or people.add(
            connection, office.tenant.id, name, role, None, office.now())
        return {cookies.name(tls=False): sessions.start(connection, person, "link", office.now())}


def get(office: Office, path: str, signed: dict[str, str]) -> httpx.Response:
    return office.request("GET", path, cookies=signed, headers={"accept": "text/html"})


def post(office: Office, path: str, signed: dict[str, str], data: dict[str, str] | None = None,
         **options: Any) -> httpx.Response:
    """A form of a page that was open: with the token that pages carry."""
    token = get(office, "/en/plan", signed).cookies[CSRF]
    return office.request("POST", path, cookies={**signed, CSRF: token},
                          data={"_csrf_token": token, **(data or {})}, headers={"accept": "text/html"}, **options)


def send(office: Office, path: str, signed: dict[str, str], body: bytes, name: str = "list.csv") -> httpx.Response:
    """A file through a form."""
    return post(office, path, signed, files={"file": (name, body, "text/csv")})


def imported(office: Office, signed: dict[str, str], body: bytes = LIST, name: str = "list.csv") -> httpx.Response:
    """A list of equipment, looked at and imported."""
    answer = send(office, "/en/plan/equipment", signed, body, name)
    assert answer.status_code == 303, answer.text[:2000]
    return post(office, answer.headers["location"], signed, {"do": "import"})


def budgeted(office: Office, signed: dict[str, str], body: bytes = BUDGET) -> httpx.Response:
    return send(office, "/en/plan/budget/file", signed, body, "budget.csv")


def voting(office: Office, *days: date) -> None:
    """Elections with a freeze of 60 days before and 30 after."""
    with office.database.write(WHOLE_SERVER) as connection:
        for day in days:
            freeze = Window(WindowKind.FREEZE, day - timedelta(days=60), day + timedelta(days=30))
            elections.write(connection, office.tenant.id, Election(
                id=f"vote-{day}", name=f"Vote of {day}", first=day, last=day, scale=Scale.LARGE,
                windows=(freeze,)), Act.ADD, now=office.now(), by="test")
