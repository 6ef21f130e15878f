"""Providers opened for use, and sign-ins begun and ended."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.config import Config
from server.problems import Refused
from server.seal import open_sealed, seal
from server.single_sign_on.arrival import Arrived, arrive
from server.single_sign_on.door import Door
from server.single_sign_on.model import Kind, Provider, Rejected
from server.store import audit, single_sign_on, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.single_sign_on import Kept
from server.throttle import Throttle

logger = logging.getLogger(__name__)
BACK = "/sign-in/single/back"
_ANSWER = ("code", "state", "error", "error_description", "session_state", "iss")
_LONGEST = 4096


class SingleSignOn:
    """Signs people in through their office's provider. Safe to share between threads."""

    def __init__(self, config: Config, database: Database, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._door = Door(clock)
        self._by_peer = Throttle(rate=1 / 5, burst=30)

    def begin(self, slug: str, place: str, peer: str) -> tuple[str, str]:
        """Where to send the browser, and the secret of a cookie that it must bring back.

        Raises ``Refused``: ``not_found``, ``too_many``; ``CannotFinish`` when the provider cannot be reached.
        """
        self._slow(peer)
        with self._database.read(WHOLE_SERVER) as connection:
            kept = single_sign_on.by_slug(connection, slug)
        if kept is None:
            raise Refused("not_found")
        address, flow = self._door.begin(opened(self._config, kept), self._config.url + BACK)
        browser = secrets.token_urlsafe(32)
        with self._database.write(kept.tenant) as connection:
            single_sign_on.begin(connection, kept, flow["state"], browser, flow, place, self._clock())
        return address, browser

    def finish(self, answer: dict[str, str], browser: str, *, peer: str, device: str) -> tuple[Arrived, str]:
        """Who came in, and where to go. Raises ``Rejected``, ``Refused`` and ``CannotFinish``."""
        self._slow(peer)
        answer = {name: value[:_LONGEST] for name, value in answer.items() if name in _ANSWER}
        with self._database.write(WHOLE_SERVER) as connection:
            begun = single_sign_on.take(connection, answer.get("state", ""), browser, self._clock())
        if begun is None:
            raise Rejected("state", "no sign-in of this browser waits for that answer")
        with self._database.read(begun.tenant) as connection:
            kept = next((one for one in single_sign_on.every(connection, begun.tenant)
                         if one.id == begun.provider and one.disabled is None), None)
        if kept is None:
            raise Rejected("state", "the provider was removed meanwhile")
        provider = opened(self._config, kept)
        try:
            claims = self._door.finish(provider, begun.flow, answer)
            with self._database.write(begun.tenant) as connection:
                return arrive(connection, provider, claims, self._clock(), peer=peer, device=device), begun.next
        except Rejected as rejected:
            self._refused(provider, rejected, peer)
            raise

    def _refused(self, provider: Provider, rejected: Rejected, peer: str) -> None:
        logger.warning("a sign-in through a provider was refused", extra={"why": rejected.why})
        with self._database.write(provider.tenant) as connection:
            audit.record(connection, provider.tenant, self._clock(), f"provider:{provider.name}",
                         "person.sign-in-refused", provider.name,
                         {"via": "single", "why": rejected.why, "detail": rejected.detail[:300], "peer": peer})

    def _slow(self, peer: str) -> None:
        if wait := self._by_peer.take(peer):
            raise Refused("too_many", "too many attempts to sign in", retry_after=max(1, round(wait)))


def offered(database: Database) -> list[Kept]:
    """The providers that the sign-in page names: those of the one office there is. Of several offices none is named,
    since a stranger learns of no office here: their people have the address."""
    with database.read(WHOLE_SERVER) as connection:
        offices = tenants.every(connection)
        if len(offices) != 1:
            return []
        return [one for one in single_sign_on.every(connection, offices[0].id) if one.disabled is None]


def opened(config: Config, kept: Kept) -> Provider:
    """A provider with its secret. Raises ``ConfigError``."""
    secret = open_sealed(config, kept.secret, purpose(kept.tenant, kept.client))
    return Provider(kept.id, kept.tenant, kept.slug, kept.name, Kind(kept.kind), kept.authority, kept.client,
                    secret.decode(), kept.claim, tuple((group, Role(role)) for group, role in kept.groups),
                    kept.proves_second_factor, kept.authorities, kept.created, kept.disabled)


def sealed(config: Config, tenant: str, client: str, secret: str) -> bytes:
    """A client secret as it is stored."""
    return seal(config, secret.encode(), purpose(tenant, client))


def purpose(tenant: str, client: str) -> str:
    """What a client secret is bound to."""
    return f"identity provider {tenant} {client}"


def plain(kept: Kept) -> dict[str, Any]:
    """A provider without its secret, for lists."""
    return {"name": kept.name, "kind": kept.kind, "authority": kept.authority, "client": kept.client,
            "claim": kept.claim, "groups": [{"group": group, "role": role} for group, role in kept.groups],
            "proves_second_factor": kept.proves_second_factor, "path": f"/sign-in/single/{kept.slug}",
            "created": kept.created, "disabled": kept.disabled}
