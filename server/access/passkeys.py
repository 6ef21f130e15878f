"""Passkeys: what a browser is asked, and whether its answer is right (WebAuthn Level 3). No database here.

Discoverable, with user verification: what the person has and what they know or are, both factors at once.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hustings import strict_json
from hustings.errors import BadDocument
from server.access.relying_party import RelyingParty

MOST = 65_536
"""Bytes of a browser's answer, at most."""
_TIMEOUT = 300_000
"""Milliseconds that a browser may take."""
_HOSTILE = (WebAuthnException, BadDocument, ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error,
            OverflowError)
"""What the library raises for answers that no browser makes."""


class Wrong(Exception):
    """An answer that proves nothing. Its text is for the log and the trail, not for who sent it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey."""

    credential: bytes
    public_key: bytes
    count: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer claims, before anything of it is believed."""

    raw: dict[str, Any]
    credential: bytes
    challenge: bytes
    handle: bytes | None
    """Whose passkey it is, as the device says."""


def to_make(party: RelyingParty, challenge: bytes, *, handle: bytes, name: str,
            have: Sequence[bytes]) -> str:
    """What a browser is asked to make a passkey, as JSON. ``have``: credentials that the device may know already."""
    options = webauthn.generate_registration_options(
        rp_id=party.host, rp_name="Hustings", user_id=handle, user_name=name, user_display_name=name,
        challenge=challenge, timeout=_TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in have])
    return options_to_json(options)


def to_prove(party: RelyingParty, challenge: bytes, have: Sequence[bytes] = ()) -> str:
    """What a browser is asked to prove a passkey, as JSON; without ``have``, any that it knows for this server."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host, challenge=challenge, timeout=_TIMEOUT,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in have] or None,
        user_verification=UserVerificationRequirement.REQUIRED)
    return options_to_json(options)


def read(text: str) -> Answer:
    """What a browser's answer claims. Raises ``Wrong``."""
    try:
        raw = strict_json.loads(text.encode("utf-8"), limit=MOST)
        response = raw["response"]
        client = json.loads(base64url_to_bytes(response["clientDataJSON"]))
        given = response.get("userHandle")
        return Answer(raw, base64url_to_bytes(raw["rawId"]), base64url_to_bytes(client["challenge"]),
                      base64url_to_bytes(given) if given else None)
    except (*_HOSTILE, RecursionError) as error:
        raise Wrong(f"not an answer: {type(error).__name__}") from error


def made(answer: Answer, party: RelyingParty) -> Made:
    """The passkey of an answer to ``to_make``; the challenge is the caller's to check. Raises ``Wrong``."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer.raw, expected_challenge=answer.challenge, expected_rp_id=party.host,
            expected_origin=party.origin, require_user_verification=True)
        known = {one.value for one in AuthenticatorTransport}
        said = answer.raw["response"].get("transports") or []
        transports = tuple(one for one in said if isinstance(one, str) and one in known)
    except _HOSTILE as error:
        raise Wrong(str(error)[:200] or type(error).__name__) from error
    return Made(found.credential_id, found.credential_public_key, found.sign_count, transports)


def proven(answer: Answer, party: RelyingParty, public_key: bytes, count: int) -> int:
    """The device's count after an answer to ``to_prove`` that a passkey really gave; the challenge and whose it is are
    the caller's to check. Raises ``Wrong``, for a count that did not grow too: a copy of the device."""
    try:
        found = webauthn.verify_authentication_response(
            credential=answer.raw, expected_challenge=answer.challenge, expected_rp_id=party.host,
            expected_origin=party.origin, credential_public_key=public_key, credential_current_sign_count=count,
            require_user_verification=True)
    except _HOSTILE as error:
        raise Wrong(str(error)[:200] or type(error).__name__) from error
    return found.new_sign_count
