"""Records for tests of rules: a small pack with every kind of check, machines, offices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from evidence import ages
from evidence.ages import Ages, Said
from hustings import report
from hustings.report import Hardware, Inventory, Os, Product, Report, Spool, Times
from hustings.verdicts import Result, Severity, Verdict
from policies.model import Check, Fix, Pack, References, Row, Text
from server.records import Asset, Heard, Office
from server.store.reports import LETTERS

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PASS, FAIL, UNKNOWN, NA = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def both(text: str) -> Text:
    return Text(text, f"{text} (fr)")


def check(name: str, row: str, severity: Severity, **changes: Any) -> Check:
    made = Check(
        title=both(f"Title of {name}"), catalogue=row, severity=severity,
        require={"fact": "sshd.permit_root_login", "equals": "no"}, plain=both(f"Plainly {name}"),
        why=both(f"Why {name}"), fix=(
            Fix("debian", both("apt"), command="apt install x", effort="S"),
            Fix("linux", both("generic"), effort="M", freeze_safe=False), Fix("windows", both("click"), effort="L")),
        examples=(), references=References(cis=("1.1",)), id=name)
    return msgspec.structs.replace(made, **changes)


CHECKS = (
    check("patching/critical", "PAT-01", Severity.CRITICAL),
    check("patching/high", "PAT-02", Severity.HIGH),
    check("identity/medium", "IAM-05", Severity.MEDIUM),
    check("identity/second", "IAM-05", Severity.LOW),
    check("registration/rights", "LPR-01", Severity.CRITICAL, roles=("registration-db",)),
    check("backups/restored", "BKP-06", Severity.HIGH, roles=("registration-db", "backup-server")),
    check("logging/stop", "LOG-01", Severity.HIGH, stop=True),
)
ROWS = (
    Row("PAT-01", Severity.CRITICAL, ("registration-db", "office-workstation"), "A"),
    Row("PAT-02", Severity.HIGH, ("registration-db", "office-workstation"), "A"),
    Row("PAT-03", Severity.MEDIUM, ("registration-db", "office-workstation"), "A"),
    Row("IAM-05", Severity.MEDIUM, ("registration-db", "office-workstation"), "A"),
    Row("LPR-01", Severity.CRITICAL, ("registration-db",), "A"),
    Row("BKP-06", Severity.HIGH, ("registration-db", "backup-server"), "A"),
    Row("LOG-01", Severity.HIGH, ("registration-db", "office-workstation"), "A"),
    Row("VTX-01", Severity.CRITICAL, ("office-workstation",), "I"),
    Row("VTX-02", Severity.CRITICAL, ("office-workstation",), "I"),
)
PACK = Pack("test", "1", CHECKS, ROWS, {}, "sha256:" + "a" * 64)

INVENTORY = Inventory(
    os=Os(family="linux", id="debian", version="12", name="Debian GNU/Linux 12 (bookworm)"),
    hardware=Hardware(vendor="Example", model="T-1000"), products=(Product("bash", "5.2", "dpkg"),), complete=True)


def result(name: str, verdict: Verdict, **changes: Any) -> Result:
    """A result of one of ``CHECKS``, good for a day."""
    of = PACK.check(name)
    row, severity = (of.catalogue, of.severity) if of else ("ZZZ-01", Severity.LOW)
    made = Result(name, row, severity, verdict, "sshd.permit_root_login is no", "sshd.permit_root_login = yes",
                  reason="sshd.permit_root_login: denied: needs root" if verdict is UNKNOWN else None,
                  valid_until=NOW + DAY if verdict in (PASS, FAIL) else None)
    return msgspec.structs.replace(made, **changes)


def results(default: Verdict = PASS, roles: Sequence[str] = ("office-workstation",),
            **verdicts: Verdict) -> tuple[Result, ...]:
    """A result for every check; exceptions by the last part of the name."""
    found = []
    for one in CHECKS:
        wanted = not one.roles or bool(set(one.roles) & set(roles))
        verdict = verdicts.get(one.id.partition("/")[2], default if wanted else NA)
        found.append(result(one.id, verdict))
    return tuple(found)


def heard(said: Iterable[Result], *, agent: str = "agent-1", host: str = "desk-1",
          roles: tuple[str, ...] = ("office-workstation",), received: datetime = NOW, **changes: Any) -> Heard:
    """A machine whose last report holds ``said``. Of ``changes``, the report's own go there."""
    of_report = {name: changes.pop(name) for name in list(changes) if name in Report.__struct_fields__
                 and name not in ("roles", "agent")}
    document = Report(
        schema=report.SCHEMA, tenant="t", agent=agent, epoch="e", sequence=3, previous=None,
        times=Times(received, 1.0, "boot"), agent_version="0.1.0", pack=PACK.digest, host=host, roles=roles,
        inventory=INVENTORY, facts={}, results=tuple(said), spool=Spool(0, 0), privileges=())
    document = msgspec.structs.replace(document, **of_report)
    carried = changes.pop("past", None)
    if carried is not None:
        carried = with_last(carried, document, received)
        changes |= {"failing_since": carried.failing, "applied_until": carried.applied}
    return Heard(agent=agent, host=host, **{"roles": (), "report": document, "received": received, **changes})


def past(*reports: tuple[timedelta, dict[str, Verdict]]) -> Ages:
    """What is carried of stored reports, given by their age."""
    return ages.ages(Said(NOW - age, tuple(verdicts), "".join(LETTERS[one] for one in verdicts.values()))
                     for age, verdicts in sorted(reports, key=lambda one: -one[0]))


def with_last(carried: Ages, document: Report, received: datetime) -> Ages:
    """``carried`` after the report that a machine is shown with."""
    return ages.following(carried, Said(received, tuple(one.check for one in document.results),
                                        "".join(LETTERS[one.verdict] for one in document.results)))


def office(*machines: Heard, assets: tuple[Asset, ...] | None = None, **changes: Any) -> Office:
    return Office("Elm County", tuple(machines), assets, **changes)
