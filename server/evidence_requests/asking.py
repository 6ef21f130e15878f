"""Asking for evidence, taking what comes, deciding on it. Nothing that came is ever opened, run or shown."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import Connection

from hustings.errors import BadDocument, CannotFinish, UsageError
from server import attest
from server.attestations import typed
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, evidence_requests
from server.store.evidence_requests import Request, Upload
from server.store.people import Role

MAY_ASK = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
MAY_DECIDE = frozenset({Role.ADMINISTRATOR, Role.STAFF})
"""Who may accept a file, or enter it as a recording."""
PARTIES = ("vendor", "state", "county")
LONGEST = timedelta(days=90)
"""How long after the day it is due files are still taken, at most."""
GRACE = timedelta(days=30)
MOST_LINES = 20
MAX_FILE = 16 << 20
MAX_FILES = 10
"""Files in answer to one request."""
MAX_KEPT = 512 << 20
"""Bytes of files that one office holds."""


def ask(connection: Connection, tenant: str, data: Mapping[str, object], assets: Collection[str], *, by: str,
        now: datetime) -> tuple[int, str]:
    """Write a request down: its number, and the secret of its link. Raises ``Spoken``."""
    today = now.astimezone(UTC).date()
    party = typed.one_of(data, "party", PARTIES)
    recipient = typed.line(data, "recipient")
    address = typed.line(data, "address", required=False)
    language = typed.one_of(data, "language", ("en", "fr"))
    lines = [" ".join(one.split()) for one in typed.text(data, "asked").splitlines() if one.strip()]
    if len(lines) > MOST_LINES:
        raise Spoken(N_("There are %(length)s lines; there is room for %(most)s."), N_("Ask for less at a time."),
                     {"length": len(lines), "most": MOST_LINES}, field="asked")
    due = typed.day(data, "due", first=today + timedelta(days=1), last=today + timedelta(days=365))
    chosen = typed.several(data, "assets")
    if not set(assets).issuperset(chosen):
        raise Spoken(N_("The inventory holds no such system."), N_("Read the page again, and choose anew."),
                     field="assets")
    expires = datetime.combine(due, datetime.min.time(), UTC) + GRACE
    number, secret = evidence_requests.add(
        connection, tenant, party=party, recipient=recipient, address=address, language=language, asked=lines,
        assets=sorted(set(chosen)), day=today, due=due, made=now, by=by, expires=expires)
    audit.record(connection, tenant, now, by, "evidence.ask", str(number), {
        "party": party, "recipient": recipient, "due": due.isoformat()})
    return number, secret


def renew(connection: Connection, tenant: str, request: Request, *, by: str, now: datetime) -> str:
    """Another link for a request that is open; the one before opens nothing any more. Raises ``Spoken``."""
    if request.closed is not None:
        raise Spoken(N_("This request is closed."), N_("Make a new one."))
    secret = evidence_requests.renew(connection, tenant, request.number, max(request.expires, now + GRACE))
    audit.record(connection, tenant, now, by, "evidence.renew", str(request.number), {})
    return secret


def close(connection: Connection, tenant: str, request: Request, data: Mapping[str, object], *, by: str,
          now: datetime) -> None:
    """Close a request with what came of it. Raises ``Spoken``."""
    outcome = typed.text(data, "outcome", most=1000)
    if not evidence_requests.close(connection, tenant, request.number, at=now, by=by, outcome=outcome):
        raise Spoken(N_("This request is closed."), N_("Make a new one."))
    audit.record(connection, tenant, now, by, "evidence.close", str(request.number), {"outcome": outcome})


def take(connection: Connection, request: Request, data: Mapping[str, object], file: str, content: bytes,
         now: datetime) -> int:
    """Keep a file that came by the link. Raises ``Spoken`` for one too many, and for none."""
    sender = typed.line(data, "sender")
    if not content:
        raise Spoken(N_("The file is empty."), N_("Choose the file that shows it."), field="file")
    if len(content) > MAX_FILE:
        raise Spoken(N_("The file is larger than 16 MB."), N_("Send a part, or ask the office for another way."),
                     field="file")
    if len(request.uploads) >= MAX_FILES or evidence_requests.kept(connection, request.tenant) > MAX_KEPT:
        raise Spoken(N_("There is no room for another file."), N_("Ask the office for another way."), field="file")
    digest = hashlib.sha256(content).hexdigest()
    if any(one.sha256 == digest for one in request.uploads):
        raise Spoken(N_("This very file is here already."), N_("There is nothing more to do."), field="file")
    name = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in file)[-200:] or "?"
    number = evidence_requests.take(connection, request.tenant, request.number, at=now, sender=sender, file=name,
                                    sha256=digest, content=content)
    audit.record(connection, request.tenant, now, f"link:{request.number}", "evidence.take", str(request.number), {
        "upload": number, "sender": sender, "file": name, "sha256": digest, "size": len(content)})
    return number


def decide(connection: Connection, tenant: str, request: Request, upload: Upload, data: Mapping[str, object], *,
           by: str, now: datetime, key_file: Path) -> None:
    """Accept a file, refuse it, or enter it as the recording of a machine, in the office's own name.

    Raises ``Spoken``; ``ConfigError`` as the key for people's word does.
    """
    how = typed.one_of(data, "how", ("accept", "refuse", "import"))
    note = typed.text(data, "note", most=1000)
    if upload.decided is not None:
        raise Spoken(N_("Somebody decided on this file already."), N_("Read the page again."))
    imported = ""
    if how == "import":
        if data.get("sure") != "yes":
            raise Spoken(N_("Nobody has vouched for it."), N_("Tick that it is of that machine."), field="sure")
        content = evidence_requests.content(connection, tenant, request.number, upload.number) or b""
        try:
            machine, _ = attest.enter(connection, content, attest.Attestation(tenant, by, now), key_file)
        except (BadDocument, UsageError, CannotFinish) as error:
            raise Spoken(N_("It cannot be entered: %(why)s."),
                         N_("It must be what `hustings check --recorded … --format report` writes."),
                         {"why": error.what}, field="how") from error
        imported = machine.id
    evidence_requests.decide(connection, tenant, upload.number, at=now, by=by, accepted=how != "refuse", note=note,
                             imported=imported)
    audit.record(connection, tenant, now, by, "evidence.decide", str(request.number), {
        "upload": upload.number, "how": how, "note": note, "machine": imported})
