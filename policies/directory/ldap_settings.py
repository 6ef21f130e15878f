"""Settings of the directory itself that leave it open wider than it need be."""

from __future__ import annotations

from typing import Any

from hustings.directory.membership import PRE_2000_ACCESS
from hustings.facts import Listing
from policies.directory.ldap_view import View

_STRANGERS = ("S-1-1-0", "S-1-5-7")
"""Everyone and Anonymous."""


def facts(view: View) -> dict[str, Any]:
    """``directory.weak_settings``: sentences that name nobody."""
    state, found = view.state, []
    sections = ["anonymous"]
    if state.settings.anonymous:
        found.append("people's entries are shown to whoever does not sign in")
    if view.ad:
        sections += ["machine_quota", "laps", "groups"]
        if state.settings.machine_quota:
            found.append(f"anybody may join {state.settings.machine_quota} computers to the domain "
                         "(ms-DS-MachineAccountQuota)")
        if state.settings.laps is False:
            found.append("passwords of local administrators are not managed: the schema knows no LAPS")
        if not view.membership.of(PRE_2000_ACCESS).principals.keys().isdisjoint(_STRANGERS):
            found.append("Pre-Windows 2000 Compatible Access lets in those who do not sign in")
        if any(one.marked and view.maybe_open(one) and not view.open(one) for one in state.accounts):
            sections += ["enabled", "expires"]
        former = sum(one.marked and view.open(one) and one.id not in view.admins.principals
                     for one in state.accounts)
        if former and view.admins_unknown is None:
            found.append(f"{former} accounts still carry the mark of administrators and are none (adminCount): rights "
                         "on them are not inherited")
    why = state.missing(*sections)
    if why is not None and not found:
        return {"directory.weak_settings": why}
    return {"directory.weak_settings": Listing(found, why is None, why)}
