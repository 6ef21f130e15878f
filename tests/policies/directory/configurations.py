"""Tenant configurations as they are written in ``configurations/``: policies in Graph's own JSON, and a cast."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from collectors import _entra_policies as graph
from hustings.declared import Tenant
from hustings.directory.entra import Group, Location, RoleAssignment, State, User
from hustings.directory.unread import Unread
from hustings.facts import Reason
from policies.directory.context import Context

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
PLACE = Path(__file__).parent / "configurations"
GLOBAL, USERS = "62e90394-69f5-4237-9190-012177145e10", "fe930be7-5e62-47db-91af-98c3a49a38b1"
CUSTOM = "0000aaaa-0000-0000-0000-000000000001"
CAST: dict[str, dict[str, Any]] = {
    "ann": {}, "bob": {}, "gia": {}, "tom": {}, "eve": {}, "vic": {}, "cus": {},
    "pat": {"name": "pat_party.example#EXT#@office.example", "guest": True, "external": True},
    "lou": {"name": "lou_county.example#EXT#@office.example", "external": True},
    "max": {"guest": True},
}
GROUPS = ({"id": "staff", "name": "Staff", "members": ["ann", "bob"], "direct": ["ann"]},
          {"id": "field", "name": "Field work", "members": ["bob"], "direct": ["bob"]},
          {"id": "helpers", "name": "Helpers", "members": ["tom"], "direct": ["tom"]})
ROLES = (
    RoleAssignment(GLOBAL, "Global Administrator", "gia", "user"),
    RoleAssignment(USERS, "User Administrator", "helpers", "group"),
    RoleAssignment(GLOBAL, "Global Administrator", "eve", "user", eligible=True),
    RoleAssignment(USERS, "User Administrator", "vic", "user", scope="/administrativeUnits/1"),
    RoleAssignment(CUSTOM, "Reads reports", "cus", "user", builtin=False, privileged=False),
)
KEYS = {"name", "policies", "users", "groups", "roles", "locations", "strengths", "security_defaults", "unread",
        "declared", "expect", "detail", "near_miss", "legacy", "resistant", "registration", "excused", "absent"}


@dataclass(frozen=True)
class Configuration:
    """A tenant and the right answers."""

    name: str
    state: State
    context: Context
    said: dict[str, Any] = field(repr=False)

    def expected(self, question: str) -> dict[str, str]:
        """By account the answer to one question, for those of whom it says one."""
        said = dict(self.said.get(question, {}))
        everyone = said.pop("everyone", None)
        names = [one.id for one in self.state.users if one.enabled] if everyone else []
        return {**dict.fromkeys(names, everyone), **said}


def every() -> list[Configuration]:
    """All of them, by file and as they are written."""
    return [_one(path.stem, body) for path in sorted(PLACE.glob("*.yaml"))
            for body in yaml.safe_load(path.read_text(encoding="utf-8"))["configurations"]]


def _one(theme: str, body: dict[str, Any]) -> Configuration:
    assert set(body) <= KEYS, set(body) - KEYS
    users = [User(id=name, **{"name": f"{name}@office.example", **given, **body.get("users", {}).get(name, {})})
             for name, given in CAST.items()]
    groups = {one["id"]: one for one in (*GROUPS, *body.get("groups", ()))}
    policies = [graph.policy(one) for one in body.get("policies", ())]
    state = State(
        "tenant", NOW, users=tuple(users), policies=tuple(policies),
        groups=tuple(msgspec.convert(one, Group) for one in groups.values()),
        roles=ROLES if "roles" not in body else (), security_defaults=body.get("security_defaults", False),
        locations=tuple(msgspec.convert(one, Location) for one in body.get("locations", ())),
        strengths=tuple(graph.strength(one) for one in body.get("strengths", ())),
        unread={name: Unread(Reason.DENIED if grant else Reason.UNSUPPORTED, f"Graph refused {name}", grant=grant)
                for name, grant in body.get("unread", {}).items()})
    tenant = msgspec.convert({"name": "office", "kind": "entra", **body.get("declared", {})}, Tenant)
    return Configuration(f"{theme}: {body['name']}", state, Context(tenant, NOW), body)
