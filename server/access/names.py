"""Under which name a person signs in: ``NAME@HANDLE``, or the bare name where the server has one tenant."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from server.store import people, tenants
from server.store.people import Person


def person(connection: Connection, text: str) -> Person | None:
    """Who signs in under a text; None for nobody, and for a text that no name can be.

    The handle is what stands behind the last ``@``. Needs the scope of the whole server.
    """
    if not text or len(text) > 200 or not text.isprintable():
        return None
    name, at, handle = text.rpartition("@")
    tenant = tenants.by_handle(connection, handle.casefold()) if at else None
    if tenant is not None:
        return people.by_name(connection, tenant.id, name)
    every = tenants.every(connection)
    return people.by_name(connection, every[0].id, text) if len(every) == 1 else None
