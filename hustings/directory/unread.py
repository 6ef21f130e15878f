"""Why a part of a directory could not be read, and what would have to be granted."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hustings.facts import Missing, Reason


class Unread(msgspec.Struct, frozen=True, omit_defaults=True):
    """The reason a section is not known. Its words name no account: they may leave the machine."""

    reason: Reason
    detail: str
    """In plain words: what was asked for and what the service answered."""
    grant: str = ""
    """The permission, scope or right that would open it."""
    licence: str = ""
    """The licence that the service wants for it."""

    def missing(self) -> Missing:
        """As the reason of a fact."""
        wanted = "; ".join(part for part in (
            self.detail, f"grant {self.grant}" if self.grant else "",
            f"needs the licence {self.licence}" if self.licence else "") if part)
        return Missing(self.reason, wanted)


def blocking(unread: Mapping[str, Unread], *sections: str) -> Missing | None:
    """The reason of the first of these sections that was not read, or None if all were."""
    return next((unread[one].missing() for one in sections if one in unread), None)


class _State(msgspec.Struct):
    unread: dict[str, Unread] = {}


def unread_of(state: str) -> dict[str, Unread]:
    """What could not be read, of the JSON of a state of any kind of directory. Raises ``msgspec.MsgspecError``."""
    return msgspec.json.decode(state, type=_State).unread
