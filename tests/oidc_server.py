"""An identity provider on the wire: discovery, authorisation with PKCE, the token endpoint, keys. TLS, loopback.

It keeps to OpenID Connect Core as a provider must: a code is good once, for one client, one redirect address and the
verifier of its challenge. What an answer says can be spoilt, to see that it is refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.tls_servers import Authority, server_context

CLIENT = "hustings-client"
SECRET = "what only the two of us know: +&=%"
DIRECTORY = "8f7f5f1e-0000-4000-8000-0123456789ab"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Provider:
    """A provider and what it is told to say."""

    base: str
    authorities: str
    """PEM of the authority of its certificate."""
    entra: bool = False
    user: dict[str, Any] = field(default_factory=lambda: {
        "sub": "subject-ada", "oid": "object-ada", "preferred_username": "ada@county.example", "groups": ["g-admins"]})
    spoil: Callable[[dict[str, Any]], None] | None = None
    """Changes the claims before they are signed."""
    sign: Callable[[dict[str, Any], str], str] | None = None
    """Signs in another way than it should."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Replaces entries of the discovery document."""
    deny: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    """Codes that were exchanged, good or not."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """Every authorisation request."""

    @property
    def authority(self) -> str:
        """What a client is told."""
        return f"{self.base}/{DIRECTORY}" if self.entra else self.base

    @property
    def issuer(self) -> str:
        return f"{self.authority}/v2.0" if self.entra else self.base

    def document(self) -> dict[str, Any]:
        return {"issuer": self.issuer, "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/{DIRECTORY}/token", "jwks_uri": f"{self.base}/keys",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], **self.metadata}

    def authorize(self, query: dict[str, str]) -> str:
        """What a browser is redirected to, once its user has signed in there."""
        self.asked.append(query)
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        if self.deny:
            return f"{query['redirect_uri']}?{urlencode({'error': self.deny, 'state': query['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint."""
        identity = (form.get("client_id"), form.get("client_secret"))
        if basic:
            identity = tuple(unquote_plus(one) for one in base64.b64decode(basic).decode().split(":", 1))  # type: ignore[assignment]
        if identity != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        code = form.get("code", "")
        query = self.codes.pop(code, None)
        self.used.append(code)
        if query is None or form.get("redirect_uri") != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != query["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 3600, "nonce": query["nonce"],
                  **self.user}
        if self.spoil is not None:
            self.spoil(claims)
        sign = self.sign or (lambda claims, _: signed(claims))
        return 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 3600,
                     "id_token": sign(claims, query["nonce"])}


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", kid: str | None = "one") -> str:
    """A token as it should be."""
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid is not None else None)


def published(key: Any = KEY, kid: str = "one", **more: Any) -> dict[str, Any]:
    """A key of the published set."""
    public = key.public_key()
    curve = isinstance(key, ec.EllipticCurvePrivateKey)
    made = jwt.algorithms.ECAlgorithm.to_jwk(public) if curve else jwt.algorithms.RSAAlgorithm.to_jwk(public)
    return {**json.loads(made), "kid": kid, "use": "sig", **more}


def pem(key: Any) -> bytes:
    """A public key as a file: what a careless verifier takes for a shared secret."""
    return bytes(key.public_key().public_bytes(serialization.Encoding.PEM,
                                               serialization.PublicFormat.SubjectPublicKeyInfo))


@contextmanager
def provider(place: Path, *, entra: bool = False) -> Iterator[Provider]:
    """A provider that listens."""
    authority = Authority(place)
    found: list[Provider] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path.endswith("/.well-known/openid-configuration"):
                self._json(200, found[0].document())
            elif parts.path == "/keys":
                self._json(200, {"keys": found[0].keys})
            elif parts.path == "/authorize":
                query = {name: value[0] for name, value in parse_qs(parts.query).items()}
                self._send(302, b"", location=found[0].authorize(query))
            else:
                self._json(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            form = {name: value[0] for name, value in parse_qs(body).items()}
            basic = self.headers.get("authorization", "").removeprefix("Basic ")
            self._json(*found[0].exchange(form, basic))

        def _json(self, status: int, value: Any) -> None:
            self._send(status, json.dumps(value).encode(), content_type="application/json")

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = server_context(authority.issue("localhost")).wrap_socket(server.socket, server_side=True)
    pem_text = authority.certificate.public_bytes(serialization.Encoding.PEM).decode()
    found.append(Provider(f"https://localhost:{server.server_address[1]}", pem_text, entra, keys=[published()]))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
