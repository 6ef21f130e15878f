"""Mailboxes of a Google Workspace tenant that pass mail on, each asked as its own user (the Gmail API)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from collectors.google_door import Google
from collectors.google_errors import GoogleError, Invalid, Throttled, Unreachable
from hustings.directory.google import Forwarding, User
from hustings.directory.google_sections import BY_NAME

_MAIL = BY_NAME["forwardings"]
_NO_MAIL = "mail service not enabled"
"""In what Gmail says of an account without a mailbox."""


class _Automatic(msgspec.Struct, frozen=True):
    enabled: bool = False
    emailAddress: str = ""  # noqa: N815


class _Action(msgspec.Struct, frozen=True):
    forward: str = ""


class _Filter(msgspec.Struct, frozen=True):
    action: _Action = _Action()


class _Filters(msgspec.Struct, frozen=True):
    filter: tuple[_Filter, ...] = ()


class Mailboxes:
    """Asks mailbox by mailbox, and counts those that could not be asked."""

    def __init__(self, google: Google, users: tuple[User, ...]) -> None:
        self._google = google
        self._users = [one for one in users if one.enabled and one.mailbox is not False]
        self._own = {address.rpartition("@")[2].casefold() for one in users if not one.guest
                     for address in (one.name, *one.aliases)}
        self.unasked = 0
        self.why: GoogleError | None = None

    def read(self) -> Iterator[Forwarding]:
        """Those that pass mail on. A mailbox that cannot be asked costs itself alone, the end of the time the rest."""
        for index, user in enumerate(self._users):
            try:
                addresses = self._addresses(user)
            except (Throttled, Unreachable) as error:
                self.why = error
                self.unasked += len(self._users) - index
                return
            except GoogleError as error:
                self.why = error
                self.unasked += 1
                continue
            if addresses:
                yield Forwarding(user.name, any(one.rpartition("@")[2].casefold() not in self._own
                                                for one in addresses))

    def _addresses(self, user: User) -> list[str]:
        try:
            automatic = self._google.one(_MAIL, "/gmail/v1/users/me/settings/autoForwarding", {}, _Automatic,
                                         subject=user.name)
            filters = self._google.one(_MAIL, "/gmail/v1/users/me/settings/filters", {}, _Filters, subject=user.name)
        except Invalid as error:
            if _NO_MAIL in error.said.casefold():
                return []
            raise
        own = [automatic.emailAddress] if automatic.enabled else []
        return own + [one.action.forward for one in filters.filter if one.action.forward]
