"""What a directory server's refusals mean: result codes of LDAP (RFC 4511, appendix A) as reasons.

What a server says besides is not repeated: it may quote the account that asked.
"""

from __future__ import annotations

import re

from collectors.host.protocol import Denied, LookError, NotThere, TimedOut, Truncated, Unreadable, Unsupported
from hustings.facts import Reason

SUCCESS, OPERATIONS_ERROR, TIME_LIMIT, SIZE_LIMIT, STRONGER_AUTH, REFERRAL = 0, 1, 3, 4, 8, 10
ADMIN_LIMIT, UNAVAILABLE_CRITICAL, CONFIDENTIALITY, NO_SUCH_ATTRIBUTE, NO_SUCH_OBJECT = 11, 12, 13, 16, 32
INVALID_DN = 34
INAPPROPRIATE_AUTH, INVALID_CREDENTIALS, INSUFFICIENT_ACCESS, BUSY, UNAVAILABLE, UNWILLING = 48, 49, 50, 51, 52, 53
_LOGON_DATA = re.compile(r"\bdata ([0-9a-f]{2,4})\b")
_LOGON = {
    "525": "there is no such account", "52e": "the name or the password is wrong",
    "530": "the account may not sign in at this hour", "531": "the account may not sign in from this machine",
    "532": "the account's password has expired", "533": "the account is disabled",
    "701": "the account has expired", "773": "the account's password must be changed first",
    "775": "the account is locked",
}
"""Active Directory's own code inside its answer to a refused bind ([MS-ERREF], Win32 error codes)."""


class Limited(Truncated):
    """The server gave a part of the answer and no more."""


def of_bind(code: int, message: str) -> LookError:
    """Why a bind was refused."""
    if code in (INVALID_CREDENTIALS, INAPPROPRIATE_AUTH, NO_SUCH_OBJECT, INSUFFICIENT_ACCESS):
        told = _LOGON_DATA.search(message)
        known = _LOGON.get(told.group(1), "") if told else ""
        return Denied(f"the directory refused the sign-in: {known or 'the name or the password is wrong'}")
    if code in (STRONGER_AUTH, CONFIDENTIALITY):
        return Denied("the directory wants a protected connection: write ldaps:// in url, or let it use StartTLS")
    if code == UNWILLING:
        return Denied("the directory is unwilling to let this account sign in so")
    if code == INVALID_DN:
        return Denied("the directory does not understand the name that signs in: write bind as a distinguished name "
                      "(cn=hustings,dc=office,dc=example)")
    return of_search(code, "the sign-in")


def of_search(code: int, what: str) -> LookError:
    """Why a search for ``what`` failed."""
    if code in (INSUFFICIENT_ACCESS, OPERATIONS_ERROR, INAPPROPRIATE_AUTH, STRONGER_AUTH, CONFIDENTIALITY):
        return Denied(f"the directory does not let the account that asks read {what}")
    if code == NO_SUCH_OBJECT:
        return NotThere(what)
    if code in (SIZE_LIMIT, ADMIN_LIMIT):
        return Limited(f"the directory gave only a part of {what}: its limit of size for this account is too low")
    if code == TIME_LIMIT:
        return TimedOut(f"the directory's limit of time ended the search for {what}")
    if code == REFERRAL:
        return Unsupported(f"{what}: the directory refers to another server, which is not asked; name that one in url")
    if code in (BUSY, UNAVAILABLE):
        return LookError(Reason.TIMEOUT, f"the directory is too busy for {what}")
    return Unreadable(f"{what}: the directory answered with the result code {code}")
