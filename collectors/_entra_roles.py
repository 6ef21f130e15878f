"""Directory roles: who holds them, who may activate them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from collectors._entra_fields import Body, flag, needed, record, text
from collectors._entra_role_table import ORDINARY
from hustings.directory.entra import RoleAssignment

Definitions = Mapping[str, tuple[str, str, bool]]
"""By id of a role's definition: its template's id, its name, whether it is built in."""
KINDS = {"#microsoft.graph.user": "user", "#microsoft.graph.group": "group",
         "#microsoft.graph.servicePrincipal": "servicePrincipal"}
UNKNOWN = ""
"""The kind of a principal of which the answer does not tell."""


def definition(body: Body) -> tuple[str, tuple[str, str, bool]]:
    """A ``unifiedRoleDefinition``, by its id. The template of a built-in role is what policies name it by."""
    found = needed(body, "id")
    return found, (text(body, "templateId") or found, text(body, "displayName"), flag(body, "isBuiltIn", True))


def assignment(body: Body, definitions: Definitions, *, eligible: bool = False) -> RoleAssignment:
    """A ``unifiedRoleAssignment``, or with ``eligible`` a ``unifiedRoleEligibilityScheduleInstance``, with its
    principal expanded. A role that is not defined is one of the tenant's own, to be safe."""
    role = needed(body, "roleDefinitionId")
    template, name, builtin = definitions.get(role, (role, "", role in ORDINARY))
    principal = record(body, "principal")
    scope = text(body, "directoryScopeId") or text(body, "appScopeId") or "/"
    return RoleAssignment(
        role=template, role_name=name, principal=needed(body, "principalId"),
        kind=KINDS.get(text(principal, "@odata.type"), UNKNOWN),
        name=text(principal, "userPrincipalName") or text(principal, "displayName"), scope=scope, builtin=builtin,
        eligible=eligible, privileged=not (builtin and template in ORDINARY))
