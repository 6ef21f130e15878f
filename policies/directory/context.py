"""What judging a directory looks at besides what was read: the office's declarations, its roster, the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hustings.declared import MaySkip, Tenant
from hustings.facts import Missing
from hustings.roster import Roster


@dataclass(frozen=True)
class Context:
    """The declared side of one tenant."""

    tenant: Tenant
    now: datetime
    """The moment the answers are for: when the state was read."""
    roster: Roster | Missing | None = None
    """None where none is declared."""

    def break_glass(self, *names: str) -> bool:
        """Whether the account with one of these names (id, sign-in name) is declared as break-glass."""
        return _among(self.tenant.break_glass, names)

    def may_skip(self, *names: str) -> MaySkip | None:
        """The declaration, if it still holds, that lets one of these (account, or group it is in) skip MFA."""
        folded = {one.casefold() for one in names}
        return next((one for one in self.tenant.may_skip_mfa if one.who.casefold() in folded
                     and (one.until is None or one.until >= self.now.date())), None)

    def service(self, *names: str) -> bool:
        """Whether the account is declared to be no person's."""
        return _among(self.tenant.service_accounts, names)

    def accepted_application(self, *names: str) -> bool:
        """Whether the application with one of these names (id, name) is declared as accepted."""
        return _among(tuple(one.application for one in self.tenant.accepted_applications), names)

    def leavers(self, accounts: Iterable[tuple[str, tuple[str, ...], Any]]) -> list[dict[str, Any]] | Missing | None:
        """Records of ``directory.leavers`` for open accounts, each with its name, all names by which it may be known
        and whether it administers; why the roster is not known, or None where none is declared."""
        if not isinstance(self.roster, Roster):
            return self.roster
        found = []
        for account, names, admin in accounts:
            person = self.roster.leaver(self.now.date(), *names)
            if person is not None:
                found.append({"person": person.id, "account": account, "admin": admin,
                              **({"left": person.left.isoformat()} if person.left is not None else {})})
        return found

    def shared_owner(self, *names: str) -> str:
        """Who answers for a declared shared account; "" where none does."""
        folded = {one.casefold() for one in names}
        return next((one.owner for one in self.tenant.shared_accounts if one.account.casefold() in folded), "")


def _among(declared: tuple[str, ...], names: tuple[str, ...]) -> bool:
    folded = {one.casefold() for one in declared}
    return any(one.casefold() in folded for one in names if one)
