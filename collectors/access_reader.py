"""Who may do what in a database, read once: the door to every engine.

SQL Server and Oracle would be further lines of ``READERS``.
"""

from __future__ import annotations

from importlib import import_module

from hustings.access.rights import MARIADB, MYSQL, POSTGRESQL
from hustings.access.state import State
from hustings.errors import UsageError

READERS = {
    POSTGRESQL: "collectors.access_postgresql",
    MARIADB: "collectors.access_mariadb",
    MYSQL: "collectors.access_mariadb",
}
"""Engine to the module whose ``read_state`` knows it."""


def read(engine: str, dsn: str, *, variable: str = "", schemas: tuple[str, ...] = (), counts: tuple[str, ...] = (),
         within: float = 60) -> State:
    """Read one database as the unprivileged auditing account, in one moment and without changing anything.

    ``dsn`` is never shown; messages name ``variable``, the environment variable it came from. ``schemas``
    empty: all that are not the engine's own. ``counts``: the office's counting functions to call. ``within``:
    seconds for any one query.

    Raises ``UsageError`` (a DSN that is malformed or unsafe, a schema that is not there) and ``CannotFinish``
    (unreachable, refused, no driver). What the account may not see is in ``State.missing``.
    """
    if engine not in READERS:
        raise UsageError(f"no reader for the engine {engine!r}", where="--engine",
                         remedy=f"one of {', '.join(READERS)}")
    module = import_module(READERS[engine])
    state = module.read_state(dsn, engine=engine, variable=variable, schemas=schemas, counts=counts, within=within)
    assert isinstance(state, State)
    return state
