"""directory_google: the accounts, settings and devices of each declared Google Workspace tenant.

A service account asks in an administrator's name (``hustings directory setup google``), reads only, and what it read
stays on the machine.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from collectors import _secret_file
from collectors.base import ABSENT, Collected, Collector, Dated, Disclosure, Fact, Platform, Type, key
from collectors.host.protocol import Host, LookError, Unsupported
from hustings.declared import Declared, Tenant

if TYPE_CHECKING:
    from collectors._patience import Patience
    from hustings.directory.google import State

SECONDS = 540.0
"""For all tenants together."""


def collect(host: Host, declared: Declared) -> Collected:
    """The state of every declared tenant; one that does not answer costs its own alone."""
    import msgspec

    own = [one for one in declared.tenants if one.kind == "google"]
    found: Collected = {key("directory.google_state", one.name): ABSENT for one in declared.tenants}
    for one in own:
        try:
            state = read(host, one, within=SECONDS / len(own))
        except LookError as error:
            found[key("directory.google_state", one.name)] = error.missing
        else:
            found[key("directory.google_state", one.name)] = Dated(msgspec.json.encode(state).decode(), state.read_at)
    return found


def read(host: Host, tenant: Tenant, *, within: float, patience: Patience | None = None) -> State:
    """A tenant as it is now, in at most ``within`` seconds (``patience``: on another clock). Raises ``LookError``
    where nothing can be read."""
    if host.kind not in ("live", "network"):
        raise Unsupported("a directory is asked over the network, which an image or a recording does not have")
    from collectors import _google_state
    from collectors._patience import Patience
    from collectors.google_door import Google
    from collectors.google_sign_in import Account

    account = Account(_secret_file.read(host, tenant.key_file), tenant)
    google = Google(tenant, account, _google_state.sections(tenant), patience or Patience(within))
    return _google_state.read(google, tenant, host.now())


COLLECTOR = Collector(
    name="directory_google",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("directory.google_state", Type.TEXT, "A Google Workspace tenant's accounts, settings and devices as "
             "Google's interfaces tell them, as JSON; absent for tenants of other kinds", Disclosure.LOCAL,
             each="tenant"),
    ),
    collect=collect,
    timeout=600.0,
    every=timedelta(hours=12),
    each="tenant",
    needs="a service account's key that this machine's agent can read (hustings directory setup google)",
)
