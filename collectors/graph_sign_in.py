"""Signing in to a Microsoft Entra ID tenant: as an application (certificate or secret), or as a person before.

The protocol is msal's; all it sends goes over our own wire (``collectors._graph_wire``), and access tokens are never
written down. Application permissions are what the application was granted, a person's are what both may do.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Callable
from typing import Any

from collectors import _secret_file, graph_token_cache, no_core
from collectors._graph_certificate import parse
from collectors._graph_places import Place, place
from collectors._graph_wire import Wire
from collectors._patience import Patience
from collectors._web import Web
from collectors.graph_door import Graph, Token
from collectors.graph_errors import NotSignedIn
from collectors.host.protocol import Host, Unreadable, Unsupported
from hustings import strict_json
from hustings.declared import Tenant
from hustings.errors import BadDocument

MARGIN = 120.0
"""Seconds before its end after which a token is not used any more."""
_USUAL = 3599.0
"""Seconds a token lasts where it is not said, as msal has it."""
_AADSTS = re.compile(r"AADSTS(\d{4,8})")
_WORD = re.compile(r"[a-z_]{1,60}\Z")
_REMEDIES = {
    "7000215": "the secret is wrong: copy the secret's value (not its id) into the file",
    "7000222": "the secret has expired: make a new one, or better a certificate",
    "700016": "the tenant knows no such application: check client_id and id",
    "700027": "the certificate is not registered with the application, or has expired: upload its public part",
    "700024": "this machine's clock is wrong: set it",
    "7000229": "the application has no service principal in the tenant: an administrator must grant consent",
    "7000112": "the application is disabled in the tenant",
    "90002": "there is no such tenant: check id and cloud",
    "900023": "there is no such tenant: check id and cloud",
    "7000218": "the application allows no sign-in of people with a code: set \"Allow public client flows\" to Yes",
    "65001": "nobody has consented to the application's permissions: an administrator must grant consent",
    "70011": "no permissions of Microsoft Graph are granted to the application",
    "53003": "a conditional access policy refuses it",
    "50105": "the person is not assigned to the application",
    "700082": "the sign-in is too old: sign in again",
    "70043": "the sign-in is too old: sign in again",
    "50173": "the sign-in was revoked: sign in again",
    "50076": "a second factor is asked for: sign in again",
    "50079": "a second factor must be registered first",
    "70019": "the code was not entered in time: start again",
    "70020": "the code was not entered in time: start again",
}
"""By number of Microsoft's error (https://login.microsoftonline.com/error): what to mend."""
_WORDS = {
    "invalid_client": "the secret or certificate is not accepted",
    "unauthorized_client": "the application may not sign in this way: check client_id and id",
    "invalid_grant": "the sign-in is no longer good: sign in again",
    "interaction_required": "the person is asked for more: sign in again",
    "authorization_declined": "the sign-in was declined",
    "access_denied": "the sign-in was declined",
    "expired_token": "the code was not entered in time: start again",
}


def connect(host: Host, tenant: Tenant, *, within: float, patience: Patience | None = None) -> Graph:
    """A session with a declared tenant, to end ``within`` seconds. Raises ``LookError``: ``NotSignedIn`` with what
    to mend where the sign-in is refused, ``Unsupported`` where msal is not installed."""
    if host.kind not in ("live", "network"):
        raise Unsupported("a tenant is asked over a network, which an image or a recording does not have")
    where = place(tenant)
    patience = patience or Patience(within)
    acquire = _acquirer(host, tenant, where, Wire(authority(tenant), patience))
    tokens = Tokens(acquire, patience, delegated=not (tenant.certificate_file or tenant.secret_file))
    tokens(False)
    return Graph(Web(where.graph, tls_ca=tenant.tls_ca), tokens, patience)


def authority(tenant: Tenant) -> Web:
    """The session with whoever signs in to the tenant."""
    where = place(tenant)
    return Web(where.authority, also=where.also, tls_ca=tenant.tls_ca)


class Tokens:
    """The token in force, renewed shortly before its end or when it is refused."""

    def __init__(self, acquire: Callable[[bool], dict[str, Any]], patience: Patience, *, delegated: bool) -> None:
        self._acquire = acquire
        self._clock = patience.clock
        self._delegated = delegated
        self._token: Token | None = None
        self._until = 0.0

    def __call__(self, renew: bool) -> Token:
        if renew or self._token is None or self._clock.monotonic() >= self._until:
            result = self._acquire(renew or self._token is not None)
            value, lasts = result.get("access_token"), result.get("expires_in")
            if not isinstance(value, str) or not value.isascii() or not value.isprintable():
                raise refused(result)
            said = str(lasts)
            seconds = float(said) if said.isascii() and said.isdigit() and len(said) < 8 else _USUAL
            self._until = self._clock.monotonic() + max(seconds - MARGIN, seconds / 2)
            self._token = Token(value, permissions(value), self._delegated)
        return self._token


def permissions(token: str) -> frozenset[str]:
    """What an access token of Graph's says it may do; empty for one that cannot be read (its form is Graph's own
    affair, and Graph decides)."""
    parts = token.split(".")
    if len(parts) != 3:
        return frozenset()
    try:
        claims = strict_json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), limit=1 << 20)
    except (binascii.Error, ValueError, BadDocument):
        return frozenset()
    if not isinstance(claims, dict):
        return frozenset()
    roles, scopes = claims.get("roles"), claims.get("scp")
    named = [one for one in roles if isinstance(one, str)] if isinstance(roles, list) else []
    return frozenset([*named, *(scopes.split() if isinstance(scopes, str) else [])])


