"""The ways in which Microsoft Graph or its sign-in can refuse, as reasons.

Each carries what was said: ``status`` and ``code`` for those who judge it, one sentence for people. The service's own
messages are never passed on, for they may name accounts: only its code, and the permissions it says it wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from collectors.host.protocol import LookError
from hustings import strict_json
from hustings.errors import BadDocument
from hustings.facts import Reason

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}\Z")
_PERMISSION = re.compile(r"\b[A-Z][A-Za-z]+(?:-[A-Z][A-Za-z]+)?\.Read(?:Write|Basic)?(?:\.[A-Z][A-Za-z]+)*\b")
_LICENCE_CODES = frozenset({
    "authentication_requestfromnonpremiumtenantorb2ctenant", "requestfromnonpremiumtenantorb2ctenant",
    "aadpremiumlicenserequired", "pimlicenserequired",
})
_LICENCE_WORDS = ("premium licen", "not licensed", "needs to have microsoft entra id", "needs an aad premium",
                  "not applicable to target tenant", "does not have a licen", "not onboarded to pim",
                  "licence required", "license required")
_TOKEN_CODES = frozenset({"invalidauthenticationtoken", "tokenexpired", "expiredauthenticationtoken",
                          "authentication_expiredtoken", "tokennotfound", "compacttoken"})
_NAMED = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[^/]*(?:@|%40)[^/]*")


class GraphError(LookError):
    """Graph answered, and not with what was asked for. ``status`` is 0 where no answer came."""

    reason: ClassVar[Reason] = Reason.ERROR

    def __init__(self, detail: str, *, status: int = 0, code: str = "", wants: tuple[str, ...] = ()) -> None:
        self.status = status
        self.code = code
        self.wants = wants
        """The permissions that Graph itself named; most refusals name none."""
        super().__init__(self.reason, detail)


class NotSignedIn(GraphError):
    """The sign-in was refused, or the token is no longer accepted: nothing can be read."""

    reason = Reason.DENIED


class NoPermission(GraphError):
    """The application may not read this: a permission is missing, or consent to it."""

    reason = Reason.DENIED


class NoLicence(GraphError):
    """The tenant does not have the licence that Graph wants for this."""

    reason = Reason.UNSUPPORTED


class Gone(GraphError):
    """There is no such object (404)."""


class Throttled(GraphError):
    """The run would have to wait longer than it may last. What was read so far can be kept: go on from the last
    page's ``next`` not before ``again``."""

    reason = Reason.TIMEOUT

    def __init__(self, detail: str, again: datetime, *, status: int = 0, code: str = "") -> None:
        self.again = again
        super().__init__(detail, status=status, code=code)


class Unreachable(GraphError):
    """No whole answer came, though it was asked for several times: no connection, resets, bodies cut short."""

    reason = Reason.TIMEOUT


def refusal(status: int, body: Any, path: str) -> GraphError:
    """What an answer with this status and body (of a request, or of one part of a batch) means."""
    said = list(_levels(body))
    code = next((one for one, _ in reversed(said) if _CODE.match(one) and one != "UnknownError"), "")
    words = " ".join(message for _, message in said).casefold()
    wants = tuple(dict.fromkeys(one for _, message in said for one in _PERMISSION.findall(message)))
    about = f"Microsoft Graph answered {status}{f' ({code})' if code else ''} to {shape(path)}"
    codes = {one.casefold() for one, _ in said if one}
    if status in (400, 401, 402, 403, 404) and (codes & _LICENCE_CODES or any(one in words for one in _LICENCE_WORDS)):
        return NoLicence(f"{about}: the tenant lacks the licence for it", status=status, code=code, wants=wants)
    if status == 401 and (not codes or codes & _TOKEN_CODES):
        return NotSignedIn(f"{about}: the token is not accepted", status=status, code=code)
    if status in (401, 403):
        return NoPermission(f"{about}: a permission is missing", status=status, code=code, wants=wants)
    kind = Gone if status == 404 else GraphError
    return kind(about, status=status, code=code, wants=wants)


def shape(path: str) -> str:
    """A path without its query, and without what may name somebody: ``/users/{id}/messages``."""
    return "/".join("{id}" if _NAMED.fullmatch(part) else part
                    for part in re.sub(r"\('[^']*'\)", "({id})", path.partition("?")[0]).split("/"))


def _levels(body: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Code and message of an error body, and of those that services behind Graph wrap into its message as JSON."""
    found = body.get("error", body) if isinstance(body, Mapping) else None
    if not isinstance(found, Mapping) or depth > 4:
        return
    code = _text(found, "code", "errorCode", "ErrorCode")
    message = _text(found, "message", "Message")
    yield code, message
    if message.lstrip().startswith("{"):
        try:
            yield from _levels(strict_json.loads(message.encode(), limit=1 << 16), depth + 1)
        except BadDocument:
            return


def _text(found: Mapping[str, Any], *names: str) -> str:
    return next((found[one] for one in names if isinstance(found.get(one), str)), "")
