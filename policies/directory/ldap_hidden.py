"""Accounts outside the administrators' groups that can make themselves administrators of Active Directory: by rights
on what administrators are made of, by delegation, by identifiers they bear from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hustings.directory.ldap import Account, Protected
from hustings.directory.membership import administering
from hustings.facts import Missing, Reason
from policies.directory.ldap_access import OWNER_RIGHTS, RIGHTS, rights
from policies.directory.ldap_accounts import known_as
from policies.directory.ldap_view import View

MANY = 50
"""From so many members on a group is named instead of its members."""
_EVERYONE, _AUTHENTICATED = "S-1-1-0", "S-1-5-11"
_BROAD = ("S-1-1-0", "S-1-5-7", "S-1-5-11", "S-1-5-2", "S-1-5-4", "S-1-5-15", "S-1-5-32-545", "S-1-5-32-546")
_OWN = ("S-1-5-18", "S-1-5-10", "S-1-3-0", "S-1-3-1", OWNER_RIGHTS, "S-1-5-9")
"""The system itself, the object itself, its creator and owner, and the domain controllers of the forest."""
_CONTROLLERS = "516"


def facts(view: View) -> dict[str, Any]:
    """``directory.hidden_admins``."""
    hidden = _Hidden(view)
    items = list(hidden.records())
    return {"directory.hidden_admins": view.listing(items, "rights", "groups", why=view.admins_unknown or hidden.why)}


class _Hidden:
    def __init__(self, view: View) -> None:
        self.view = view
        domain = view.state.domain
        self.expected = {*_OWN, *administering(domain, view.state.groups), f"{domain}-{_CONTROLLERS}"}
        self.above = view.membership.above()
        self.found: dict[tuple[str, str], tuple[str, str, int, bool]] = {}
        """By account and right: the object, the way, how many objects, and whether it is declared."""
        self.why: Missing | None = None
        """Why there may be more."""

    def records(self) -> Iterator[dict[str, Any]]:
        for protected in self.view.state.protected:
            self.of(protected)
        for account in self.view.state.accounts:
            self.delegation(account)
        for (name, right), (what, via, count, declared) in self.found.items():
            more = f" and {count - 1} more" if count > 1 else ""
            way = f", through {via}" if via else ""
            yield {"account": name, "right": right, "declared": declared,
                   "detail": f"It may {RIGHTS[right]} {what}{more}{way}."}

    def of(self, protected: Protected) -> None:
        """Everybody whom the access list of one object lets do too much."""
        seen: set[str] = set()
        trustees = dict.fromkeys(one.sid for one in protected.entries if one.allow)
        for trustee in trustees:
            for principal, via in self.bearers(trustee):
                if principal in seen:
                    continue
                seen.add(principal)
                for right in rights(protected, self.token(principal)):
                    self.add(principal, right, protected.name, via)
        if protected.owner and not any(one.sid == OWNER_RIGHTS for one in protected.entries):
            for principal, via in self.bearers(protected.owner):
                self.add(principal, "owner", protected.name, via)

    def bearers(self, trustee: str) -> Iterator[tuple[str, str]]:
        """Who acts under an identifier and is no administrator: accounts, or the group itself where it is large."""
        if trustee in self.expected or trustee in self.view.admins.principals:
            return
        group = self.view.membership.groups.get(trustee)
        if trustee in self.view.accounts or trustee in _BROAD:
            yield trustee, ""
        elif group is not None:
            inside = self.view.membership.of(trustee)
            members = inside.principals
            if inside.why and self.why is None:
                self.why = Missing(Reason.DENIED, "the members of a group with rights on administrators are not all "
                                   "known")
            if len(members) > MANY:
                yield trustee, ""
                return
            for one, via in members.items():
                if one not in self.expected and one not in self.view.admins.principals:
                    yield one, " and ".join(via)
        elif not self.view.state.domain and trustee.startswith("S-1-5-21-"):
            self.why = self.why or Missing(Reason.DENIED, "the identifiers of accounts and groups are hidden "
                                           "(objectSid): whose rights these are cannot be told")
        elif not self.gone(trustee):
            yield trustee, ""

    def gone(self, identifier: str) -> bool:
        """Whether nobody bears it any more: it is of this domain, all of which was read, or built in and unused."""
        if not identifier.startswith("S-1-5-21-"):
            return True
        return identifier.rpartition("-")[0] == self.view.state.domain and self.view.state.missing(
            "accounts", "groups") is None

    def token(self, principal: str) -> frozenset[str]:
        """The identifiers that somebody bears."""
        mine = {principal, *self.above.get(principal, ()), _EVERYONE}
        if principal not in _BROAD or principal == _AUTHENTICATED:
            mine |= {_AUTHENTICATED, *self.above.get(_AUTHENTICATED, ()), *self.above.get(_EVERYONE, ())}
        return frozenset(mine)

    def delegation(self, account: Account) -> None:
        """Those who receive tickets of others, or may act for them."""
        if not self.view.open(account):
            return
        if account.kind != "controller" and "trusted_for_delegation" in account.flags:
            self.add(account.id, "unconstrained_delegation", account.name, "")
        if account.delegates_to and "protocol_transition" in account.flags:
            self.add(account.id, "protocol_transition", account.delegates_to[0], "", len(account.delegates_to))
        for trustee in account.impersonators:
            for principal, via in self.bearers(trustee):
                self.add(principal, "resource_delegation", account.name, via)
        top = {*administering(self.view.state.domain, self.view.state.groups), f"{self.view.state.domain}-500"}
        former = [one for one in account.history if one in top or _highest(one)]
        if former:
            self.add(account.id, "former_identity", self.said(former[0]), "", len(former))

    def add(self, principal: str, right: str, what: str, via: str, count: int = 1) -> None:
        account = self.view.accounts.get(principal)
        if principal in self.view.admins.principals:
            return
        if account is not None and (account.kind == "controller" or not self.view.open(account)):
            return
        declared = account is not None and self.view.declared(account)
        key = (account.name if account is not None else self.said(principal), right)
        first = self.found.get(key)
        self.found[key] = (what, via, count, declared) if first is None else (*first[:2], first[2] + count, first[3])

    def said(self, identifier: str) -> str:
        group = self.view.membership.groups.get(identifier)
        account = self.view.accounts.get(identifier)
        return group.name if group is not None else account.name if account is not None else known_as(identifier)


def _highest(identifier: str) -> bool:
    """An identifier of the highest groups or the first administrator of another domain."""
    return identifier.startswith("S-1-5-21-") and identifier.rpartition("-")[2] in ("500", "512", "518", "519")
