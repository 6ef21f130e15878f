"""Enrolment: a one-time token and a signed request become an agent."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

import msgspec

from hustings import envelope, keys, report
from hustings.errors import BadDocument, TooLarge, Untrusted
from hustings.report import Enrolled, Enrollment
from server import screen
from server.problems import Refused
from server.store import agents, audit, tokens
from server.store.agents import Agent, State
from server.store.database import WHOLE_SERVER, Database
from server.store.tokens import Token

MAX_BODY = 64 << 10


def enroll(database: Database, body: bytes, clock: Callable[[], datetime]) -> bytes:
    """Redeem a token and return the answer's bytes; the same request again gets the same bytes.

    The request is a DSSE envelope by the key it names: the signature proves possession. Raises
    ``Refused``: ``bad_token`` for any token that does not hold, unknown, expired or used alike.
    """
    request, public, digest = _open(body)
    with database.write(WHOLE_SERVER) as connection:
        token = tokens.find(connection, request.token)
        if token is None:
            raise Refused("bad_token")
        now = clock()
        if token.redeemed is not None:
            return _again(token, digest)
        if token.expires <= now:
            raise Refused("bad_token")
        if agents.by_key(connection, keys.key_id(public)) is not None:
            found = tokens.find(connection, request.token)
            if found is not None and found.request == digest:  # the same request was answered a moment ago
                return _again(found, digest)
            raise Refused("key_in_use", "make a new key to enrol again")
        database.narrow(connection, token.tenant)
        agent = Agent(
            id=secrets.token_hex(12), tenant=token.tenant, public_key=public, key_id=keys.key_id(public),
            state=State.APPROVED, host=request.host, roles=token.roles or request.roles, site=token.site,
            enrolled=now, revoked=None)
        answer = msgspec.json.encode(Enrolled(agent.tenant, agent.id, agent.state.value, now))
        if not tokens.redeem(connection, token, request=digest, answer=answer, agent=agent.id, now=now):
            found = tokens.find(connection, request.token)
            return _again(found or token, digest)
        agents.add(connection, agent)
        audit.record(connection, agent.tenant, now, f"agent:{agent.id}", "agent.enroll", agent.id,
                     {"host": agent.host, "roles": list(agent.roles), "site": agent.site, "token": token.id})
        return answer


def _again(token: Token, digest: str) -> bytes:
    """The answer that may have been lost on its way, for the very request that earned it."""
    if token.answer is None or token.request != digest:
        raise Refused("bad_token")
    return token.answer


def _open(body: bytes) -> tuple[Enrollment, bytes, str]:
    try:
        sealed = envelope.parse(body)
        request = report.decode_enrollment(sealed.content())
        public = keys.decode(request.public_key)
        payload = envelope.verify(sealed, envelope.ENROLLMENT, public)
        screen.enrollment(request)
    except TooLarge as error:
        raise Refused("too_large", error.what) from error
    except BadDocument as error:
        raise Refused("malformed", error.what) from error
    except Untrusted as error:
        raise Refused("bad_signature", error.what) from error
    return request, public, envelope.digest(payload)
