"""The ways in which Microsoft Graph or its sign-in can refuse, as reasons.

Each carries what was said: ``status`` and ``code`` for those who judge it, one sentence for people. None names an
account, and none holds a secret: messages of the service are cut to their first sentence, and only known ones are
passed on.
"""

from __future__ import annotations

from datetime import datetime

from collectors.host.protocol import LookError
from hustings.facts import Reason


class GraphError(LookError):
    """Graph answered, and not with what was asked for. ``status`` is 0 where no answer came."""

    reason = Reason.ERROR

    def __init__(self, detail: str, *, status: int = 0, code: str = "") -> None:
        self.status = status
        self.code = code
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
    """Asked to wait longer than the run may last. What was read so far can be kept: go on from the last page's
    ``next`` not before ``again``."""

    reason = Reason.TIMEOUT

    def __init__(self, detail: str, again: datetime, *, status: int = 0, code: str = "") -> None:
        self.again = again
        super().__init__(detail, status=status, code=code)


class Unreachable(GraphError):
    """No whole answer came in the time there was: no connection, a reset, a body cut short."""

    reason = Reason.TIMEOUT
