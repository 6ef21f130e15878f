"""Directories of accounts: who can sign in to a tenant without a second factor, who administers it, who left.

What the collectors read stays on the machine; what is derived holds accounts, persons, applications and devices as
pseudonyms, or by name where the tenant's ``share`` says so.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec

from hustings.declared import Tenant
from hustings.directory.unread import Unread
from hustings.errors import ConfigError
from hustings.facts import Disclosure, Fact, Listing, Missing, Observation, Reason, Type
from hustings.roster import Roster
from policies.derive.base import Derived, Inputs
from policies.derive.support_records import table_of
from policies.directory.context import Context
from policies.directory.device_support import with_support
from policies.directory.facts import FACTS

STATES = {"entra": "directory.entra_state", "google": "directory.google_state",
          "active-directory": "directory.ldap_state", "ldap": "directory.ldap_state"}
"""By kind, the fact that holds what was read."""
_JUDGES = {"entra": "entra", "google": "google", "active-directory": "ldap", "ldap": "ldap"}
_ROSTER = "people.roster"
_KINDS = {"accounts": "account", "objects": "object"}


def _derive(inputs: Inputs) -> dict[str, Any]:
    tenant = next(one for one in inputs.declared.tenants if one.name == inputs.subject)
    shared = {"directory.shared_names": Listing([_KINDS[one] for one in tenant.share if one in _KINDS])}
    seen = inputs.facts[STATES[tenant.kind]]
    if not seen.known or seen.as_of is None:
        why = seen.missing or Missing(Reason.ERROR, "the directory was not asked")
        quiet = Missing(why.reason, "the directory could not be read; `hustings facts` on the machine says why")
        blocked = {fact.id: quiet if fact.disclosure is Disclosure.SHARED else why for fact in FACTS}
        return blocked | shared | {"directory.kind": tenant.kind}
    answers: dict[str, Any] = {fact.id: None for fact in FACTS}
    judge = import_module(f"policies.directory.{_JUDGES[tenant.kind]}")
    answers |= judge.answers(str(seen.value), Context(tenant, seen.as_of, _roster(inputs, tenant)))
    answers["directory.devices"] = with_support(answers["directory.devices"], table_of(inputs), seen.as_of.date())
    return answers | shared | {"directory.kind": tenant.kind, "directory.unread": _unread(str(seen.value))}


class _Unread(msgspec.Struct):
    """The one part that the states of every kind of directory have."""

    unread: dict[str, Unread] = {}


def _unread(state: str) -> Listing:
    parts = msgspec.json.decode(state, type=_Unread).unread
    return Listing([{"section": name, **msgspec.to_builtins(one)} for name, one in sorted(parts.items())])


def _roster(inputs: Inputs, tenant: Tenant) -> Roster | Missing | None:
    seen: Observation = inputs.facts[_ROSTER]
    if seen.absent:
        return None
    if seen.missing is not None:
        return Missing(seen.missing.reason, f"{_ROSTER}: {seen.missing.detail or seen.missing.reason}")
    from hustings import roster

    try:
        return roster.parse(str(seen.value), inputs.declared.roster)
    except ConfigError as error:
        return Missing(Reason.ERROR, f"{_ROSTER}: {error.what}")


DERIVED = Derived(
    facts=(*FACTS, Fact("directory.shared_names", Type.TEXTS, "What the tenant's declaration lets leave by name: "
                        "account, object", Disclosure.SHARED, each="tenant")),
    inputs=("directory.entra_state", "directory.google_state", "directory.ldap_state", _ROSTER),
    derive=_derive,
    releases="It tells who slips through and why. Names leave as pseudonyms or as the tenant's share says; what is "
             "shared holds none; what the directory answered stays.",
)
