"""Publishing: what leaves for the public has two names under its very bytes.

The rules, all of them:

- A version is prepared once, in both languages, and never changed. What is approved is its digest: SHA-256 over the
  digests of its two files.
- Two different people approve, each an administrator or an official. At the console nobody signs in, so the console
  counts for one of the two at most, and names a person of the office who may approve.
- The second approval publishes it. While the publication block of an election holds (nomination to certification,
  ``server.elections.phase``), it publishes only where both have given a written reason to go ahead.
- A version that nobody finished approving within thirty days is too old: its numbers are.
- Who may approve may withdraw, with a reason. What was withdrawn is not published again; a new version is prepared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from server.printing.board import board_pdf
from server.printing.public import Public
from server.store import audit, publications
from server.store.people import Role
from server.store.publications import Act, Publication

MAY_PREPARE = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
MAY_APPROVE = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
MAY_SET_HANDLING = frozenset({Role.ADMINISTRATOR})
GOOD_FOR = timedelta(days=30)
REASON_LEAST, REASON_MOST = 10, 1000
HANDLING_MOST = 80
HANDLING = "TLP:AMBER"
"""The line on the annex of an office that has set none (FIRST, Traffic Light Protocol 2.0)."""


class State(StrEnum):
    """Where a version stands."""

    PREPARED = "prepared"
    ONE = "one"
    """One of two has approved, or a reason is still missing."""
    PUBLISHED = "published"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """A version's state and what brought it there. ``approvals`` has each person's last approval."""

    state: State
    approvals: tuple[Act, ...] = ()
    published: datetime | None = None
    withdrawn: Act | None = None
    overridden: bool = False
    """Published in spite of a publication block."""


class Refusal(StrEnum):
    """Why an approval or a withdrawal is not taken."""

    ROLE = "role"
    CHANGED = "changed"
    """The digest given is not that of the version."""
    CLOSED = "closed"
    """Published, withdrawn or too old already."""
    SAME = "same"
    """The same person, or the console twice."""
    BLOCKED = "blocked"
    """A publication block holds and no reason is given."""
    REASON = "reason"
    """The reason is too short, too long or holds control characters."""


WHY = {
    Refusal.ROLE: ("this person may not approve or withdraw", "an administrator or an official does"),
    Refusal.CHANGED: ("this is not the digest of that version", "read the version anew, then approve what you read"),
    Refusal.CLOSED: ("this version is published, withdrawn or too old", "prepare a new one"),
    Refusal.SAME: ("two different people must approve, and the console counts for one of them",
                   "let the other person approve on the page, signed in"),
    Refusal.BLOCKED: ("nothing is published from nomination to certification", "wait, or give a written reason"),
    Refusal.REASON: ("the reason cannot be taken", f"write {REASON_LEAST} to {REASON_MOST} characters of plain text"),
}


def file_digest(content: bytes) -> str:
    """``sha256:…`` of a file, as ``sha256sum`` prints it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digest(en: bytes, fr: bytes) -> str:
    """What people approve: SHA-256 over the two lines ``en sha256:…`` and ``fr sha256:…``, each ended."""
    return file_digest(f"en {file_digest(en)}\nfr {file_digest(fr)}\n".encode())


def prepare(connection: Connection, tenant: str, record: Public, now: datetime, by: str) -> int:
    """Make both files of a record and keep them, byte for byte. Returns the version's number."""
    en, fr = board_pdf(record, "en"), board_pdf(record, "fr")
    both = digest(en, fr)
    number = publications.prepare(connection, tenant, digest=both, en=en, fr=fr,
                                  record=msgspec.json.encode(record).decode(), now=now, by=by)
    audit.record(connection, tenant, now, by, "publication.prepare", str(number), {"digest": both})
    return number


def standing(version: Publication, now: datetime) -> Standing:
    """Where a version stands at ``now``, from its acts alone."""
    last: dict[str, Act] = {}
    published: datetime | None = None
    overridden = False
    for act in version.acts:
        if act.kind == "withdraw":
            return Standing(State.WITHDRAWN, tuple(last.values()), published, act, overridden)
        if published or act.digest != version.digest:
            continue
        last.pop(act.person, None)
        last[act.person] = act
        if _complete(tuple(last.values()), blocked=bool(act.block)):
            published, overridden = act.at, bool(act.block)
    approvals = tuple(last.values())
    if published:
        return Standing(State.PUBLISHED, approvals, published, overridden=overridden)
    if now - version.prepared > GOOD_FOR:
        return Standing(State.EXPIRED, approvals)
    return Standing(State.ONE if approvals else State.PREPARED, approvals)


