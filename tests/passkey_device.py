"""A passkey device in software: it makes and proves passkeys as a browser would hand them on, and can lie."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One passkey, at most, of one person at one server."""

    origin: str = "http://localhost"
    host: str = "localhost"
    """The relying party that the browser would let it sign for."""
    counts: bool = True
    """Whether it counts its signatures, as security keys do and synchronised passkeys do not."""
    verifies: bool = True
    """Whether it asks for a finger or a PIN."""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""
    count: int = 0

    def make(self, question: str) -> str:
        """The answer to a question for a new passkey."""
        asked = json.loads(question)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        data = b"".join((self._data(ATTESTED), bytes(16), len(self.credential).to_bytes(2, "big"), self.credential,
                         self._cose()))
        return self._said("webauthn.create", asked["challenge"], {
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "no-such-transport"]})

    def prove(self, question: str) -> str:
        """The answer to a question for a proof."""
        if self.counts:
            self.count += 1
        challenge = json.loads(question)["challenge"]
        data, client = self._data(), self._client("webauthn.get", challenge)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._said("webauthn.get", challenge, {
            "authenticatorData": bytes_to_base64url(data), "signature": bytes_to_base64url(signature),
            "userHandle": bytes_to_base64url(self.handle)})

    def _said(self, kind: str, challenge: str, response: dict[str, Any]) -> str:
        name = bytes_to_base64url(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": {
            "clientDataJSON": bytes_to_base64url(self._client(kind, challenge)), **response}})

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose(self) -> bytes:
        point = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
