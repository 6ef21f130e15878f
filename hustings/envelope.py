"""DSSE v1 envelopes: a signature over the exact bytes and their type.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md

The verifier says which payload type and which key it expects; the message chooses neither. It
works on the bytes it received and hands exactly those on.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

import msgspec

from hustings import keys, strict_json
from hustings.errors import BadDocument, BadSignature, TooLarge

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REPORT = "application/vnd.hustings.report.v1+json"
LOST = "application/vnd.hustings.lost.v1+json"
ATTESTED = "application/vnd.hustings.attested-report.v1+json"
"""A report of a machine that a person recorded: signed by the server it was brought to, taken from no request."""
ACCESS_REVIEW = "application/vnd.hustings.access-review.v1+json"
"""A person's word that they reviewed who may do what: signed by the server it was given to."""
ENROLLMENT = "application/vnd.hustings.enrollment.v1+json"

MAX_PAYLOAD = 8 << 20
"""Bytes of a payload; its envelope is a third larger."""
MAX_ENVELOPE = MAX_PAYLOAD * 4 // 3 + 4096
MAX_SIGNATURES = 8
_MAX_PARTS = 64
"""Brackets an envelope may hold: strangers' bytes are parsed before any signature is checked."""


class Signature(msgspec.Struct, frozen=True):
    keyid: str
    sig: str


class Envelope(msgspec.Struct, frozen=True):
    """A DSSE envelope as sent; ``payload`` is standard base64."""

    payload: str
    payloadType: str  # noqa: N815 - the name is DSSE's
    signatures: tuple[Signature, ...]

    def content(self) -> bytes:
        """The payload's bytes. Raises ``BadDocument``."""
        try:
            return _unbase64(self.payload)
        except ValueError as error:
            raise BadDocument("the payload is not base64") from error


def _unbase64(text: str) -> bytes:
    """The bytes of standard base64 in its one canonical form (RFC 4648, section 3.5). Raises ``ValueError``.

    Spare bits and spare padding are refused, so that no envelope can be altered and still hold.
    """
    data = binascii.a2b_base64(text, strict_mode=True)
    tail = data[len(data) - len(data) % 3:]
    if len(text) != -(-len(data) // 3) * 4 or (tail and text[-4:] != base64.b64encode(tail).decode("ascii")):
        raise ValueError("not canonical base64")
    return data


def digest(payload: bytes) -> str:
    """``sha256:`` and the hex digest of a payload: how reports name one another."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, payload_type: str, private: Ed25519PrivateKey) -> bytes:
    """An envelope with one signature, as JSON bytes."""
    signature = private.sign(pae(payload_type, payload))
    envelope = Envelope(
        payload=base64.b64encode(payload).decode("ascii"),
        payloadType=payload_type,
        signatures=(Signature(keys.key_id(keys.public_bytes(private)), base64.b64encode(signature).decode("ascii")),),
    )
    return msgspec.json.encode(envelope)


def parse(data: bytes) -> Envelope:
    """Read an envelope without trusting it. Raises ``BadDocument`` (``TooLarge``, ``BadJson``)."""
    if len(data) > MAX_ENVELOPE:
        raise TooLarge(f"the envelope has {len(data)} bytes; the limit is {MAX_ENVELOPE}")
    envelope = _parse_as_written(data) or _parse_strictly(data)
    if not 1 <= len(envelope.signatures) <= MAX_SIGNATURES:
        raise BadDocument(f"an envelope has 1 to {MAX_SIGNATURES} signatures, not {len(envelope.signatures)}")
    return envelope


def _parse_as_written(data: bytes) -> Envelope | None:
    """The quick way for envelopes written as ``sign`` writes them: exact bytes hold no ambiguity."""
    try:
        envelope = msgspec.json.decode(data, type=Envelope)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return envelope if msgspec.json.encode(envelope) == data else None


def _parse_strictly(data: bytes) -> Envelope:
    if data.count(b"{") + data.count(b"[") > _MAX_PARTS:
        raise BadDocument("not a DSSE envelope: too many parts")
    plain = strict_json.loads(data, limit=MAX_ENVELOPE)
    try:
        return msgspec.convert(plain, Envelope)
    except msgspec.ValidationError as error:
        raise BadDocument(f"not a DSSE envelope: {error}") from error


def verify(envelope: Envelope, payload_type: str, public: bytes) -> bytes:
    """The payload, once one signature by ``public`` (32 raw bytes) holds over it and its type.

    The key id in the message only hints; every signature is tried against the one expected key.
    Raises ``BadSignature``, ``BadKey`` or ``BadDocument``.
    """
    from cryptography.exceptions import InvalidSignature

    if envelope.payloadType != payload_type:
        raise BadSignature(f"the payload is a {envelope.payloadType[:80]!r}, not a {payload_type!r}")
    payload = envelope.content()
    key = keys.public_key(public)
    covered = pae(payload_type, payload)
    for signature in envelope.signatures:
        try:
            key.verify(_unbase64(signature.sig), covered)
        except (InvalidSignature, ValueError):
            continue
        return payload
    raise BadSignature("no signature by the expected key covers these bytes")
