"""How the office is set up: what it is, what holds its deletions, and where notices go."""

from __future__ import annotations

import msgspec

from hustings.times import Moment
from server.access import rules
from server.api.call import Call
from server.api.endpoint import read
from server.keeping import holds
from server.store import settings as settings_store
from server.store import webhooks as webhooks_store
from server.store.people import Role

_READ = rules.api("settings:read", (Role.ADMINISTRATOR, Role.STAFF))


class Webhook(msgspec.Struct, frozen=True):
    """Where notices are sent by machine. Its secret is shown nowhere."""

    number: int
    name: str
    url: str
    kinds: list[str]
    created: Moment


class Settings(msgspec.Struct, frozen=True):
    """How the office is set up."""

    profile: str
    """office or campaign."""
    zone: str
    """The time zone whose days count."""
    held: bool
    """Whether a legal hold blocks every deletion."""
    webhooks: list[Webhook]
    """Those in use."""


@read("/v1/settings", _READ)
def settings(call: Call) -> Settings:
    """The settings in force."""
    with call.database.read(call.tenant) as connection:
        found = settings_store.current(connection, call.tenant)
        held = holds.held(connection, call.tenant) is not None
        used = webhooks_store.used(connection, call.tenant)
    return Settings(found.profile.value, found.zone, held, [
        Webhook(one.id, one.name, one.url, sorted(one.kinds), one.created) for one in used])


ROUTES = [settings]
