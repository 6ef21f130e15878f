"""Asking an LDAP server of a test as the product does, and judging what it said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from collectors.directory_ldap import read
from collectors.host.live import LiveHost
from hustings.declared import Tenant
from hustings.directory.ldap import State
from hustings.facts import Listing
from hustings.roster import Roster
from policies.directory import ldap
from policies.directory.context import Context
from tests.slapd import PASSWORD, READER, Slapd


def tenant(server: Slapd, tmp_path: Path, kind: str = "active-directory", **said: Any) -> Tenant:
    """The server, as machine.yaml would declare it."""
    secret = tmp_path / "password"
    if not secret.exists():
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o600)
    return Tenant(**{"name": "office", "kind": kind, "url": server.url, "bind": READER, "password_file": str(secret),
                     **said})


def state(one: Tenant) -> State:
    """What is read of it, over the wire."""
    return read(LiveHost(), one)


def judged(seen: State, one: Tenant, roster: Roster | None = None) -> dict[str, Any]:
    """The facts, through the text that the collector would leave."""
    return ldap.answers(msgspec.json.encode(seen).decode(), Context(one, seen.read_at, roster))


def accounts(answer: Any) -> list[str]:
    """Whom a complete list names."""
    assert isinstance(answer, Listing), answer
    assert answer.complete, answer.why
    return sorted(str(one["account"]) for one in answer.items)


def pairs(answer: Any, field: str) -> list[tuple[str, str]]:
    """Whom a complete list names, and for what."""
    assert isinstance(answer, Listing), answer
    assert answer.complete, answer.why
    return sorted((str(one["account"]), str(one[field])) for one in answer.items)
