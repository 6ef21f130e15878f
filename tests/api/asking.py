"""Tokens for people, and requests that show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx

from server.api.scopes import SCOPES
from server.store import api_tokens
from server.store.people import Person
from tests.server.setups import Office


def token(office: Office, person: Person, scopes: Iterable[str] = SCOPES, *, life: timedelta = timedelta(days=30),
          engagement: int | None = None, name: str = "test") -> str:
    """A token of ``person``, with every scope unless told."""
    with office.database.write(person.tenant) as connection:
        return api_tokens.create(connection, person.tenant, person.id, name=name, scopes=scopes, life=life,
                                 now=office.now(), by=f"person:{person.name}", engagement=engagement)[1]


def ask(office: Office, secret: str, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    """One request with a token."""
    headers = {"authorization": f"Bearer {secret}", **options.pop("headers", {})}
    return office.request(method, path, headers=headers, **options)
