"""An office with something of everything in it: what tests of isolation and of hostile texts walk over.

Every text that an office, a machine or a vendor could write comes out of ``say``, so that a test can mark whose it is,
or make it hostile. What is made is named in ``Things``: the parameters of routes.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hustings.report import Hardware, Inventory, Os, Product, Times
from hustings.verdicts import Result, Verdict
from policies.pack import shipped
from server.elections import template
from server.elections.model import Election
from server.reviewers import granting
from server.reviewers.profiles import FIELDS
from server.store import (
    api_tokens,
    attestations,
    contacts,
    elections,
    engagements,
    evidence_requests,
    exceptions,
    finding_views,
    findings,
    inventory,
    proposals,
    sharing_profiles,
    statements,
    webhooks,
)
from server.store.attestations import Attestation
from server.store.elections import Act
from server.store.engagements import Terms
from server.store.people import Person, Role
from server.triage.acts import Kind
from tests.sender import Sender
from tests.server import access_facts, planning_forms
from tests.server.setups import Office

Say = Callable[[str], str]
FAILING = 4


@dataclass
class Things:
    """What a tenant has, by the name of a parameter; ``special`` by route and parameter."""

    tenant: str
    people: dict[Role, Person]
    machine: Sender
    named: dict[str, str]
    special: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, route: str, parameter: str) -> str | None:
        """The value of a parameter: of the longest beginning of the route that says one, else of its name."""
        found = [(len(begins), value) for (begins, name), value in self.special.items()
                 if name == parameter and route.startswith(begins)]
        return max(found)[1] if found else self.named.get(parameter)


def results(say: Say, count: int = FAILING) -> tuple[Result, ...]:
    """``count`` failures, an unknown and passes, with what was found in the machine's words."""
    checks = [one for one in shipped().checks if one.scope == "machine"][: count + 3]
    verdicts = [*[Verdict.FAIL] * count, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE]
    return tuple(Result(one.id, one.catalogue, one.severity, verdict, "as declared", say("actual"),
                        say("reason") if verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE) else None,
                        facts={"os.version": say("fact")})
                 for one, verdict in zip(checks, verdicts, strict=True))


def reported(office: Office, tenant: str, say: Say, count: int = FAILING) -> Sender:
    """A machine of a tenant and its report, through the front door."""
    machine = office.machine(tenant)
    now = office.now()
    body = machine.report(
        host=say("host"), results=results(say, count), times=Times(now, 1.0, "boot-1"), pack=shipped().digest,
        roles=("registration-db",), facts=access_facts.facts(now, access_facts.FOUND),
        inventory=Inventory(Os(family="linux", id="debian", version="12", name=say("os")),
                            Hardware(vendor=say("vendor"), model=say("model")),
                            (Product(say("product"), "1.0", "dpkg"),), complete=True))
    answer = office.post("/v1/reports", body)
    assert answer.status_code == 201, answer.text
    return machine


