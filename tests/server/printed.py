"""Offices to print: one as most are, one as large and as long-winded as they come."""

from __future__ import annotations

from datetime import date, timedelta

from hustings.verdicts import Verdict
from policies.pack import shipped
from server import scorecard as rules
from server.records import Asset, Heard, Office, RoleChange
from server.scorecard import Scorecard
from tests.browser.demo import results
from tests.server import records
from tests.server.records import NOW

TURNS = (Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.PASS, Verdict.PASS)
GOOD = (Verdict.PASS,) * 12 + (Verdict.UNKNOWN,)
ROLES = ("registration-db", "office-workstation", "pollbook", "ems", "backup-server", "directory", "domain",
         "network", "registration-app", "campaign-laptop")
PARTIES = ("us", "us", "us", "vendor", "state", "county")


def machine(name: str, roles: tuple[str, ...], wanted: tuple[Verdict, ...], **changes: object) -> Heard:
    return records.heard(results(roles, wanted, NOW), agent=f"agent-{name[:40]}", host=name, roles=roles,
                         pack=shipped().digest, received=NOW - timedelta(hours=2), **changes)


def usual(wanted: tuple[Verdict, ...] = TURNS) -> Office:
    """Two machines that report, one silent, one that a vendor answers for, one that is not on the list."""
    return records.office(
        machine("registry", ("registration-db",), wanted), machine("front-desk", ("office-workstation",), wanted[1:]),
        machine("stray", ("office-workstation",), wanted),
        assets=(Asset("registry", ("registration-db",), "Hall", "us"),
                Asset("front-desk", ("office-workstation",), "Hall", "us"),
                Asset("annex-desk", ("office-workstation",), "Annex", "us"),
                Asset("tabulators", ("ems",), "Warehouse", "vendor")),
        voting_days=(date(2027, 6, 10),))


def largest(many: int = 30) -> Office:
    """Every role, party and kind of remark, with names as long as a DNS name may be."""
    names = [f"{number:03d}-" + "a-rather-long-name-of-a-machine." * 7 for number in range(many)]
    return Office(
        "The Consolidated Board of Elections and Voter Registration of the United Counties of " + "Stormont " * 12,
        tuple(machine(name, (ROLES[at % len(ROLES)],), TURNS[at % 5:] + TURNS, role_changes=(
            RoleChange(NOW - timedelta(days=3), "report", ("ems",), ("ems", "pollbook")),))
            for at, name in enumerate(names) if at % 3),
        tuple(Asset(name, (ROLES[at % len(ROLES)],), "Hall", PARTIES[at % len(PARTIES)])
              for at, name in enumerate(names) if at % 7),
        voting_days=(date(2027, 6, 10),))


def card(office: Office) -> Scorecard:
    return rules.scorecard(office, shipped(), NOW)
