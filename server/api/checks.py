"""The checks of the pack that this server judges with."""

from __future__ import annotations

import msgspec

from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.api.words import Words, words

_READ = rules.api("scorecard:read", reviewing=Reviewing.SCOPED)


class Check(msgspec.Struct, frozen=True):
    """What a check asks for, and why."""

    check: str
    row: str
    """Its row of the catalogue."""
    severity: str
    scope: str
    """machine or office."""
    title: Words
    plain: Words
    """What is at stake, in a sentence for everyone."""
    why: Words
    references: dict[str, tuple[str, ...]]


@read("/v1/checks", _READ)
def checks(call: Call, asked: Paged) -> Page[Check]:
    """Every check, by its id."""
    return cut(call.pack.checks, asked, lambda one: one.id, lambda one: Check(
        one.id, one.catalogue, one.severity.value, one.scope, words(one.title), words(one.plain), words(one.why),
        {name: getattr(one.references, name) for name in ("cis", "csf", "cpg", "paris")}))


ROUTES = [checks]
