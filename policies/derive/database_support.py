"""Until when the server of each declared registration database is supported.

A server on this machine is looked for among the installed packages, which say who mends it. Of a
server elsewhere only the version is known.
"""

from __future__ import annotations

from typing import Any

from hustings.facts import Disclosure, Fact, Listing, Missing, Type
from policies.derive.base import Derived, Inputs
from policies.derive.os_support import SYSTEM_FACTS
from policies.derive.products_support import installed_support
from policies.derive.support_records import PRODUCT_FIELDS, moment_of, support_record, table_of, text_of
from policies.lifecycle import Table
from policies.support import LOCAL_HOSTS, Support, of_database


def _derive(inputs: Inputs) -> dict[str, Any]:
    table = table_of(inputs)
    if isinstance(table, Missing):
        return {"database.support": table}
    said = [text_of(inputs, fact) for fact in ("registration.engine", "registration.version")]
    for one in said:
        if isinstance(one, Missing):
            return {"database.support": one}
    engine, version = map(str, said)
    local = _installed(table, inputs, engine, version)
    if isinstance(local, Missing):
        return {"database.support": local}
    return {"database.support": Listing([support_record(local or of_database(table, engine, version,
                                                                              moment_of(inputs)))])}


def _installed(table: Table, inputs: Inputs, engine: str, version: str) -> Support | Missing | None:
    """The installed server a database on this machine runs on; None if it is not a package of this machine."""
    host = next((one.host for one in inputs.declared.databases if one.name == inputs.subject), "")
    if host not in LOCAL_HOSTS and not host.startswith("/"):
        return None
    answer = installed_support(table, inputs)
    if isinstance(answer, Missing):
        return answer
    wanted = table.cycle(engine, version)
    title = getattr(wanted, "title", "")
    return next((one for one in answer[0] if one.product == engine and one.title == title), None)


DERIVED = Derived(
    facts=(Fact("database.support", Type.RECORDS, "Support of the server that holds a registration database: "
                "one record", Disclosure.SHARED, each="database", fields=PRODUCT_FIELDS),),
    inputs=("registration.engine", "registration.version", "products.installed", *SYSTEM_FACTS),
    derive=_derive,
)
