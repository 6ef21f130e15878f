"""What is read of a tenant, while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.graph_errors import Gone, GraphError
from hustings.directory.entra import (
    Application,
    Authorization,
    Device,
    Forwarding,
    Group,
    Location,
    Passwords,
    Policy,
    Registration,
    RoleAssignment,
    Strength,
    TenantDomain,
    User,
)

TOP = "999"
"""Objects a page, the most that Graph gives."""


@dataclass
class Found:
    """The sections as they are read."""

    domains: list[TenantDomain] = field(default_factory=list)
    licences: list[str] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    registrations: dict[str, Registration] = field(default_factory=dict)
    roles: list[RoleAssignment] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    security_defaults: bool = False
    policies: list[Policy] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    strengths: list[Strength] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    principals: set[str] = field(default_factory=set)
    """Ids of all service principals."""
    authorization: Authorization | None = None
    passwords: Passwords | None = None
    devices: list[Device] = field(default_factory=list)
    forwardings: list[Forwarding] = field(default_factory=list)


def insist(refused: Mapping[str, GraphError], *, gone: bool = False) -> None:
    """Raise the first refusal of several requests. With ``gone``, what does not exist any more is none."""
    for error in refused.values():
        if not (gone and isinstance(error, Gone)):
            raise error
