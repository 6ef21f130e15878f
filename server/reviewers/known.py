"""The names an office is known to have: of machines, sites, people and serial numbers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.reviewers.names import Known
from server.store import equipment, inventory
from server.store.schema import agents, heads, people


def known(connection: Connection, tenant: str) -> Known:
    """What is blotted out of texts for who is not to know names."""
    hosts = set(connection.scalars(sa.select(agents.c.host).where(agents.c.tenant == tenant)))
    hosts |= set(connection.scalars(sa.select(heads.c.host).where(heads.c.tenant == tenant)))
    sites = set(connection.scalars(sa.select(agents.c.site).where(agents.c.tenant == tenant)))
    declared = inventory.current(connection, tenant)
    for one in declared.assets if declared else ():
        hosts.add(one.asset)
        sites.add(one.site)
    serials: set[str] = set()
    version = equipment.current(connection, tenant)
    for row in equipment.rows(connection, tenant, version.id) if version else ():
        hosts.add(row.asset)
        serials.update(str(one) for one in row.row.get("serials") or ())
        sites.add(str(row.row.get("place") or ""))
    names = set(connection.scalars(sa.select(people.c.name).where(people.c.tenant == tenant)))
    return Known(_some(hosts), _some(sites), _some(names), _some(serials))


def _some(found: set[str]) -> frozenset[str]:
    return frozenset(one for one in found if one.strip())
