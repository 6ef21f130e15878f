"""Machines that say what a test wants them to say."""

from __future__ import annotations

from datetime import datetime

from hustings.report import Times
from hustings.verdicts import Result, Severity, Verdict
from server.store import findings
from server.store.findings import Stored
from server.triage import reading
from server.triage.model import Filter, Finding
from tests.sender import Sender
from tests.server.setups import Office

OS, RECENT, ROOT = "patching/os-supported", "devices/screen-lock-on", "identity/ssh-no-root-login"
GONE = "identity/root-login"
"""A check that no pack has any more."""
_KNOWN = {OS: ("PAT-01", Severity.CRITICAL), RECENT: ("DEV-02", Severity.MEDIUM), ROOT: ("DEV-09", Severity.HIGH),
          GONE: ("IAM-01", Severity.MEDIUM)}
VERDICTS = {"p": Verdict.PASS, "f": Verdict.FAIL, "u": Verdict.UNKNOWN, "n": Verdict.NOT_APPLICABLE}


def result(check: str, letter: str) -> Result:
    row, severity = _KNOWN[check]
    reason = "denied" if letter == "u" else None
    return Result(check, row, severity, VERDICTS[letter], "what should be", "what is", reason)


def say(office: Office, machine: Sender, host: str = "front-desk", *, made: datetime | None = None,
        **letters: str) -> None:
    """One report, by the clock of the test: ``os``, ``recent``, ``root`` and ``gone`` each a letter, or left out."""
    names = {"os": OS, "recent": RECENT, "root": ROOT, "gone": GONE}
    results = tuple(result(names[name], letter) for name, letter in letters.items())
    body = machine.report(host=host, results=results, times=Times(made or office.now(), 1.0, "boot-1"))
    answer = office.post("/v1/reports", body)
    assert answer.status_code == 201, answer.text


def rows(office: Office, tenant: str = "") -> list[Stored]:
    of = tenant or office.tenant.id
    with office.database.read(of) as connection:
        return findings.raw(connection, of)


def listed(office: Office, wanted: Filter | None = None, tenant: str = "") -> list[Finding]:
    of = tenant or office.tenant.id
    with office.database.read(of) as connection:
        return reading.every(connection, of, wanted or Filter(), office.now())


def number(office: Office, check: str) -> int:
    """The finding of a check, of which there is one."""
    [found] = [one.number for one in rows(office) if one.check == check]
    return found
