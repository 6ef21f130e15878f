"""When more is known of the database than when a shape was read, its rights are worked out again."""

from __future__ import annotations

import json

from collectors.statement_log.derive import derive
from collectors.statement_log.names import Names
from collectors.statement_log.store_file import Store
from collectors.statement_log.tally import write_needs


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
            at, text, path, whole, sequences = int(str(row[0])), str(row[1]), str(row[2]), bool(row[3]), str(row[4])
            known = derive(
                text,
                names,
                tuple(one for one in path.split(",") if one),
                whole=whole,
                sequences=tuple((one[0], one[1]) for one in json.loads(sequences)),
            )
            connection.execute("delete from need where shape = ?", (at,))
            write_needs(connection, at, known)
            connection.execute(
                "update shape set understood = ?, why = ?, kind = ?, schemas = ?, derived = ? where id = ?",
                (int(known.understood), known.why, known.kind, ",".join(known.schemas), digest, at),
            )
    return len(old)
