"""The way to a provider and back: authorisation code with PKCE, by ``msal``; keys and issuer from the provider itself.

``msal`` holds the protocol (state, PKCE, the code's exchange). It does not judge ID tokens; ``tokens`` does.
"""

from __future__ import annotations

import hashlib
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import msgspec

from hustings.errors import CannotFinish
from server.single_sign_on import tokens
from server.single_sign_on.fetching import Client
from server.single_sign_on.model import Claims, Kind, Provider, Rejected

KEPT = 3600.0
"""Seconds that a provider's metadata and keys serve."""
SOONEST = 60.0
"""Seconds between two looks for a key that is not among the known ones."""


_Ways: TypeAlias = tuple[Callable[..., dict[str, Any]], Callable[..., dict[str, Any]]]
"""How a sign-in is begun, and how it ends."""


class _Metadata(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(slots=True)
class _Known:
    """What is known of one provider, and since when."""

    begin: Callable[..., dict[str, Any]]
    finish: Callable[..., dict[str, Any]]
    client: Client
    metadata: _Metadata
    keys: Mapping[str, Any]
    at: float


class Door:
    """Begins and ends sign-ins. Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: dict[tuple[int, str], _Known] = {}
        self._lock = threading.Lock()

    def begin(self, provider: Provider, back: str) -> tuple[str, dict[str, Any]]:
        """Where to send the browser, and what must be kept until it comes back. ``back`` is our address for that.

        Raises ``CannotFinish`` when the provider cannot be reached or says something else than it should.
        """
        known = self._of(provider)
        with warnings.catch_warnings():  # an answer by POST would come without our cookie, which is SameSite=Lax
            warnings.filterwarnings("ignore", message="response_mode='form_post'")
            flow = known.begin(redirect_uri=back)
        if "auth_uri" not in flow:
            raise CannotFinish("the sign-in could not be begun", where=provider.authority, remedy="check the provider")
        return str(flow.pop("auth_uri")), flow

    def finish(self, provider: Provider, flow: dict[str, Any], answer: dict[str, str]) -> Claims:
        """Who came back. Raises ``Rejected`` (``refused`` where the provider said no) and ``CannotFinish``."""
        known = self._of(provider)
        try:
            result = known.finish(flow, answer)
        except ValueError as error:
            raise Rejected("state", "the answer is not to this sign-in") from error
        except RuntimeError as error:
            raise Rejected("nonce", "the token answers another sign-in") from error
        except (KeyError, IndexError, TypeError, UnicodeDecodeError) as error:
            raise Rejected("malformed", f"the provider's answer: {type(error).__name__}") from error
        if "error" in result or not isinstance(result.get("id_token"), str):
            raise Rejected("refused", str(result.get("error", "no ID token"))[:100])
        nonce = hashlib.sha256(flow["nonce"].encode("ascii")).hexdigest()
        try:
            return tokens.verified(result["id_token"], provider, known.metadata.issuer, known.keys, nonce,
                                   self._clock())
        except Rejected as rejected:
            if rejected.why != "key" or time.monotonic() - known.at < SOONEST:
                raise
        known = self._of(provider, anew=True)
        return tokens.verified(result["id_token"], provider, known.metadata.issuer, known.keys, nonce, self._clock())

    def close(self) -> None:
        with self._lock:
            for one in self._known.values():
                one.client.close()
            self._known.clear()

    def _of(self, provider: Provider, *, anew: bool = False) -> _Known:
        key = (provider.id, f"{provider.authority} {provider.client} {provider.secret} {provider.authorities}")
        with self._lock:
            known = self._known.get(key)
        if known is not None and not anew and time.monotonic() - known.at < KEPT:
            return known
        made = _learn(provider)
        with self._lock:
            self._known[key] = made
        return made


def _learn(provider: Provider) -> _Known:
    client = Client(provider.authorities)
    metadata = _metadata(provider, client)
    keys = _json(client, metadata.jwks_uri, dict)
    begin, finish = (_entra if provider.kind is Kind.ENTRA else _other)(provider, client, metadata)
    return _Known(begin, finish, client, metadata, keys, time.monotonic())


def _entra(provider: Provider, client: Client, _metadata: _Metadata) -> _Ways:
    import msal

    class Nothing(msal.TokenCache):  # type: ignore[misc]
        """Keeps no token: nobody here uses one after the sign-in."""

        def add(self, event: Any, **_options: Any) -> None:
            """Nothing."""

    try:
        application = msal.ConfidentialClientApplication(
            provider.client, client_credential=provider.secret, http_client=client, token_cache=Nothing(),
            authority=provider.authority, instance_discovery=False)
    except (ValueError, KeyError) as error:
        raise CannotFinish(f"the identity provider's metadata: {str(error)[:200]}", where=provider.authority,
                           remedy="check the authority's address") from error
    return partial(application.initiate_auth_code_flow, []), application.acquire_token_by_auth_code_flow


def _other(provider: Provider, client: Client, metadata: _Metadata) -> _Ways:
    """The same library's own client below its Entra application, which wants a path in every authority."""
    from msal.oauth2cli import oidc

    made = oidc.Client({"authorization_endpoint": metadata.authorization_endpoint,
                        "token_endpoint": metadata.token_endpoint},
                       provider.client, client_secret=provider.secret, http_client=client)
    return (partial(made.initiate_auth_code_flow, ["openid", "profile", "email"]),
            made.obtain_token_by_auth_code_flow)


def _metadata(provider: Provider, client: Client) -> _Metadata:
    base = provider.authority.rstrip("/") + ("/v2.0" if provider.kind is Kind.ENTRA else "")
    found: _Metadata = _json(client, f"{base}/.well-known/openid-configuration", _Metadata)
    wanted = base if provider.kind is Kind.ENTRA else provider.authority
    if found.issuer.rstrip("/") != wanted.rstrip("/"):
        raise CannotFinish(f"the provider calls itself {found.issuer[:200]!r}", where=provider.authority,
                           remedy="declare that address, with the directory's own id and not a name or 'common'")
    for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        if urlsplit(url).scheme != "https":
            raise CannotFinish("the provider names an address without https", where=url[:200], remedy="it must not")
    return found


def _json(client: Client, url: str, kind: type[Any]) -> Any:
    answer = client.get(url)
    if answer.status_code != 200:
        raise CannotFinish(f"the identity provider answered {answer.status_code}", where=url[:200],
                           remedy="check the authority's address")
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise CannotFinish(f"the identity provider's answer cannot be read: {error}", where=url[:200],
                           remedy="check the authority's address") from error
