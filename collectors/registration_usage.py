"""registration_usage: which rights were used, as the store says that ``hustings access usage`` fills from logs."""

from __future__ import annotations

from pathlib import Path

import msgspec

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Missing, Platform, Reason, Type, key
from collectors.host.protocol import Host, LookError, Unsupported
from hustings.declared import Database, Declared
from hustings.errors import HustingsError


def collect(host: Host, declared: Declared) -> Collected:
    """The usage of every declared database that names a store, without the statements themselves."""
    return {key("registration.usage", one.name): _usage(host, one) for one in declared.databases}


def _usage(host: Host, database: Database) -> object:
    if not database.usage:
        return ABSENT
    from collectors.statement_log import store

    try:
        if host.kind != "live":
            raise Unsupported("a store of usage is read on the machine that keeps it")
        host.stat(database.usage)
        usage = store.load(Path(database.usage))
    except LookError as error:
        return error.missing
    except HustingsError as error:
        return Missing(Reason.ERROR, f"{error.where}: {error.what}"[:300])
    return msgspec.json.encode(msgspec.structs.replace(usage, shapes=())).decode()


COLLECTOR = Collector(
    name="registration_usage",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("registration.usage", Type.TEXT, "Which account used which right when, as the statement logs tell, as "
             "JSON; absent where no store is declared", Disclosure.LOCAL, each="database"),
    ),
    collect=collect,
    timeout=60.0,
    each="database",
    needs="read the store of usage that machine.yaml names",
)
