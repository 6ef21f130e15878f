"""The ways in which Google's interfaces can refuse, as reasons. None names an account or quotes what Google wrote.

The bodies are those of https://developers.google.com/workspace/admin/directory/v1/limits and of the error model of
Google's interfaces (``error.status``, ``error.errors[].reason``, ``error.details[].reason``).
"""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.host.protocol import LookError
from hustings.directory.google_sections import INTERFACES, Section
from hustings.directory.unread import Unread
from hustings.facts import Reason

THROTTLED = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED",
                       "RESOURCE_EXHAUSTED"})
"""Reasons of a 403 that asks to come back later."""
_USED_UP = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_DISABLED = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_EDITION = frozenset({"domainCannotUseApis", "SUBSCRIPTION_REQUIRED", "limitExceeded"})


class GoogleError(LookError):
    """Google answered, and not with what was asked for. ``status`` is 0 where no answer came."""

    reason = Reason.ERROR

    def __init__(self, detail: str, *, grant: str = "", status: int = 0) -> None:
        self.detail = detail
        self.grant = grant
        self.status = status
        super().__init__(self.reason, f"{detail}; grant {grant}" if grant else detail)

    def unread(self) -> Unread:
        """As the reason of a section."""
        return Unread(self.reason, self.detail, grant=self.grant)


class NotSignedIn(GoogleError):
    """The service account or the administrator is not accepted: nothing can be read."""

    reason = Reason.DENIED


class NotGranted(GoogleError):
    """A scope, an interface or a privilege is missing."""

    reason = Reason.DENIED


class Unavailable(GoogleError):
    """The organisation's edition does not have it."""

    reason = Reason.UNSUPPORTED


class Gone(GoogleError):
    """There is no such thing (404)."""


class Invalid(GoogleError):
    """Google does not take the question (400). ``said`` is its message, for those who ask; it is shown nowhere."""

    said = ""


class Throttled(GoogleError):
    """Asked to wait longer than the run may last, or too often."""

    reason = Reason.TIMEOUT


class Unreachable(GoogleError):
    """No whole answer came in the time there was."""

    reason = Reason.TIMEOUT


def reasons_in(body: bytes) -> frozenset[str]:
    """Every word by which an error body says why: the status, and the reasons of its errors and details."""
    error = _error(body)
    found = {error.get("status")}
    for part in ("errors", "details"):
        entries = error.get(part)
        found |= {one.get("reason") for one in entries if isinstance(one, dict)} if isinstance(entries, list) else set()
    return frozenset(one for one in found if isinstance(one, str))


def refusal(status: int, body: bytes, section: Section) -> GoogleError:
    """What an answer of another status than 200 means for a section."""
    why = reasons_in(body)
    if status == 401:
        return NotSignedIn("Google no longer accepts the access token", status=status)
    if status == 403 and why & _SCOPE:
        return NotGranted("the access token lacks the scope", grant=section.grant, status=status)
    if status == 403 and why & _DISABLED:
        return NotGranted(f"the {INTERFACES[section.host]} is not enabled", grant=section.enable, status=status)
    if status == 403 and why & _USED_UP:
        return Throttled("the daily quota of the service account's project is used up", status=status)
    if status == 403 and why & _EDITION:
        return Unavailable("the edition of Google Workspace does not offer this", status=status)
    if status == 403:
        return NotGranted("the administrator as whom is asked may not read this", status=status,
                          grant=f"that administrator the privilege: {section.privilege}")
    if status == 404:
        return Gone("Google knows no such thing (404)", status=status)
    if status == 400:
        invalid = Invalid("Google does not take the question (400)", status=status)
        invalid.said = str(_error(body).get("message", ""))
        return invalid
    return GoogleError(f"Google answered with status {status}", status=status)


def _error(body: bytes) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}
