"""What people vouch for: attestations in every state, contacts, a vendor's statement, requests for evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from policies.attestations import Kind, forms
from server.attestations import entering
from server.config import database_url
from server.contacts import keeping
from server.evidence_requests import asking
from server.store import contacts, evidence_requests, inventory, statements, tenants
from server.store import findings as stored
from server.store.attestations import Attestation
from server.store.database import WHOLE_SERVER, Database
from tests.browser.demo import OURS, Demo

PAGES = {
    "attestations": ("/office/attestations", lambda demo: "/office/attestations"),
    "attestation": ("/office/attestations/{name:str}", lambda demo: "/office/attestations/ATT-01"),
    "attestation with a choice": ("/office/attestations/{name:str}", lambda demo: "/office/attestations/VTX-06"),
    "attestation withdrawn": ("/office/attestations/{name:str}", lambda demo: "/office/attestations/ATT-11"),
    "contacts": ("/office/contacts", lambda demo: "/office/contacts"),
    "contact": ("/office/contacts/{number:int}", lambda demo: "/office/contacts/1"),
    "contact sheet": ("/office/contacts/sheet", lambda demo: "/office/contacts/sheet"),
    "requests": ("/office/requests", lambda demo: "/office/requests"),
    "request": ("/office/requests/{number:int}", lambda demo: "/office/requests/1"),
    "request without answer": ("/office/requests/{number:int}", lambda demo: "/office/requests/2"),
    "statements": ("/findings/{number:int}/statements", lambda demo: "/findings/1/statements"),
}
ELSEWHERE = dict.fromkeys(("/reply/{secret:str}", "/evidence/{secret:str}"),
                          "for strangers with a link: test_word_in_a_browser")
NOT_PAGES = ("/office/requests/{number:int}/uploads/{upload:int}/file",)
SECRETS: dict[str, str] = {}
"""Of the two links that strangers follow: ``reply`` and ``evidence``."""
BY = "person:ann"


def prepare(demo: Demo, data: Path, now: datetime) -> None:
    """Attest some, withdraw one, call some, ask a vendor and the state, let a vendor speak."""
    database = Database(database_url(data))
    with database.read(WHOLE_SERVER) as connection:
        ours = tenants.only(connection, OURS).id
    with database.write(ours) as connection:
        for form, ago in (("ATT-10", 20), ("LOG-06", 350), ("ATT-04", 400), ("ATT-11", 3), ("VTX-06", 9)):
            number = entering.enter(connection, ours, _attestation(form, now, ago))
            if form == "ATT-11":
                entering.withdraw(connection, ours, form, number, "It showed last year's network.", by=BY, now=now)
        for sector, name, days in (("csirt", "Duty officer", 12), ("police", "Cybercrime unit", 80),
                                   ("vendor", "Pollbook support", 120), ("media", "News desk", None)):
            keeping.add(connection, ours, {"sector": sector, "name": name, "phone": "+1 613 555 0142",
                                           "organisation": "Example", "purpose": "Intrusions"}, by=BY, now=now)
            if days is not None:
                keeping.tested(connection, ours, contacts.every(connection, ours)[-1], {
                    "day": (now - timedelta(days=days)).date().isoformat(), "reached": "yes"}, by=BY, now=now)
        declared = inventory.current(connection, ours)
        assets = [one.asset for one in declared.assets] if declared else []
        for party, recipient in (("vendor", "Acme Voting Inc."), ("state", "Secretary of State, elections")):
            number, secret = asking.ask(connection, ours, {
                "party": party, "recipient": recipient, "language": "fr" if party == "state" else "en",
                "asked": "The patch level of every tabulator\nThe signed report of the last test",
                "due": (now + timedelta(days=21)).date().isoformat()}, assets, by=BY, now=now)
            if party == "vendor":
                SECRETS["evidence"] = secret
                request = evidence_requests.get(connection, ours, number)
                assert request is not None
                asking.take(connection, request, {"sender": "V. Endor, support"}, "patches.pdf", b"%PDF-1.7 proof", now)
        found = stored.one(connection, ours, 1)
        assert found is not None
        statements.add(connection, ours, finding=1, at=now, party="office", by=BY, name="Ann Clerk, IT",
                       organisation=OURS, text="The machine is replaced in spring.\nUntil then it is off the network.")
        statements.add(connection, ours, finding=1, at=now, party="vendor", by="link:1", name="V. Endor, support",
                       organisation="Acme Voting Inc.", text="A mended version is certified in May.")
        _, SECRETS["reply"] = statements.make_link(
            connection, ours, finding=1, vendor="Acme Voting Inc.", made=now, by=BY, expires=now + timedelta(days=14),
            shown={"office": OURS, "message": "When is it mended?", "check": found.check, "machine": "registry",
                   "title": {"en": "The system still gets updates", "fr": "Le système reçoit encore des correctifs"},
                   "plain": {"en": "Holes stay open.", "fr": "Des failles restent ouvertes."}})
    database.close()


def _attestation(name: str, now: datetime, ago: int) -> Attestation:
    form = forms()[name]
    day = (now - timedelta(days=ago)).date()
    answers: dict[str, object] = {}
    for one in form.fields:
        answers[one.name] = {Kind.YES: True, Kind.COUNT: 1 if one.name == "partners" else 0, Kind.WORDS: "Cabinet 3",
                             Kind.DAY: day.isoformat(), Kind.CHOICE: one.options[0].value if one.options else "",
                             Kind.ASSETS: []}[one.kind]
    return Attestation(0, name, now, BY, "Ann Clerk", "Chief clerk", day, form.life.until(day, ()), "proof.pdf", 48_213,
                       "5f" * 32, answers, "")
