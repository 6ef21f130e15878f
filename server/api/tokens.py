"""The token that asks: whose it is, and what it may do."""

from __future__ import annotations

from datetime import date

import msgspec

from server.access import rules
from server.access.rules import ANY_TOKEN
from server.api.call import Call
from server.api.endpoint import read


class Engaged(msgspec.Struct, frozen=True):
    """Of a reviewer: what the office lets them see."""

    number: int
    machines: tuple[str, ...]
    """Ids of machines; none: every machine."""
    areas: tuple[str, ...]
    """Areas of the catalogue; none: every area."""
    names_shown: bool
    until: date


class Token(msgspec.Struct, frozen=True):
    """What a token is."""

    person: str
    """Who made it, and as whom it acts."""
    role: str
    """The role of that person now."""
    office: str
    """The id of the office it looks at."""
    scopes: list[str]
    engagement: Engaged | None


@read("/v1/token", rules.api(ANY_TOKEN, reviewing=rules.Reviewing.HOME))
def token(call: Call) -> Token:
    """What this token may do, and as whom."""
    one = call.session
    engaged = one.engagement
    return Token(one.name, one.role.value, one.tenant, sorted(one.scopes), None if engaged is None else Engaged(
        engaged.id, engaged.machines, engaged.areas, engaged.names_shown, engaged.until))


ROUTES = [token]
