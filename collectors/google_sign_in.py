"""Signing in to Google Workspace: a service account that asks as an administrator (domain-wide delegation).

The signed assertion goes to Google's own token endpoint, or in a rehearsal to an address of this machine, and
nowhere else: whoever gets hold of it could ask in the administrator's name for an hour. Neither the key nor a token
is in any message or representation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from collectors._secret_file import LIMIT
from collectors._web import loopback, origin
from collectors.google_errors import GoogleError, NotGranted, NotSignedIn
from collectors.host.protocol import Unreadable, Unsupported
from hustings import strict_json
from hustings.declared import Tenant
from hustings.errors import BadDocument

GOOGLE_TOKENS = ("https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token",
                 "https://accounts.google.com/o/oauth2/token")
"""Google's token endpoints, as its keys name them."""
_PER_SCOPE = frozenset({"unauthorized_client", "invalid_scope", "access_denied"})
"""Answers that are about the scopes that were asked for, and say nothing of others."""
_MEANS = {
    "invalid_grant": "the key or the administrator is not accepted: see that the key is in force, that the "
                     "administrator's address is right and its account open, and this machine's clock",
    "invalid_client": "the service account is not known: make a new key",
    "disabled_client": "the service account is disabled: enable it in the Google Cloud console",
    "deleted_client": "the service account was deleted: make a new one",
    "admin_policy_enforced": "a policy of the organisation keeps the service account out: allow it under API controls",
    "org_internal": "the service account's project belongs to another organisation",
}

Post = Callable[[str, bytes], tuple[int, bytes]]
"""Sends a form to an address; gives the status and the body. Raises ``LookError``."""


class ScopeRefused(NotGranted):
    """The service account may not have one of the scopes that were asked for at once."""


class Account:
    """A service account's key, and where its assertions go. Its representation tells nothing."""

    __slots__ = ("_info", "_made", "endpoint")

    def __init__(self, text: str, tenant: Tenant) -> None:
        """Raises ``Unreadable`` for what is no service account's key, ``Unsupported`` for an address that is not
        Google's."""
        try:
            import google.oauth2.service_account  # noqa: F401
        except ImportError as error:
            raise Unsupported("install hustings[directory]") from error
        where = tenant.key_file
        try:
            info = strict_json.loads(text.encode(), limit=LIMIT)
        except BadDocument as error:
            raise Unreadable(f"{where} is not JSON: put the key there as Google's console gives it") from error
        if not isinstance(info, dict) or info.get("type") != "service_account" or not all(
                isinstance(info.get(one), str) and info[one] for one in ("client_email", "private_key", "token_uri")):
            raise Unreadable(f"{where} is not the key of a service account: put it there as Google's console gives it")
        self.endpoint = _endpoint(str(info["token_uri"]), tenant)
        self._info = {**info, "token_uri": self.endpoint}
        self._made: Any = None

    def __repr__(self) -> str:
        return "Account(…)"

    def token(self, scopes: tuple[str, ...], subject: str, post: Post) -> str:
        """An access token for some scopes, in the name of ``subject``.

        Raises ``ScopeRefused`` where one of the scopes is not granted, ``NotSignedIn`` where nothing would help,
        and whatever ``post`` raises.
        """
        from google.auth import exceptions

        made = self._signer().with_scopes(scopes).with_subject(subject)
        try:
            made.refresh(_Transport(self.endpoint, post))
        except exceptions.RefreshError as error:
            raise _refused(error.args) from None
        except exceptions.GoogleAuthError as error:
            raise NotSignedIn(f"the sign-in failed ({type(error).__name__})") from None
        return str(made.token)

    def _signer(self) -> Any:
        """The key, taken apart once: that takes longer than signing."""
        if self._made is None:
            from google.oauth2 import service_account

            untyped: Any = service_account.Credentials
            try:
                self._made = untyped.from_service_account_info(self._info)
            except ValueError as error:
                raise Unreadable("the private key in the key file cannot be used: make a new key") from error
        return self._made


class _Answer(msgspec.Struct, frozen=True):
    """A response as google-auth takes it."""

    status: int
    data: bytes
    headers: dict[str, str] = {}


class _Transport:
    """What google-auth sends with: to the one endpoint alone, whatever it would like to ask besides."""

    def __init__(self, endpoint: str, post: Post) -> None:
        self._endpoint = endpoint
        self._post = post

    def __call__(self, url: str, method: str = "GET", body: bytes | None = None, **_: Any) -> _Answer:
        if url != self._endpoint or method != "POST" or body is None:
            raise NotSignedIn("the sign-in would have asked another address than Google's token endpoint")
        status, said = self._post(url, body)
        return _Answer(status, said)


def _endpoint(named: str, tenant: Tenant) -> str:
    if not tenant.url:
        if named not in GOOGLE_TOKENS:
            raise Unsupported(f"the token_uri in {tenant.key_file} is not Google's: nothing is sent there; make a new "
                              "key in Google's console")
        return named
    if not loopback(urlsplit(tenant.url).hostname or ""):
        raise Unsupported("the url of a Google tenant must be an address of this machine, for a rehearsal: whoever "
                          "gets a sign-in could use it at Google; leave url out")
    if loopback(urlsplit(named).hostname or "") and origin(named):
        return named
    return tenant.url.rstrip("/") + "/token"


def _refused(args: tuple[Any, ...]) -> GoogleError:
    said = args[1] if len(args) > 1 and isinstance(args[1], dict) else {}
    code = str(said.get("error", "")) if isinstance(said.get("error"), str) else ""
    if code in _PER_SCOPE:
        return ScopeRefused("the service account may not ask for this in the administrator's name")
    return NotSignedIn(_MEANS.get(code, "the token endpoint refused the sign-in"))
