"""Enrolment: a one-time token becomes an identity.

The signed request is written down before it is sent and sent again byte for byte until it is
answered, so that an answer lost on its way costs no token. ``agent.json`` is written last: before
it there is no new identity, after it there is no old one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent import authority, durable, identity, transport
from agent.identity import Identity, State
from agent.transport import Answer, HttpTransport, Transport, persistently
from hustings import __version__, envelope, keys, report, strict_json
from hustings.backoff import Backoff
from hustings.errors import BadDocument, CannotFinish, HustingsError, Untrusted, UsageError
from hustings.report import Enrolled, Enrollment

PATH = "/v1/enrollments"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z")


@dataclass(frozen=True)
class Wish:
    """What the enrolment line asks for. ``server`` and ``pin`` are as typed; ``pin`` may be empty."""

    server: str
    token: str
    pin: str
    host: str
    roles: tuple[str, ...]
    proxy: str = ""


class Pending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``enrolling.json``: a request that may have reached the server."""

    server: str
    token: str
    """SHA-256 of the token."""
    key: str
    body: str
    """Base64 of the envelope."""
    roles: tuple[str, ...]
    ca: str
    pin: str


def enroll(state: State, wish: Wish, *, force: bool = False, backoff: Backoff | None = None,
           pause: Callable[[float], None], connect: Callable[[str, Path | None, str], Transport] | None = None,
           fetch: Callable[[str, str], str] = authority.fetch) -> Identity:
    """Enrol with the server and keep the identity it gives.

    Raises ``UsageError`` if this machine is enrolled already (unless ``force``) or the address is
    unusable, ``Untrusted`` for a wrong pin, certificate or token, ``CannotFinish`` if no answer came.
    """
    server = transport.address(wish.server)
    pin = authority.parse_pin(wish.pin) if wish.pin else ""
    if pin and server.startswith("http:"):
        raise UsageError("plain http has no certificate to pin", where="--ca-pin", remedy="leave it out")
    if not wish.token.strip():
        raise UsageError("an empty token", where="--token", remedy="copy it from the enrolment line")
    state.create()
    with durable.alone(state.lock_file, "enrolled"), _leaving_nothing(state):
        if state.enrolled() and not force:
            raise _already(state)
        pending = _pending(state, wish, server, pin, fetch)
        ca = state.place / pending.ca if pending.ca else None
        ways = (connect or _connect)(server, ca, wish.proxy)
        answer = persistently(
            lambda: ways.post(PATH, base64.b64decode(pending.body), {"Content-Type": "application/json"}),
            backoff or Backoff(), pause)
        enrolled = _accepted(answer, server)
        found = Identity(
            schema=identity.SCHEMA, server=server, tenant=enrolled.tenant, agent=enrolled.agent,
            epoch=identity.new_epoch(), key=pending.key, enrolled=enrolled.server_time,
            approved=enrolled.state == "approved", roles=pending.roles, ca=pending.ca, pin=pending.pin,
            proxy=wish.proxy)
        state.save(found)
        _tidy(state, found)
        return found


@contextmanager
def _leaving_nothing(state: State) -> Iterator[None]:
    """Where it fails before a request was written down, take away the directory we made."""
    try:
        yield
    except HustingsError:
        if [one.name for one in state.place.iterdir()] == [state.lock_file.name]:
            state.lock_file.unlink()
            state.place.rmdir()
        raise


def _pending(state: State, wish: Wish, server: str, pin: str, fetch: Callable[[str, str], str]) -> Pending:
    """The request that was begun before with this very token, or a new one, on disk before it is sent."""
    fingerprint = hashlib.sha256(wish.token.encode()).hexdigest()
    try:
        begun = msgspec.json.decode(state.pending_file.read_bytes(), type=Pending)
    except (FileNotFoundError, msgspec.MsgspecError):
        begun = None
    if begun and (begun.server, begun.token, begun.pin) == (server, fingerprint, pin) and (
            state.place / begun.key).exists():
        return begun
    ca = ""
    if pin:
        ca = f"ca-{pin.removeprefix('sha256:')[:12]}.pem"
        durable.write(state.place / ca, fetch(server, pin).encode("ascii"))
    key = state.new_key()
    private = keys.load(state.place / key)
    request = Enrollment(
        schema=report.ENROLLMENT_SCHEMA, token=wish.token.strip(), public_key=keys.encode(keys.public_bytes(private)),
        host=wish.host, roles=wish.roles, agent_version=__version__, time=datetime.now(UTC))
    body = envelope.sign(report.encode(request), envelope.ENROLLMENT, private)
    pending = Pending(server, fingerprint, key, base64.b64encode(body).decode("ascii"), wish.roles, ca, pin)
    durable.write(state.pending_file, msgspec.json.encode(pending))
    return pending


def _accepted(answer: Answer, server: str) -> Enrolled:
    if answer.status == 401:
        raise Untrusted("the server refused the token: it is wrong, used, or too old", where=server,
                        remedy="make a new enrolment line on the server with `hustings server token`")
    if answer.status not in (200, 201):
        problem = answer.problem()
        said = problem.get("detail") or problem.get("title") or f"status {answer.status}"
        remedy = "try again later: the same token and key are used" if answer.status in (429, 500, 503) else (
            "check that the address is a Hustings server's; make a new enrolment line if it is")
        raise CannotFinish(f"enrolment was not accepted: {str(said)[:200]}", where=server, remedy=remedy)
    try:
        enrolled = msgspec.convert(strict_json.loads(answer.body, limit=1 << 16), Enrolled)
    except (BadDocument, msgspec.ValidationError) as error:
        raise CannotFinish(f"answered an enrolment with something else: {error}", where=server,
                           remedy="check that the address is a Hustings server's") from error
    if not _ID.match(enrolled.agent) or not enrolled.tenant:
        raise CannotFinish("gave this machine an unusable id", where=server, remedy="update the server or the agent")
    return enrolled


def _already(state: State) -> UsageError:
    try:
        known = state.peek()
    except (CannotFinish, UsageError):
        return UsageError("there is an enrolment here already", where=str(state.place),
                          remedy="add --force to replace it")
    return UsageError(f"this machine is enrolled at {known.server} since {known.enrolled:%Y-%m-%d}",
                      where=str(state.place), remedy="add --force to replace that enrolment")


def _tidy(state: State, found: Identity) -> None:
    """Remove what former and abandoned enrolments left: requests (they hold a token), keys and authorities."""
    durable.remove(state.pending_file)
    durable.remove(state.contact_file)
    for one in [*state.place.glob("agent-*.key"), *state.place.glob("ca-*.pem")]:
        if one.name not in (found.key, found.ca):
            durable.remove(one)


def _connect(server: str, ca: Path | None, proxy: str) -> Transport:
    return HttpTransport(server, ca=ca, proxy=proxy)
