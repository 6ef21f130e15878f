"""The ledger of one group of verified payloads: each is ruled on after those before it.

Rows are gathered here and written once (``settle``), at the end of the group's transaction; with them what the
reports turned: failures that began, ended or came back (``server.triage.lives``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from evidence import ages
from evidence.ages import Said
from hustings import envelope
from hustings.report import RECEIPT_SCHEMA, Inventory, Lost, Receipt, Report
from hustings.verdicts import Severity, Verdict
from server.problems import Refused
from server.store import chains, findings_projection, frames
from server.store.agents import Agent
from server.store.chains import Additions, Head
from server.store.findings_projection import Projected
from server.store.reports import LETTERS
from server.triage.lives import Source, Turn, turned
from server.trust import Claim, Decision, Ruling, Standing, decide, following

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a machine's clock may be off before its time-dependent verdicts read as unknown."""
FORKS_KEPT = 20
"""Forks of one agent that are kept in an hour."""

Lists = dict[tuple[str, tuple[str, ...]], str]
"""The digest of a tenant's list of check ids."""


@dataclass(frozen=True, slots=True)
class Receipted:
    """The answer to an accepted payload. ``repeat`` when it was accepted before."""

    receipt: bytes
    repeat: bool
    agent: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A payload whose signature holds."""

    agent: Agent
    document: Report | Lost
    claim: Claim
    inventory: str | None
    """The digest of the inventory section it holds or names."""
    frame: bytes
    """Its envelope in one zstd frame."""


class Ledger:
    """One group within its transaction, which must be open for writing."""

    def __init__(self, connection: Connection, now: datetime, lists: Lists,
                 names: set[str]) -> None:
        self._connection = connection
        self._now = now
        self._lists = lists
        self._heads = chains.standing(connection, names)
        self._standings = {name: _standing(head) for name, head in self._heads.items()}
        self._receipts: dict[tuple[str, str, int], tuple[str, bytes]] = {}
        self.additions = Additions()
        self.turns: list[Turn] = []
        self.new_lists: Lists = {}

    def settle(self, tenant: str) -> list[Projected]:
        """Write what was accepted, all of one tenant. Returns what it turned, with the numbers of the findings."""
        chains.add(self._connection, self.additions)
        projected = findings_projection.project(self._connection, tenant, self.turns)
        if projected:
            from server.notices import events
            from server.triage import telling

            events.every(self._connection, tenant, telling.happened(
                projected, {agent: head["host"] for agent, head in self._heads.items()}), self._now)
        return projected

    def enter(self, one: Opened) -> Receipted | Refused:
        claim = one.claim
        standing = self._standings[one.agent.id]
        accepted, seen = self._earlier(standing, claim)
        ruling = decide(standing, claim, accepted[0] if accepted else None, seen)
        if ruling.decision is Decision.REPEAT and accepted is not None:
            return Receipted(accepted[1], True, one.agent.id)
        if ruling.decision is Decision.ACCEPT:
            return Receipted(self._accept(one, standing), False, one.agent.id)
        if ruling.decision is Decision.FORK:
            return self._fork(one, ruling)
        if ruling.decision is Decision.GAP:
            return Refused("gap", f"sequence {ruling.expected} is expected", expected=ruling.expected)
        return Refused(ruling.decision.value)

    def _earlier(self, standing: Standing, claim: Claim) -> tuple[tuple[str, bytes] | None, bool]:
        """What was accepted at the claim's place, and whether its epoch is known.

        For the usual next report the database is not asked.
        """
        place = (standing.agent, claim.epoch, claim.last)
        if place in self._receipts:
            return self._receipts[place], True
        if claim.epoch == standing.epoch and claim.last > standing.sequence:
            return None, True
        found = chains.accepted(self._connection, standing.tenant, *place)
        seen = found is not None or chains.epoch_seen(self._connection, standing.tenant, standing.agent, claim.epoch)
        return found, seen or any(agent == standing.agent and epoch == claim.epoch
                                  for agent, epoch, _ in self._receipts)

    def _accept(self, one: Opened, standing: Standing) -> bytes:
        claim, document = one.claim, one.document
        receipt = msgspec.json.encode(Receipt(
            RECEIPT_SCHEMA, claim.tenant, claim.agent, claim.epoch, claim.last, claim.digest, self._now))
        head = self._heads[one.agent.id]
        row: dict[str, Any] = {
            "tenant": claim.tenant, "agent": claim.agent, "epoch": claim.epoch, "first": claim.first,
            "sequence": claim.last, "kind": "lost", "digest": claim.digest, "envelope": one.frame,
            "receipt": receipt, "received": self._now, "made": None, "clock_off": False,
            "inventory": one.inventory, "pack": "", "roles": [], "checks": None, "vector": "",
            "overridden": None, "host": None}
        if isinstance(document, Report):
            row |= self._judged(document)
            self._section(document, one.inventory, standing)
            self._roles(document, head)
            head.update(self._aged(document, head, row))
            head.update(_said(document, row))
        else:
            head["lost"] += claim.last - claim.first + 1
        head.update(epoch=claim.epoch, sequence=claim.last, digest=claim.digest,
                    inventory=one.inventory or standing.inventory)
        self.additions.reports.append(row)
        self.additions.heads[claim.agent] = head
        self._standings[claim.agent] = following(standing, claim, one.inventory)
        self._receipts[claim.agent, claim.epoch, claim.last] = (claim.digest, receipt)
        return receipt

    def _judged(self, document: Report) -> dict[str, Any]:
        names = tuple(result.check for result in document.results)
        return {
            "kind": "report", "made": document.times.wall, "clock_off": _clock_off(document, self._now),
            "pack": document.pack, "roles": list(document.roles),
            "checks": self._check_list(document.tenant, names),
            "vector": "".join([LETTERS[result.verdict] for result in document.results]),
            "overridden": sorted(document.parameters), "host": document.host}

    def _aged(self, document: Report, head: Head, row: dict[str, Any]) -> Head:
        """What the head carries of how long checks fail, and since when they no longer apply."""
        names = tuple(result.check for result in document.results)
        last = None
        if head["checks"] is not None:
            before = names if head["checks"] == row["checks"] else self._names(document.tenant, head["checks"])
            last = Said(head["vouched"], before, head["vector"])
        said = Said(ages.vouched(row["made"], row["received"], clock_off=row["clock_off"]), names, row["vector"])
        held = ages.Ages(ages.read(head["failing"]), ages.read(head["applied"]), last)
        carried = ages.following(held, said)
        self._turn(document, held, carried, row)
        return {"vouched": said.at, "checks": row["checks"], "vector": said.vector,
                "failing": ages.written(carried.failing), "applied": ages.written(carried.applied)}

    def _turn(self, document: Report, before: ages.Ages, after: ages.Ages, row: dict[str, Any]) -> None:
        found = list(turned(before, after))
        if not found:
            return
        source = Source(row["received"], row["epoch"], row["sequence"])
        named = {result.check: (result.catalogue, result.severity.value) for result in document.results}
        self.turns += [Turn(row["agent"], check, what, at, source, *named.get(check, ("", "")))
                       for check, what, at in found]

    def _names(self, tenant: str, digest: str) -> tuple[str, ...]:
        """The check ids behind a digest: of this group's own lists, or stored."""
        for (of, names), known in self.new_lists.items():
            if (of, known) == (tenant, digest):
                return names
        return chains.check_list(self._connection, tenant, digest)

    def _check_list(self, tenant: str, names: tuple[str, ...]) -> str:
        key = (tenant, names)
        known = self._lists.get(key) or self.new_lists.get(key)
        if known is not None:
            return known
        digest = envelope.digest(msgspec.json.encode(names))
        if not chains.has_check_list(self._connection, tenant, digest):
            self.additions.check_lists.append({"tenant": tenant, "digest": digest, "checks": list(names)})
        self.new_lists[key] = digest
        return digest

    def _section(self, document: Report, digest: str | None, standing: Standing) -> None:
        if not isinstance(document.inventory, Inventory) or digest is None or digest == standing.inventory:
            return
        row = {"tenant": document.tenant, "agent": document.agent, "digest": digest}
        waiting = any(section["agent"] == document.agent and section["digest"] == digest
                      for section in self.additions.sections)
        if not waiting and not chains.has_section(self._connection, **row):
            body = frames.pack(msgspec.json.encode(document.inventory))
            self.additions.sections.append({**row, "body": body})

    def _roles(self, document: Report, head: Head) -> None:
        if sorted(document.roles) != sorted(head["roles"]):
            self.additions.role_changes.append({
                "tenant": document.tenant, "agent": document.agent, "at": self._now, "source": "report",
                "before": head["roles"], "after": list(document.roles)})

    def _fork(self, one: Opened, ruling: Ruling) -> Refused:
        claim = one.claim
        place = (claim.tenant, claim.agent)
        waiting = [fork for fork in self.additions.forks if fork["agent"] == claim.agent]
        known = any(fork["digest"] == claim.digest for fork in waiting)
        if not known and not chains.has_fork(self._connection, *place, claim.digest):
            hour = timedelta(hours=1)
            if chains.forks_since(self._connection, *place, self._now, hour) + len(waiting) >= FORKS_KEPT:
                return Refused("too_many", "too many contradictions in an hour", retry_after=3600)
            self.additions.forks.append({
                "tenant": claim.tenant, "agent": claim.agent, "epoch": claim.epoch, "sequence": claim.last,
                "digest": claim.digest, "reason": ruling.why, "envelope": one.frame, "received": self._now})
        return Refused("fork", ruling.why, expected=ruling.expected)


