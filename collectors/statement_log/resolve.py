"""When more is known of the database than when a shape was read, its rights are worked out again.

``resolve_again`` writes that into the store; ``resolve_for`` answers one reader of a store and writes nothing.
"""

from __future__ import annotations

import json

from collectors.statement_log.derive import Derived, derive
from collectors.statement_log.names import WHOLE, Names
from collectors.statement_log.store_file import Store
from collectors.statement_log.written import write_needs


def resolve_again(store: Store, names: Names) -> int:
    """Bring every stored shape up to what is known now, if that is anything. The number of shapes changed."""
    if not names.relations and not names.complete:
        return 0
    digest = names.digest
    old = store.rows(
        "select id, text, path, whole, sequences from shape where derived <> '' and derived <> ?", (digest,)
    )
    if not old:
        return 0
    with store.transaction() as connection:
        for row in old:
            at, known = _derived(row, names)
            connection.execute("delete from need where shape = ?", (at,))
            write_needs(connection, at, known)
            connection.execute(
                "update shape set understood = ?, why = ?, kind = ?, schemas = ?, derived = ? where id = ?",
                (int(known.understood), known.why, known.kind, ",".join(known.schemas), digest, at),
            )
    return len(old)


def resolve_for(store: Store, names: Names | None) -> None:
    """Lay what is known now over the shapes that were read without knowing all, in tables of this connection alone."""
    connection = store.connection
    connection.execute('create temp table known_need (shape integer, object text, "column" text, "right" text)')
    connection.execute(
        "create temp table known_shape (id integer primary key, understood integer, why text, schemas text)")
    if names is not None and names.complete:
        for row in store.rows("select id, text, path, whole, sequences from shape where derived <> '' and "
                              "substr(derived, 1, ?) <> ?", (len(WHOLE), WHOLE)):
            at, known = _derived(row, names)
            connection.execute("insert into known_shape values (?, ?, ?, ?)",
                               (at, int(known.understood), known.why, ",".join(known.schemas)))
            connection.executemany("insert into known_need values (?, ?, ?, ?)", [(at, *need) for need in known.needs])
    connection.execute(
        'create temp view every_need as select shape, object, "column", "right" from main.need '
        "where shape not in (select id from known_shape) union all select * from known_need")
    connection.execute(
        "create temp view every_shape as select s.id, s.digest, s.text, s.database, s.path, s.role, s.plannable, "
        "coalesce(k.understood, s.understood) as understood, coalesce(k.why, s.why) as why, "
        "coalesce(k.schemas, s.schemas) as schemas from main.shape s left join known_shape k on k.id = s.id")


def _derived(row: tuple[object, ...], names: Names) -> tuple[int, Derived]:
    at, text, path, whole, sequences = int(str(row[0])), str(row[1]), str(row[2]), bool(row[3]), str(row[4])
    return at, derive(text, names, tuple(one for one in path.split(",") if one), whole=whole,
                      sequences=tuple((one[0], one[1]) for one in json.loads(sequences)))
