"""Sending what waits, in order, and understanding every answer the server may give.

The first envelope that is not answered for good stops the rest: order is what makes a chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from agent import mending
from agent.contact import Contact, troubled
from agent.spool import Entry, Spool
from agent.transport import Answer, Transport, persistently
from hustings import envelope, report
from hustings.backoff import Backoff
from hustings.errors import CannotFinish, HustingsError, Untrusted
from hustings.report import Receipt

PATH = "/v1/reports"
LONGEST_STAY_AWAY = timedelta(hours=24)
GAPS = 3
"""How often in one run the server may ask for earlier reports."""


class Forked(HustingsError):
    """The server holds another history of this agent: a new epoch is needed."""


@dataclass
class Sent:
    """How a run of sending went."""

    contact: Contact
    arrived: int = 0
    trouble: HustingsError | None = None
    notes: list[str] = field(default_factory=list)
    forked: bool = False


@dataclass(frozen=True)
class Clock:
    """Time as the sender needs it: seams for tests."""

    now: Callable[[], datetime]
    pause: Callable[[float], None]


def send(spool: Spool, transport: Transport, contact: Contact, clock: Clock, server: str,
         backoff: Backoff | None = None) -> Sent:
    """Send until nothing waits or something is in the way. Raises ``mending.Broken`` and disk trouble only."""
    sent = Sent(msgspec.structs.replace(contact, tried=clock.now()))
    backoff = backoff or Backoff()
    gaps = 0
    try:
        while waiting := spool.waiting():
            _hold_back(sent.contact, clock.now(), server)
            entry = waiting[0]
            answer, middle = _post(spool, entry, transport, backoff, clock)
            if answer.status in (200, 201):
                sent.contact = _store(spool, entry, answer, middle, sent.contact, server)
                sent.arrived += 1
            elif gaps < GAPS and _repaired(spool, entry, answer, sent.notes):
                gaps += answer.problem().get("type") == "gap"
            else:
                raise _refusal(spool, entry, answer, sent, clock.now(), server)
    except HustingsError as error:
        sent.trouble = error
        sent.forked = isinstance(error, Forked)
        sent.contact = troubled(sent.contact, error, clock.now())
        return sent
    sent.contact = msgspec.structs.replace(sent.contact, trouble=None, not_before=None)
    return sent


def _post(spool: Spool, entry: Entry, transport: Transport, backoff: Backoff, clock: Clock) -> tuple[Answer, datetime]:
    """Send one envelope; the answer, and the moment between sending and answer by our clock."""
    kept = spool.read(entry.name)
    kind = envelope.LOST if kept.head.kind == "lost" else envelope.REPORT
    headers = {"Content-Type": kind, "Content-Encoding": "zstd"}
    spool.mark_tried(entry.name)
    began = clock.now()

    def once() -> Answer:
        nonlocal began
        began = clock.now()
        return transport.post(PATH, kept.body, headers)

    answer = persistently(once, backoff, clock.pause, clock.now)
    return answer, began + (clock.now() - began) / 2


def _hold_back(contact: Contact, now: datetime, server: str) -> None:
    until = contact.not_before
    if until is not None and now < until <= now + LONGEST_STAY_AWAY:
        raise CannotFinish(f"asked not to be called before {until:%Y-%m-%d %H:%M}Z", where=server,
                           remedy="nothing: what waits is kept and sent after that")


def _store(spool: Spool, entry: Entry, answer: Answer, middle: datetime, contact: Contact, server: str) -> Contact:
    """Keep the receipt, once it is about this very payload. Raises ``Untrusted``, ``CannotFinish``."""
    try:
        receipt = msgspec.json.decode(answer.body, type=Receipt)
    except msgspec.MsgspecError as error:
        raise CannotFinish("took the report and gave no receipt that can be read", where=server,
                           remedy="check that the address is a Hustings server's, and both versions") from error
    head = spool.read(entry.name).head
    signer = spool.signer
    expected = (report.RECEIPT_SCHEMA, signer.tenant, signer.agent, signer.epoch, entry.name.last, head.digest)
    if (receipt.schema, receipt.tenant, receipt.agent, receipt.epoch, receipt.sequence, receipt.digest) != expected:
        raise Untrusted("gave a receipt for something else than what was sent", where=server,
                        remedy="the report is kept; have the server's administrator look at its log")
    spool.acknowledge(entry.name, answer.body)
    theirs = answer.date() or (receipt.received if answer.status == 201 else None)
    skew = contact.skew if theirs is None else round((middle - theirs).total_seconds(), 1)
    return msgspec.structs.replace(contact, received=receipt.received, sequence=receipt.sequence,
                                   digest=receipt.digest, skew=skew)


def _repaired(spool: Spool, entry: Entry, answer: Answer, notes: list[str]) -> bool:
    """Whether what stood in the way could be put right here, so that sending goes on."""
    problem = answer.problem()
    kind, name = problem.get("type"), entry.name
    if answer.status == 409 and kind == "need_full":
        if mending.resign_whole(spool, name):
            notes.append(f"report {name.first} was signed again with its whole inventory, as the server asked")
        else:
            mending.renounce(spool, name, "the inventory it names is no longer kept on this machine")
            notes.append(f"report {name.first} was given up: the inventory it names is gone")
        return True
    if answer.status == 409 and kind == "gap":
        expected = problem.get("expected")
        if not isinstance(expected, int) or not 1 <= expected < name.first:
            return False
        mending.take_back(spool, expected)
        notes.append(f"the server lacks reports from {expected} on, so they are sent again")
        return True
    if answer.status in (413, 422) and spool.read(name).head.kind == "report":
        said = str(problem.get("detail") or problem.get("title") or answer.status)[:300]
        mending.renounce(spool, name, f"the server refused it ({answer.status}): {said}")
        notes.append(f"report {name.first} was refused for good ({said}); it is kept aside, and said to be lost")
        return True
    return False


def _refusal(spool: Spool, entry: Entry, answer: Answer, sent: Sent, now: datetime, server: str) -> HustingsError:
    """What an answer that ends this run means."""
    problem = answer.problem()
    kind = problem.get("type")
    said = str(problem.get("detail") or problem.get("title") or f"status {answer.status}")[:300]
    kept = "what waits is kept on this machine"
    if answer.status == 409 and kind in ("fork", "gap"):
        return _fork(spool, entry, problem, server)
    if answer.status == 401:
        return Untrusted(f"does not know this machine's key ({said})", where=server,
                         remedy=f"enrol again with --force and a new token; {kept}")
    if answer.status == 403:
        return Untrusted(f"does not take this machine's reports ({said})", where=server,
                         remedy=f"ask its administrator to approve this machine, or enrol again; {kept}")
    asked = answer.retry_after(now)
    if asked is not None:
        until = now + min(timedelta(seconds=asked), LONGEST_STAY_AWAY)
        sent.contact = msgspec.structs.replace(sent.contact, not_before=until)
    if answer.status in (429, 503):
        return CannotFinish(f"cannot take reports now ({said})", where=server, remedy=f"nothing: {kept} and sent later")
    if answer.status == 404:
        return CannotFinish("takes no reports at this address", where=server,
                            remedy="check that it is the address of a Hustings server")
    return CannotFinish(f"did not take the report ({said})", where=server,
                        remedy=f"have its administrator look at the server's log; {kept}")


def _fork(spool: Spool, entry: Entry, problem: dict[str, object], server: str) -> Forked:
    mending.set_aside(spool, entry.name)
    expected = problem.get("expected")
    ahead = isinstance(expected, int) and expected > entry.name.last
    why = "this machine was set back to an earlier state" if ahead else "another history of this machine"
    return Forked(f"already holds other bytes as report {entry.name.first} ({why})", where=server,
                  remedy="what waits goes out in a new epoch on the next run; if this machine is a copy of another, "
                         "enrol it on its own with --force and a new token")