def furnish(office: Office, tenant: str, say: Say, prefix: str, *, failing: int = FAILING) -> Things:
    """Something of everything. ``prefix`` goes before the names people sign in under."""
    people = {role: office.person(f"{prefix}-{role.value}", role, tenant=tenant)
              for role in (Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL)}
    spare = office.person(f"{prefix}-spare", Role.STAFF, tenant=tenant)
    machine = reported(office, tenant, say, failing)
    now, ann = office.now(), people[Role.ADMINISTRATOR]
    by, day = f"person:{ann.name}", office.now().date()
    later = day + timedelta(days=40)
    with office.database.write(tenant) as connection:
        inventory.add(connection, tenant, [
            inventory.Asset(say("host"), ("registration-db",), say("site"), "us", 2),
            inventory.Asset(say("silent"), ("office-workstation",), say("site"), "us", 3)],
            file=say("file"), digest="sha256:" + "0" * 64, now=now, by=by)
        election = elections.fresh_id()
        windows = template.get(template.DEFAULT).around(later, later)
        elections.write(connection, tenant, Election(
            id=election, name=say("election"), first=later, last=later, template=template.DEFAULT, windows=windows),
            Act.ADD, now=now, by=by, note=say("note"))
        exempted = exceptions.add(
            connection, tenant, kind="exception", subject=shipped().checks[1].id, asset=say("host"),
            reason=say("reason"), control=say("control"), owner=say("owner"), approved_by=people[Role.OFFICIAL].name,
            at=now - timedelta(hours=1), by=by, until=later)
        [number, *_] = [one.number for one in findings.raw(connection, tenant)]
        first = findings.one(connection, tenant, number, locked=True)
        assert first is not None
        findings.add_act(connection, tenant, first, kind=Kind.COMMENT, by=by, person=ann.id, text=say("comment"),
                         data={}, now=now)
        statements.add(connection, tenant, finding=number, at=now, party="vendor", by="link:1", name=say("speaker"),
                       organisation=say("organisation"), text=say("statement"))
        link, _ = statements.make_link(connection, tenant, finding=number, vendor=say("vendor"), shown={}, made=now,
                                       by=by, expires=now + timedelta(days=10))
        contact = contacts.add(connection, tenant, "police", {
            "name": say("contact"), "function": say("function"), "organisation": say("organisation"),
            "email": say("email"), "phone": say("phone"), "purpose": say("purpose")}, now)
        request, _ = evidence_requests.add(
            connection, tenant, party="vendor", recipient=say("recipient"), address=say("address"), language="en",
            asked=[say("asked")], assets=[say("asset")], day=day, due=later, made=now, by=by,
            expires=now + timedelta(days=20))
        content = say("content").encode()
        upload = evidence_requests.take(connection, tenant, request, at=now, sender=say("sender"), file=say("file"),
                                        sha256=hashlib.sha256(content).hexdigest(), content=content)
        profile = sharing_profiles.add(
            connection, tenant, recipient=say("recipient"), fields={one.name: "shown" for one in FIELDS},
            marking="TLP:AMBER", basis=say("basis"), until=later, by=by, now=now)
        finding_views.save(connection, tenant, ann.id, by, say("view"), "severity=high", shared=True, now=now)
        view = finding_views.seen_by(connection, tenant, ann.id)[0].id
        webhook, _ = webhooks.add(connection, tenant, say("webhook"), "https://hook.example/in", ("restored",), now,
                                  by, office.application._config)
        offered = engagements.grant(
            connection, tenant, Terms((), (), True, later, say("basis")), addressee=f"{prefix}-nobody@nowhere", by=by,
            approved_by=f"person:{people[Role.OFFICIAL].name}", now=now)
        proposal = proposals.add(
            connection, tenant, action=granting.ACTION, subject=say("subject"), at=now, by=by, person=ann.id,
            expires=now + timedelta(days=5), payload={
                "addressee": say("addressee"), "code": None, "machines": [], "machine_names": [], "areas": [],
                "names_shown": False, "until": later.isoformat(), "basis": say("basis")})
        token, _ = api_tokens.create(connection, tenant, ann.id, name=say("token"), scopes=["findings:read"],
                                     life=timedelta(days=5), now=now, by=by)
        attestations.add(connection, tenant, _attested(say, now, by))
    office.now.forward(seconds=2)
    session = office.signed_in(ann)
    planning_forms.imported(office, session, _listed(say))
    planning_forms.budgeted(office, session, b"fund,year,amount,kinds\nGeneral,%d,900000,\n" % (day.year + 1))
    prepared = office.page("POST", "/en/publish/prepare", session)
    assert prepared.status_code == 303, prepared.text
    with office.database.read(tenant) as connection:
        report = findings.one(connection, tenant, number)
    assert report is not None
    publication = prepared.headers["location"].rpartition("/")[2]
    return Things(tenant, people, machine, {
        "agent": machine.agent, "election": election, "name": "roll", "day": str(day - timedelta(days=1)),
        "place": say("site"), "link": str(link), "upload": str(upload)}, {
        ("/{language:str}/office/decisions", "number"): str(proposal),
        ("/{language:str}/office/people", "number"): str(spare.id),
        ("/{language:str}/office/engagements", "number"): str(offered),
        ("/{language:str}/exceptions", "number"): str(exempted),
        ("/{language:str}/findings", "number"): str(number),
        ("/{language:str}/findings/views", "number"): str(view),
        ("/{language:str}/publish", "number"): publication,
        ("/{language:str}/published", "name"): f"{publication}.pdf",
        ("/{language:str}/reports", "number"): str(_report(office, tenant)),
        ("/{language:str}/office/requests", "number"): str(request),
        ("/{language:str}/office/contacts", "number"): str(contact),
        ("/{language:str}/office/sharing-profiles", "number"): str(profile),
        ("/{language:str}/office/notices/webhooks", "number"): str(webhook),
        ("/{language:str}/office/tokens", "number"): str(token),
        ("/{language:str}/plan/lines", "name"): say("asset"),
        ("/v1/findings", "number"): str(number),
        ("/v1/decisions", "number"): str(proposal),
        ("/v1/reports", "number"): str(_report(office, tenant)),
    })


def _listed(say: Say) -> bytes:
    """A list of equipment as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("asset", "kind", "make", "model", "version", "quantity", "purchased", "site", "unit_cost",
                     "lead_months", "group", "hours"))
    writer.writerow((say("asset"), "pc", "Dell", "Windows 10 Pro", "22H2", 12, "2021-06-14", say("site"), 1150, 3, "",
                     12))
    writer.writerow((say("unmatched"), "pc", say("make"), say("model"), "1", 1, "2020-01-01", say("site"), 900, 1, "",
                     1))
    return out.getvalue().encode()


def _report(office: Office, tenant: str) -> int:
    from server.store.schema import reports

    with office.database.read(tenant) as connection:
        found: Any = connection.scalar(reports.select().with_only_columns(reports.c.id)
                                       .where(reports.c.tenant == tenant).limit(1))
    assert found
    return int(found)


def _attested(say: Say, now: Any, by: str) -> Attestation:
    values: dict[str, Any] = {
        "form": "ATT-01", "at": now, "by": by, "person": say("person"), "function": say("function"),
        "day": now.date(), "until": (now + timedelta(days=30)).date(), "file": say("file"), "size": 1,
        "sha256": "0" * 64, "answers": {}, "note": say("note"), "number": 0}
    return Attestation(**{name: value for name, value in values.items() if name in Attestation.__slots__})


__all__ = ["FAILING", "Say", "Things", "furnish", "reported", "results"]
