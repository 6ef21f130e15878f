"""A server in memory that rules as the real one does, and everything an agent needs around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.identity import Identity as AgentIdentity
from agent.identity import Signer, State
from agent.send import Clock
from agent.spool import Place
from agent.transport import Answer
from hustings import envelope, keys, report
from hustings.errors import CannotFinish
from hustings.report import Hardware, Inventory, Lost, Os, Product, Receipt, Report, Same, Times
from server.store.agents import State as AgentState
from server.trust import Claim, Decision, Standing, decide, following

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENANT, AGENT = "county", "a1b2c3"
PROBLEM = {"content-type": "application/problem+json"}


def inventory(*versions: str) -> Inventory:
    return Inventory(Os("linux", "debian", "12"), Hardware("ACME", "X1"),
                     tuple(Product("openssl", one, "dpkg") for one in versions or ("3.0",)), complete=True)


def made(where: Place, section: Inventory | None = None, note: str = "") -> tuple[Report, str]:
    """A report at ``where``; ``note`` tells one from another."""
    section = section or inventory()
    named = report.section_digest(section)
    return Report(
        schema=report.SCHEMA, tenant=TENANT, agent=AGENT, epoch=where.epoch, sequence=where.sequence,
        previous=where.previous, times=Times(NOW, 1.0, "boot"), agent_version="0", pack="sha256:0", host=note or "host",
        roles=(), inventory=Same(named) if where.inventory == named else section, facts={}, results=(),
        spool=where.waiting, privileges=()), note


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def problem(status: int, kind: str, **members: object) -> Answer:
    return Answer(status, PROBLEM, json.dumps({"type": kind, "status": status, "title": kind} | members).encode())


class Server:
    """``Transport`` to a server in memory. ``before`` may answer or raise instead of it, ``after`` lose an answer."""

    def __init__(self, public: bytes) -> None:
        self.public = public
        self.standing = Standing(TENANT, AGENT, AgentState.APPROVED)
        self.accepted: dict[tuple[str, int], tuple[str, bytes]] = {}
        self.documents: list[Report | Lost] = []
        self.before: Callable[[Report | Lost], Answer | None] = lambda _: None
        self.after: Callable[[Report | Lost], None] = lambda _: None
        self.requests = 0
        self.now = NOW

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert (path, headers["Content-Encoding"]) == ("/v1/reports", "zstd")
        self.requests += 1
        sealed = envelope.parse(zstandard.ZstdDecompressor().decompress(body))
        payload = envelope.verify(sealed, headers["Content-Type"], self.public)
        document: Report | Lost = (report.decode_lost(payload) if sealed.payloadType == envelope.LOST
                                   else report.decode_report(payload))
        early = self.before(document)
        if early is not None:
            return early
        result = self._rule(document, envelope.digest(payload))
        self.after(document)
        return result

    def _rule(self, document: Report | Lost, digest: str) -> Answer:
        first, last = ((document.first, document.last) if isinstance(document, Lost)
                       else (document.sequence, document.sequence))
        section = None if isinstance(document, Lost) else document.inventory
        claim = Claim(document.tenant, document.agent, document.epoch, first, last, document.previous, digest,
                      section.same if isinstance(section, Same) else None)
        known = self.accepted.get((document.epoch, last))
        seen = any(epoch == document.epoch for epoch, _ in self.accepted)
        ruling = decide(self.standing, claim, known[0] if known else None, seen)
        if ruling.decision is Decision.REPEAT:
            assert known is not None
            return answer(200, known[1], date=self._date())
        if ruling.decision is not Decision.ACCEPT:
            return problem(403 if ruling.decision is Decision.REVOKED else 409, ruling.decision.value,
                           expected=ruling.expected, detail=ruling.why)
        named = report.section_digest(section) if isinstance(section, Inventory) else None
        self.standing = following(self.standing, claim, named)
        receipt = msgspec.json.encode(Receipt(report.RECEIPT_SCHEMA, TENANT, AGENT, document.epoch, last, digest,
                                              self.now))
        self.accepted[document.epoch, last] = (digest, receipt)
        self.documents.append(document)
        return answer(201, receipt, date=self._date())

    def forget_after(self, sequence: int) -> None:
        """Go back to an older backup of the server."""
        epoch = self.standing.epoch
        for place in [one for one in self.accepted if one[0] == epoch and one[1] > sequence]:
            del self.accepted[place]
        self.documents = [one for one in self.documents
                          if (one.last if isinstance(one, Lost) else one.sequence) <= sequence]
        digest = self.accepted[epoch, sequence][0] if sequence and epoch else None
        self.standing = replace(self.standing, sequence=sequence, digest=digest)

    def notes(self) -> list[str]:
        """What arrived: each report's note, each lost range."""
        return [one.host if isinstance(one, Report) else f"lost {one.first}-{one.last}" for one in self.documents]

    def _date(self) -> str:
        return format_datetime(self.now, usegmt=True)


class Silent:
    """``Transport`` to nowhere."""

    def __init__(self) -> None:
        self.requests = 0

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.requests += 1
        raise CannotFinish("refused the connection", where="https://server")


def signer(private: Ed25519PrivateKey, epoch: str = "0" * 32) -> Signer:
    return Signer(TENANT, AGENT, epoch, private)


def clock(waits: list[float] | None = None) -> Clock:
    return Clock(lambda: NOW, (waits if waits is not None else []).append)


def enrolled(place: Path, server: str = "https://server") -> tuple[State, AgentIdentity, bytes]:
    """A state directory as an accepted enrolment leaves it, and the public key."""
    state = State(place)
    state.create()
    key = state.new_key()
    identity = AgentIdentity(schema="hustings.agent/1", server=server, tenant=TENANT, agent=AGENT, epoch="0" * 32,
                             key=key, enrolled=NOW, approved=True)
    state.save(identity)
    return state, identity, keys.public_bytes(keys.load(place / key))