def _standing(head: Head) -> Standing:
    return Standing(head["tenant"], head["agent"], head["state"], head["epoch"], head["sequence"],
                    head["digest"], head["inventory"])


def _said(document: Report, row: dict[str, Any]) -> dict[str, Any]:
    """What the head shows of an agent's last report."""
    count = Counter(row["vector"])
    critical = sum(result.verdict is Verdict.FAIL and result.severity is Severity.CRITICAL
                   for result in document.results)
    said: dict[str, Any] = {
        "report": document.sequence, "report_epoch": document.epoch, "received": row["received"],
        "made": row["made"], "clock_off": row["clock_off"], "host": document.host, "roles": list(document.roles),
        "agent_version": document.agent_version, "pack": document.pack,
        "passed": count["p"], "failed": count["f"], "unknown": count["u"], "not_applicable": count["n"],
        "failed_critical": critical, "waiting": document.spool.waiting}
    if isinstance(document.inventory, Inventory):
        said["os"] = document.inventory.os.name
    return said


def _clock_off(document: Report, now: datetime) -> bool:
    """Ahead of the receipt, or off by its own account: late is only late, and says nothing."""
    skew = document.times.skew
    return document.times.wall - now > CLOCK_TOLERANCE or (
        skew is not None and abs(skew) > CLOCK_TOLERANCE.total_seconds())


