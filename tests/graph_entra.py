"""The sign-in of a Microsoft Entra ID tenant as ``tests.graph_server`` speaks it: OpenID discovery, tokens for
applications (certificate assertions, secrets) and for people (device code, refresh), each checked as Entra does."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
PERSON = "9f4fe8ea-1111-4222-8333-444455556666"
"""The object id of the person who signs in with a code."""


@dataclass
class App:
    """An application registered in the tenant: how it signs in, and what was consented to."""

    client_id: str
    secrets: set[str] = field(default_factory=set)
    certificates: list[x509.Certificate] = field(default_factory=list)
    permissions: set[str] = field(default_factory=set)
    """Application permissions."""
    delegated: set[str] = field(default_factory=set)
    public: bool = True
    """Allows public client flows."""


@dataclass
class Device:
    """A device code and what became of it."""

    client_id: str
    scope: str
    user_code: str
    ends: float
    state: str = "pending"
    """``pending``, ``approved``, ``declined`` or ``used``."""
    asked: float = 0.0


class Refused(Exception):
    """An error of the token endpoint."""

    def __init__(self, status: int, error: str, number: int, words: str) -> None:
        self.status = status
        self.body = {
            "error": error,
            "error_description": f"AADSTS{number}: {words} Trace ID: {secrets.token_hex(8)} Timestamp: now",
            "error_codes": [number], "timestamp": "2026-11-22 00:00:00Z", "trace_id": secrets.token_hex(8),
            "correlation_id": secrets.token_hex(8), "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
        super().__init__(error)


class Entra:
    """One tenant's authorization server. ``issued`` holds every token it ever gave out."""

    def __init__(self, tenant: str, names: frozenset[str], resource: str = "https://graph.microsoft.com") -> None:
        self.tenant = tenant
        self.names = names | {tenant}
        self.resource = resource
        self.apps: dict[str, App] = {}
        self.lifetime = 3600
        """Seconds that access tokens last."""
        self.interval = 5
        self.code_lasts = 900
        self.approves_after: int | None = None
        """After how many polls somebody enters a code, or None for ``approve`` to be called."""
        self.issued: list[str] = []
        self.base = ""
        self._key = secrets.token_bytes(32)
        self._revoked: set[str] = set()
        self._refresh: dict[str, tuple[str, str]] = {}
        self.devices: dict[str, Device] = {}
        self._polls: dict[str, int] = {}
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def discovery(self, tenant: str) -> tuple[int, dict[str, Any]]:
        """``/.well-known/openid-configuration``."""
        if tenant.casefold() not in {one.casefold() for one in self.names}:
            return 400, Refused(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.").body
        at = f"{self.base}/{self.tenant}"
        return 200, {
            "token_endpoint": f"{at}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{at}/discovery/v2.0/keys", "issuer": f"{at}/v2.0",
            "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
            "response_types_supported": ["code"], "tenant_region_scope": "NA",
        }

    def answer(self, path: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """A POST to ``/oauth2/v2.0/token`` or ``/oauth2/v2.0/devicecode``."""
        try:
            with self._lock:
                return 200, self._device_code(form) if path.endswith("/devicecode") else self._token(form)
        except Refused as refused:
            return refused.status, refused.body

    def approve(self, user_code: str, state: str = "approved") -> None:
        """A person enters the code; or declines it."""
        next(one for one in self.devices.values() if one.user_code == user_code).state = state

    def revoke(self) -> None:
        """No token that was given out until now is accepted any more."""
        self._revoked |= set(self.issued)

    def revoke_refresh(self) -> None:
        """Every person must sign in again."""
        self._refresh.clear()

    def granted(self, token: str) -> frozenset[str] | None:
        """The permissions of a token that is accepted, or None for one that is not."""
        if token in self._revoked:
            return None
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience=self.resource)
        except jwt.InvalidTokenError:
            return None
        return frozenset(claims.get("roles") or claims.get("scp", "").split())

    def _token(self, form: Mapping[str, str]) -> dict[str, Any]:
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            raise Refused(400, "unauthorized_client", 700016,
                          f"Application with identifier '{form.get('client_id')}' was not found in the directory.")
        match form.get("grant_type"):
            case "client_credentials":
                self._authenticate(app, form)
                self._scope(form)
                return {"token_type": "Bearer", "expires_in": self.lifetime, "ext_expires_in": self.lifetime,
                        "access_token": self._access(app, {"roles": sorted(app.permissions), "idtyp": "app"})}
            case grant if grant == _DEVICE:
                return self._person(app, self._device(app, form))
            case "refresh_token":
                kept = self._refresh.get(form.get("refresh_token", ""))
                if kept is None or kept[0] != app.client_id:
                    raise Refused(400, "invalid_grant", 50173, "The provided grant was revoked.")
                return self._person(app, kept[1])
            case other:
                raise Refused(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant {other}.")

    def _authenticate(self, app: App, form: Mapping[str, str]) -> None:
        if "client_assertion" in form:
            if form.get("client_assertion_type") != _ASSERTION:
                raise Refused(400, "invalid_request", 50027, "The assertion type is not supported.")
            self._assertion(app, form["client_assertion"])
        elif form.get("client_secret", "") not in app.secrets:
            raise Refused(401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being "
                          f"sent in the request is the client secret value: {form.get('client_secret')}.")

    def _assertion(self, app: App, assertion: str) -> None:
        try:
            header = jwt.get_unverified_header(assertion)
            own = next(one for one in app.certificates if _thumbprint(header) in _thumbprints(one))
            at = f"{self.base}/{self.tenant}"
            claims = jwt.decode(assertion, own.public_key(), algorithms=["RS256", "PS256"],  # type: ignore[arg-type]
                                audience=[f"{at}/oauth2/v2.0/token", f"{at}/v2.0"],
                                options={"require": ["exp", "aud", "iss", "sub", "jti"]})
        except StopIteration:
            raise Refused(401, "invalid_client", 700027, "The certificate with identifier used to sign the client "
                          "assertion is not registered on application.") from None
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise Refused(401, "invalid_client", 700024, "Client assertion is not within its time range.") from None
        except jwt.InvalidTokenError as error:
            raise Refused(401, "invalid_client", 50027, f"JWT token is invalid or malformed: {error}.") from None
        if (claims["iss"], claims["sub"]) != (app.client_id, app.client_id):
            raise Refused(401, "invalid_client", 700021, "Client assertion application identifier does not match.")

    def _scope(self, form: Mapping[str, str]) -> None:
        if f"{self.resource}/.default" not in form.get("scope", "").split():
            raise Refused(400, "invalid_scope", 1002012, f"The value for scope {form.get('scope')} is not valid.")

    def _device_code(self, form: Mapping[str, str]) -> dict[str, Any]:
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            raise Refused(400, "unauthorized_client", 700016, "Application was not found in the directory.")
        self._scope(form)
        code, user_code = secrets.token_urlsafe(48), secrets.token_hex(4).upper()
        self.devices[code] = Device(app.client_id, form["scope"], user_code, time.monotonic() + self.code_lasts)
        self.issued.append(code)
        return {"user_code": user_code, "device_code": code, "verification_uri": "https://microsoft.com/devicelogin",
                "expires_in": self.code_lasts, "interval": self.interval,
                "message": f"To sign in, open https://microsoft.com/devicelogin and enter the code {user_code}."}

    def _device(self, app: App, form: Mapping[str, str]) -> str:
        device = self.devices.get(form.get("device_code", ""))
        if device is None or device.client_id != app.client_id or device.state == "used":
            raise Refused(400, "bad_verification_code", 70018, "Device code does not exist.")
        if not app.public:
            raise Refused(401, "invalid_client", 7000218, "The request body must contain: client_assertion.")
        now = time.monotonic()
        if now > device.ends:
            raise Refused(400, "expired_token", 70020, "The provided value for the device code has expired.")
        early, device.asked = now < device.asked + self.interval - 0.2, now
        if early:
            raise Refused(400, "slow_down", 70016, "Polling too often.")
        polls = self._polls[device.user_code] = self._polls.get(device.user_code, 0) + 1
        if device.state == "declined":
            raise Refused(400, "authorization_declined", 70000, "The person declined.")
        if device.state == "pending" and (self.approves_after is None or polls <= self.approves_after):
            raise Refused(400, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending.")
        device.state = "used"
        return device.scope

    def _person(self, app: App, scope: str) -> dict[str, Any]:
        refresh = f"0.A{secrets.token_urlsafe(60)}"
        self._refresh[refresh] = (app.client_id, scope)
        self.issued.append(refresh)
        info = json.dumps({"uid": PERSON, "utid": self.tenant}).encode()
        now = int(time.time())
        identity = {"aud": app.client_id, "iss": f"{self.base}/{self.tenant}/v2.0", "iat": now, "nbf": now,
                    "exp": now + self.lifetime, "oid": PERSON, "tid": self.tenant, "sub": "subject", "name": "A person",
                    "preferred_username": "person@office.example", "ver": "2.0"}
        return {"token_type": "Bearer", "expires_in": self.lifetime, "ext_expires_in": self.lifetime,
                "scope": " ".join(f"{self.resource}/{one}" for one in sorted(app.delegated)),
                "access_token": self._access(app, {"scp": " ".join(sorted(app.delegated)), "oid": PERSON}),
                "refresh_token": refresh, "id_token": jwt.encode(identity, self._key, algorithm="HS256"),
                "client_info": base64.urlsafe_b64encode(info).rstrip(b"=").decode()}

    def _access(self, app: App, claims: dict[str, Any]) -> str:
        now = int(time.time())
        token = jwt.encode({"aud": self.resource, "iss": f"https://sts.windows.net/{self.tenant}/", "iat": now,
                            "nbf": now, "exp": now + self.lifetime, "appid": app.client_id, "tid": self.tenant,
                            "ver": "1.0", "uti": secrets.token_urlsafe(8), **claims}, self._key, algorithm="HS256")
        self.issued.append(token)
        return token


def _thumbprint(header: Mapping[str, Any]) -> str:
    return str(header.get("x5t#S256") or header.get("x5t") or "").rstrip("=")


def _thumbprints(certificate: x509.Certificate) -> set[str]:
    digests = (certificate.fingerprint(hashes.SHA256()), certificate.fingerprint(hashes.SHA1()))
    return {base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in digests}


def digest(text: str) -> str:
    """For tests that look for a secret without printing it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