def refusal(version: Publication, now: datetime, *, role: Role, person: str, by: str, given: str, block: str,
            reason: str) -> Refusal | None:
    """Why an approval would not be taken, or None. ``block`` names the election whose block holds; empty: none."""
    stands = standing(version, now)
    if role not in MAY_APPROVE:
        return Refusal.ROLE
    if stands.state not in (State.PREPARED, State.ONE):
        return Refusal.CLOSED
    if given != version.digest:
        return Refusal.CHANGED
    if reason and not _good(reason):
        return Refusal.REASON
    if block and not reason:
        return Refusal.BLOCKED
    others = [one for one in stands.approvals if one.person != person]
    again = any(one.person == person and (one.reason or not block) for one in stands.approvals)
    if again or any(one.by == by or (_console(one.by) and _console(by)) for one in others):
        return Refusal.SAME
    return None


def approve(connection: Connection, tenant: str, version: Publication, now: datetime, *, role: Role, person: str,
            by: str, given: str, block: str, reason: str) -> Standing:
    """Put ``person``'s name under a version. Raises ``UsageError`` where ``refusal`` says no.

    Two who approve at the same moment do so one after the other: the second sees the first's approval, publishes, and
    says so in the audit trail.
    """
    asked: dict[str, Any] = {"role": role, "person": person, "by": by, "given": given, "block": block, "reason": reason}
    _raise(refusal(version, now, **asked), version)
    version = publications.hold(connection, tenant, version.id) or version
    _raise(refusal(version, now, **asked), version)
    done = Act("approve", given, now, person, by, block, reason if block else "")
    publications.act(connection, tenant, version.id, done)
    audit.record(connection, tenant, now, by, "publication.approve", str(version.id), {
        "digest": given, "person": person, "block": block, "reason": done.reason})
    after = standing(_with(version, done), now)
    if after.state is State.PUBLISHED:
        audit.record(connection, tenant, now, by, "publication.publish", str(version.id), {
            "digest": given, "people": [one.person for one in after.approvals], "override": after.overridden})
    return after


def withdraw(connection: Connection, tenant: str, version: Publication, now: datetime, *, role: Role, person: str,
             by: str, reason: str) -> None:
    """Take a version back. Raises ``UsageError`` for who may not, for one withdrawn already and without a reason."""
    if role not in MAY_APPROVE:
        _raise(Refusal.ROLE, version)
    version = publications.hold(connection, tenant, version.id) or version
    if standing(version, now).state is State.WITHDRAWN:
        _raise(Refusal.CLOSED, version)
    if not _good(reason):
        _raise(Refusal.REASON, version)
    publications.act(connection, tenant, version.id, Act("withdraw", version.digest, now, person, by, "", reason))
    audit.record(connection, tenant, now, by, "publication.withdraw", str(version.id), {
        "digest": version.digest, "person": person, "reason": reason})


def set_handling(connection: Connection, tenant: str, line: str, now: datetime, by: str) -> str:
    """Set the line on every page of the annex. Raises ``UsageError`` for an empty, long or unprintable one."""
    text = " ".join(line.split())
    if not text or not text.isprintable() or len(text) > HANDLING_MOST:
        raise UsageError("this is not a handling line", where="handling",
                         remedy=f"write 1 to {HANDLING_MOST} printable characters, for example {HANDLING}")
    publications.set_handling(connection, tenant, text, now=now, by=by)
    audit.record(connection, tenant, now, by, "handling.set", "", {"line": text})
    return text


def handling(connection: Connection, tenant: str) -> str:
    """The line on every page of the annex: never empty."""
    return publications.handling(connection, tenant) or HANDLING


def _complete(approvals: Sequence[Act], *, blocked: bool) -> bool:
    """Whether two people, the console standing for one at most, have said all that is asked of them."""
    said = [one for one in approvals if one.reason or not blocked]
    return len({"console" if _console(one.by) else one.by for one in said}) >= 2


def _good(reason: str) -> bool:
    return (REASON_LEAST <= len(reason.strip()) <= REASON_MOST
            and all(one.isprintable() or one in "\r\n\t" for one in reason))


def _console(by: str) -> bool:
    return by.startswith("console:")


def _with(version: Publication, done: Act) -> Publication:
    return Publication(version.id, version.prepared, version.prepared_by, version.digest, version.record,
                       (*version.acts, done))


def _raise(found: Refusal | None, version: Publication) -> None:
    if found is not None:
        what, remedy = WHY[found]
        raise UsageError(what, where=f"public version {version.id}", remedy=remedy)
