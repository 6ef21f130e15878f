"""A security firm beside an office, and its reviewer with an engagement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hustings.report import Times
from hustings.verdicts import Result, Severity, Verdict
from server import two_people
from server.engagement import Engagement
from server.reviewers import accepting, granting
from server.store import audit, engagements, sessions, tenants
from server.store.audit import Act
from server.store.database import WHOLE_SERVER
from server.store.engagements import Terms
from server.store.people import Person, Role
from server.store.sessions import Session
from server.store.tenants import Kind, Tenant
from server.two_people.model import Actor
from tests.sender import Sender
from tests.server.setups import Office

BASIS = "Contract 2026-114 with the county, section 3"


@dataclass
class Firm:
    """A firm on the same server as an office."""

    office: Office
    tenant: Tenant

    def reviewer(self, name: str = "rita") -> Person:
        return self.office.person(name, Role.REVIEWER, tenant=self.tenant.id)

    def session(self, person: Person, cookies: dict[str, str]) -> Session:
        [secret] = cookies.values()
        with self.office.database.read(WHOLE_SERVER) as connection:
            found = sessions.find(connection, secret, self.office.now())
        assert found is not None
        return found


def firm(office: Office, name: str = "Acme Security", handle: str = "acme") -> Firm:
    with office.database.write(WHOLE_SERVER) as connection:
        return Firm(office, tenants.create(connection, name, office.now(), kind=Kind.FIRM, handle=handle))


def terms(office: Office, *, days: int = 30, machines: tuple[str, ...] = (), areas: tuple[str, ...] = (),
          names_shown: bool = False) -> Terms:
    return Terms(machines, areas, names_shown, (office.now() + timedelta(days=days)).date(), BASIS)


def granted(office: Office, addressee: str, offered: Terms | None = None, *, tenant: str = "",
            code: str | None = None) -> int:
    """An engagement that two people agreed on."""
    of = tenant or office.tenant.id
    made = offered or terms(office)
    with office.database.write(of) as connection:
        return granting.offer(connection, of, {
            "addressee": addressee, "code": code, "machines": list(made.machines), "areas": list(made.areas),
            "names_shown": made.names_shown, "until": made.until.isoformat(), "basis": made.basis},
            by="person:ann", approved_by="person:bob", now=office.now())


def engaged(office: Office, of: Firm, person: Person, offered: Terms | None = None, *, tenant: str = "") -> int:
    """An engagement that its reviewer accepted."""
    number = granted(office, f"{person.name}@{of.tenant.handle}", offered, tenant=tenant)
    accepting.answer(office.database, of.session(person, office.signed_in(person)), number, office.now(), accept=True)
    return number


def holding(office: Office, number: int, person: Person) -> Engagement | None:
    with office.database.read(WHOLE_SERVER) as connection:
        return engagements.holding(connection, number, person.id, office.now())


def trail(office: Office, tenant: str = "") -> list[Act]:
    of = tenant or office.tenant.id
    with office.database.read(of) as connection:
        return audit.recent(connection, of, limit=500)


def entered(office: Office, person: Person, number: int) -> dict[str, str]:
    """The cookies of a reviewer who looks at a client."""
    signed = office.signed_in(person)
    answer = office.page("POST", f"/en/review/enter/{number}", signed)
    assert answer.status_code == 303, answer.text
    return signed


def approved(office: Office, number: int, person: Person) -> None:
    """A second person agrees to what another one asked for."""
    with office.database.write(office.tenant.id) as connection:
        two_people.decide(connection, office.tenant.id, number, True,
                          Actor(f"person:{person.name}", person.id, person.role), "", office.now())


def failing(office: Office, host: str, *checks: tuple[str, str, Severity], tenant: str = "",
            unknown: tuple[str, str] | None = None) -> Sender:
    """A machine whose first report fails these checks (id, row, severity)."""
    sender = office.machine(tenant)
    results = [Result(check, row, severity, Verdict.FAIL, "so", "not so") for check, row, severity in checks]
    if unknown is not None:
        results.append(Result(*unknown, Severity.HIGH, Verdict.UNKNOWN, "so", "unknown", "denied"))
    report(office, sender, host, results)
    return sender


def report(office: Office, sender: Sender, host: str, results: list[Result]) -> None:
    times = Times(office.now(), 1.0, "boot-1")
    answer = office.post("/v1/reports", sender.report(host=host, results=tuple(results), times=times),
                         content_type="application/vnd.hustings.report.v1+json")
    assert answer.status_code == 201, answer.text


OS = ("patching/os-supported", "PAT-01", Severity.CRITICAL)
BACKUP = ("backups/checked", "BKP-01", Severity.HIGH)
