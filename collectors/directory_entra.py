"""directory_entra: Microsoft Entra ID tenants as Microsoft Graph tells of them.

Everything a tenant's accounts, administrators, policies and applications have to do with signing in, read in one run,
or where Graph throttles in several (``recall``). What was read never leaves the machine: it holds everybody's name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Dated,
    Disclosure,
    Fact,
    Memory,
    Missing,
    Platform,
    Reason,
    Type,
    key,
)
from collectors.host.protocol import Host, LookError, Unsupported
from hustings.declared import Declared, Tenant

if TYPE_CHECKING:
    from collectors._entra_memory import Kept

FACT = "directory.entra_state"
KIND = "entra"
SECONDS = 560.0
"""For all tenants of this kind together, within the collector's own time."""


def collect(host: Host, declared: Declared) -> Collected:
    """The state of every declared tenant of this kind; one that does not answer costs its own alone."""
    return recall(host, declared, Memory())


def recall(host: Host, declared: Declared, memory: Memory) -> Collected:
    """The same, going on where the last run was throttled."""
    tenants = [one for one in declared.tenants if one.kind == KIND]
    collected: Collected = {key(FACT, one.name): ABSENT for one in declared.tenants if one.kind != KIND}
    if not tenants:
        return collected
    from collectors import _entra_memory

    before = _entra_memory.load(memory.before)
    after = []
    for one in tenants:
        kept = before.get(one.name)
        kept = kept if kept is not None and kept.tenant == one else None
        collected[key(FACT, one.name)], left = _state(host, one, kept, SECONDS / len(tenants),
                                                      remembers=memory.after is not None)
        if left is not None:
            after.append(left)
    _entra_memory.save(memory.after, after)
    return collected


def _state(host: Host, tenant: Tenant, kept: Kept | None, within: float, *,
           remembers: bool) -> tuple[object, Kept | None]:
    """What became of one tenant, and what to remember of it."""
    from collectors import _entra_run

    try:
        if host.kind not in ("live", "network"):
            raise Unsupported("a tenant is asked over a network, which an image or a recording does not have")
        state, left, progress = _entra_run.run(host, tenant, within=within, kept=kept, remembers=remembers)
    except LookError as error:
        return error.missing, kept
    if left is not None:
        return Missing(Reason.TIMEOUT, progress), left
    return Dated(msgspec.json.encode(state).decode(), state.read_at), None


COLLECTOR = Collector(
    name="directory_entra",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact(FACT, Type.TEXT, "A Microsoft Entra ID tenant as Microsoft Graph tells of it, as JSON; absent for tenants "
             "of another kind", Disclosure.LOCAL, each="tenant"),
    ),
    collect=collect,
    recall=recall,
    timeout=600.0,
    every=timedelta(hours=12),
    each="tenant",
    needs="sign in to the tenant as an application with the permissions of `hustings directory setup entra`",
)