def refused(result: dict[str, Any]) -> NotSignedIn:
    """What an error of the sign-in means. Its description is not passed on: it may quote what was sent."""
    word = result.get("error")
    word = word if isinstance(word, str) and _WORD.match(word) else "no token"
    number = _AADSTS.search(str(result.get("error_description", "")))
    code = f"AADSTS{number.group(1)}" if number else word
    why = _REMEDIES.get(number.group(1) if number else "") or _WORDS.get(word) or "see the sign-in logs of the tenant"
    return NotSignedIn(f"the sign-in was refused ({code}): {why}", code=code)


def msal() -> Any:
    """The library, kept from logging what it hears. Raises ``Unsupported`` where it is not installed."""
    no_core.forbid()
    try:
        import msal as library
    except ImportError:
        raise Unsupported("install hustings[directory] to sign in to Microsoft Entra ID") from None
    logging.getLogger("msal").disabled = True
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("msal."):
            logging.getLogger(name).disabled = True
    return library


def public(tenant: Tenant, wire: Wire, cache: Any) -> Any:
    """The application as people sign in to it, with msal's cache."""
    library = msal()
    return _made(lambda: library.PublicClientApplication(
        tenant.client_id, authority=_authority_url(tenant), validate_authority=False, instance_discovery=False,
        http_client=wire, token_cache=cache))


def refresh_token(cache: Any) -> str | None:
    """The one that msal's cache holds; the service replaces it whenever it is used."""
    found = sorted(cache.search(cache.CredentialType.REFRESH_TOKEN),
                   key=lambda one: int(one.get("last_modification_time", 0)))
    return str(found[-1]["secret"]) if found else None


def keepable(cache: Any) -> str:
    """msal's cache as JSON without its access and id tokens."""
    kept = strict_json.loads(cache.serialize().encode(), limit=1 << 20)
    return strict_json.dumps({name: part for name, part in kept.items()
                              if name not in ("AccessToken", "IdToken")}).decode()


def _acquirer(host: Host, tenant: Tenant, where: Place, wire: Wire) -> Callable[[bool], dict[str, Any]]:
    if not tenant.client_id:
        raise NotSignedIn(f"the tenant {tenant.name} has no client_id: write that of the application made for Hustings")
    if tenant.certificate_file or tenant.secret_file:
        return _application(host, tenant, where, wire)
    if tenant.token_cache:
        return _person(host, tenant, where, wire)
    raise NotSignedIn(f"the tenant {tenant.name} has nothing to sign in with: give it certificate_file (best), "
                      "secret_file or token_cache")


def _application(host: Host, tenant: Tenant, where: Place, wire: Wire) -> Callable[[bool], dict[str, Any]]:
    library = msal()
    credential: Any
    if tenant.certificate_file:
        pem = parse(_secret_file.read(host, tenant.certificate_file), tenant.certificate_file, host.now())
        credential = {"private_key": pem.key, "public_certificate": pem.certificate}
        if where.authority.startswith("http://"):  # msal would name https as the audience
            signer = library.oauth2cli.JwtAssertionCreator(pem.key, "PS256", sha256_thumbprint=pem.thumbprint)
            credential = {"client_assertion": lambda context: signer.create_normal_assertion(
                audience=wire.address(context["token_endpoint"]), issuer=tenant.client_id)}
    else:
        credential = _secret_file.read(host, tenant.secret_file).strip()
        if "\n" in credential:
            raise Unreadable(f"{tenant.secret_file} holds more than one line: the secret's value alone belongs there")
    app = _made(lambda: library.ConfidentialClientApplication(
        tenant.client_id, client_credential=credential, authority=_authority_url(tenant), validate_authority=False,
        instance_discovery=False, azure_region=False, http_client=wire))

    def acquire(renew: bool) -> dict[str, Any]:
        if renew:
            app.remove_tokens_for_client()
        return heard(lambda: app.acquire_token_for_client([where.scope]))

    return acquire


def _person(host: Host, tenant: Tenant, where: Place, wire: Wire) -> Callable[[bool], dict[str, Any]]:
    library = msal()
    cache = library.SerializableTokenCache()
    cache.deserialize(graph_token_cache.load(host, tenant))
    app = public(tenant, wire, cache)
    if refresh_token(cache) is None:
        raise NotSignedIn(f"{tenant.token_cache} holds no sign-in: hustings directory sign-in {tenant.name}")

    def acquire(_: bool) -> dict[str, Any]:
        result = heard(lambda: app.acquire_token_by_refresh_token(refresh_token(cache), [where.scope]))
        if cache.has_state_changed and graph_token_cache.can_save(tenant):
            graph_token_cache.save(tenant, keepable(cache))
        return result

    return acquire


def _authority_url(tenant: Tenant) -> str:
    base = place(tenant).authority
    return f"https://{base.partition('://')[2]}/{tenant.id}"


def _made(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (ValueError, KeyError):  # the discovery document was refused, or is none
        raise NotSignedIn("the sign-in service knows no such tenant: check id and cloud") from None


def heard(ask: Callable[[], Any]) -> dict[str, Any]:
    """What msal answers, its own exceptions turned into ours: they may quote what they heard."""
    try:
        result = ask()
    except (ValueError, KeyError, RuntimeError):
        raise NotSignedIn("the sign-in service's answer cannot be understood") from None
    return result if isinstance(result, dict) else {"error": "interaction_required"}
