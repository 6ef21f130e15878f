"""The office's elections, past ones too."""

from __future__ import annotations

from datetime import date

import msgspec

from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.elections.model import Election as Known
from server.store import elections as store


class Window(msgspec.Struct, frozen=True):
    """Days around an election that something holds on. First and last day included."""

    kind: str
    first: date
    last: date
    rule: str
    """Where the office says it comes from."""
    equipment: tuple[str, ...]
    """Of a freeze: the kinds of equipment it binds; none: all."""


class Election(msgspec.Struct, frozen=True):
    """One election."""

    id: str
    name: str
    first: date
    last: date
    scale: str
    called: bool
    """Called suddenly."""
    windows: list[Window]


@read("/v1/elections", rules.api("plan:read", reviewing=Reviewing.WHOLE))
def elections(call: Call, asked: Paged) -> Page[Election]:
    """Elections by their first day of voting."""
    with call.database.read(call.tenant) as connection:
        found = store.every(connection, call.tenant)
    return cut(found, asked, lambda one: f"{one.first} {one.id}", _election)


def _election(one: Known) -> Election:
    return Election(one.id, one.name, one.first, one.last, str(one.scale), one.called, [
        Window(each.kind.value, each.first, each.last, each.rule, each.equipment) for each in one.windows])


ROUTES = [elections]
