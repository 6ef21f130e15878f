"""Machines with failing checks of the shipped pack."""

from __future__ import annotations

from typing import Any

from hustings.report import Times
from hustings.verdicts import Result, Verdict
from policies.pack import shipped
from tests.sender import Sender
from tests.server.setups import Office


def results(count: int, actual: str = "no") -> tuple[Result, ...]:
    """The first checks of the pack for machines: ``count`` fail, the one after is unknown, and one passes."""
    some = [one for one in shipped().checks if one.scope == "machine"][: count + 2]
    verdicts = [*[Verdict.FAIL] * count, Verdict.UNKNOWN, Verdict.PASS]
    return tuple(Result(one.id, one.catalogue, one.severity, verdict, "yes", actual,
                        "denied" if verdict is Verdict.UNKNOWN else None)
                 for one, verdict in zip(some, verdicts, strict=True))


def failing(office: Office, host: str, count: int, *, tenant: str = "", actual: str = "no", **changes: Any) -> Sender:
    """A machine that reports ``count`` failures now."""
    machine = office.machine(tenant)
    body = machine.report(host=host, results=results(count, actual), times=Times(office.now(), 1.0, "boot-1"),
                          pack=shipped().digest, **changes)
    answer = office.post("/v1/reports", body)
    assert answer.status_code == 201, answer.text
    return machine
