"""Intake: signed payloads in, receipts out, nothing acknowledged before it is durable.

Bodies are opened, verified and ruled on in one thread, in groups that share a transaction. The
trust decision itself is ``server.trust.decide``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from hustings import envelope, report
from hustings.envelope import Envelope
from hustings.errors import BadDocument, BadSignature, CannotFinish, TooLarge, Untrusted
from hustings.report import Inventory, Lost, Report, Same, section_digest
from server import screen
from server.group import Group
from server.ledger import Ledger, Lists, Opened, Receipted
from server.problems import Refused
from server.store import agents, frames
from server.store.agents import Agent
from server.store.database import WHOLE_SERVER, Database
from server.throttle import Throttle
from server.trust import Claim

RETRY_BUSY = 10
REPORTS_AT_ONCE = 3_000
"""What an agent may send in one go: a spool of 35 days, and some."""
REPORTS_A_SECOND = 2.0


@dataclass(frozen=True, slots=True)
class Body:
    """A request body as it came; ``zstd`` says whether it is one zstd frame."""

    data: bytes
    zstd: bool


class Intake:
    """Takes reports for every tenant of a server. Close it to settle what is still waiting."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._keys: dict[str, Agent] = {}
        self._lists: Lists = {}
        self._throttle = Throttle(REPORTS_A_SECOND, REPORTS_AT_ONCE)
        self._group: Group[Body, Receipted] = Group(self._settle)

    async def accept(self, body: Body) -> Receipted:
        """The receipt of a payload, once it is durable.

        Raises ``Refused`` with one of the problems of the contract; nothing that failed its
        signature is ever stored.
        """
        try:
            return await self._group.submit(body)
        except (DBAPIError, CannotFinish) as error:
            raise Refused("busy", retry_after=RETRY_BUSY) from error

    def close(self) -> None:
        self._group.close()

    def _settle(self, bodies: list[Body]) -> list[Receipted | Exception]:
        answers: dict[int, Receipted | Exception] = {}
        by_tenant: dict[str, dict[int, Opened]] = {}
        for place, body in enumerate(bodies):
            one = self._open(body)
            if isinstance(one, Opened):
                by_tenant.setdefault(one.agent.tenant, {})[place] = one
            else:
                answers[place] = one
        if by_tenant:
            answers |= self._enter(by_tenant)
        return [answers[place] for place in range(len(bodies))]

    def _enter(self, by_tenant: dict[str, dict[int, Opened]]) -> dict[int, Receipted | Refused]:
        """Rule on a group in one transaction, a tenant after the other."""
        answers: dict[int, Receipted | Refused] = {}
        new: Lists = {}
        with self._database.write(min(by_tenant)) as connection:
            now = self._clock()
            for tenant in sorted(by_tenant):
                self._database.narrow(connection, tenant)
                mine = by_tenant[tenant]
                ledger = Ledger(connection, now, self._lists, {one.agent.id for one in mine.values()})
                answers |= {place: ledger.enter(one) for place, one in mine.items()}
                ledger.settle(tenant)
                new.update(ledger.new_lists)
        self._lists.update(new)
        return answers

    def _open(self, body: Body) -> Opened | Refused:
        """Inflate, verify and decode; in this order, each within its limit."""
        try:
            data = frames.unpack(body.data, envelope.MAX_ENVELOPE) if body.zstd else body.data
            sealed = envelope.parse(data)
            agent, payload = self._verified(sealed)
            if wait := self._throttle.take(agent.id):
                return Refused("too_many", "this agent sends too much", retry_after=math.ceil(wait))
            document: Report | Lost
            if sealed.payloadType == envelope.LOST:
                document = report.decode_lost(payload)
                screen.lost(document)
            else:
                document = report.decode_report(payload)
                screen.report(document)
                if document.recording is not None:
                    raise BadDocument("recording: an agent speaks for the machine it looked at itself")
            frame = body.data if body.zstd else frames.pack(data)
            return _opened(agent, document, envelope.digest(payload), frame)
        except TooLarge as error:
            return Refused("too_large", error.what)
        except BadDocument as error:
            return Refused("malformed", error.what)
        except Untrusted as error:
            return Refused("bad_signature", error.what)

    def _verified(self, sealed: Envelope) -> tuple[Agent, bytes]:
        """The agent whose key signed, and the payload. An unknown key is a bad signature like any other."""
        if sealed.payloadType not in (envelope.REPORT, envelope.LOST):
            raise BadSignature("the payload is neither a report nor a lost statement")
        for signature in sealed.signatures:
            agent = self._agent(signature.keyid)
            if agent is not None:
                return agent, envelope.verify(sealed, sealed.payloadType, agent.public_key)
        raise BadSignature("no signature by an enrolled key covers these bytes")

    def _agent(self, key_id: str) -> Agent | None:
        """The agent of a key. Cached, since a key's agent and tenant never change; its state is never read here."""
        known = self._keys.get(key_id)
        if known is None and len(key_id) == len("sha256:") + 64 and key_id.isprintable():
            with self._database.read(WHOLE_SERVER) as connection:
                known = agents.by_key(connection, key_id)
            if known is not None:
                self._keys[key_id] = known
        return known


def _opened(agent: Agent, document: Report | Lost, digest: str, frame: bytes) -> Opened:
    if isinstance(document, Lost):
        claim = Claim(document.tenant, document.agent, document.epoch, document.first, document.last,
                      document.previous, digest)
        return Opened(agent, document, claim, None, frame)
    same = document.inventory.same if isinstance(document.inventory, Same) else None
    claim = Claim(document.tenant, document.agent, document.epoch, document.sequence, document.sequence,
                  document.previous, digest, same)
    inventory = section_digest(document.inventory) if isinstance(document.inventory, Inventory) else same
    return Opened(agent, document, claim, inventory, frame)
