"""registration_access: who may do what in each registration database, where an access model or a roster is declared.

The whole state of accounts, memberships and access lists, read in one moment as the unprivileged auditing
account (``collectors.access_reader``) and kept on the machine. Which counting functions to call, the model says.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from collectors._database_address import address
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Missing, Platform, Reason, Type, key
from collectors.host.protocol import Host, LookError, Unsupported
from hustings.declared import Database, Declared
from hustings.errors import HustingsError
from hustings.yaml_source import LIMIT

SECONDS = 45.0
"""For any one query."""


def collect(host: Host, declared: Declared) -> Collected:
    """The state of every declared database that has a model, or of all with a roster; one that does not answer costs
    its own alone."""
    return {key("registration.access_state", one.name): _state(host, one, bool(declared.roster))
            for one in declared.databases}


def _state(host: Host, database: Database, roster: bool) -> object:
    if not database.access_model and not roster:
        return ABSENT
    from collectors import access_reader

    try:
        if host.kind != "live":
            raise Unsupported("a database is asked over a connection, which an image or a recording does not have")
        state = access_reader.read(database.engine, address(host, database), variable=database.name,
                                   counts=_counts(host, database), within=SECONDS)
    except LookError as error:
        return error.missing
    except HustingsError as error:
        return Missing(getattr(error, "reason", Reason.ERROR), f"{error.where}: {error.what}"[:300])
    return msgspec.json.encode(state).decode()


def _counts(host: Host, database: Database) -> tuple[str, ...]:
    """The counting functions that the model asks for; none where it cannot be understood, which is said elsewhere."""
    if not database.access_model:
        return ()
    from hustings.access import reading

    model, _ = reading.parse(host.read(database.access_model, limit=4 * LIMIT), database.access_model)
    return tuple(model.counts)


COLLECTOR = Collector(
    name="registration_access",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        Fact("registration.access_state", Type.TEXT, "Accounts, memberships and access lists as the database engine "
             "keeps them, as JSON; absent where neither an access model nor a roster is declared", Disclosure.LOCAL,
             each="database"),
    ),
    collect=collect,
    timeout=120.0,
    every=timedelta(hours=1),
    each="database",
    needs="sign in to the registration database as the auditing account (docs/registration-audit-role.md)",
)
