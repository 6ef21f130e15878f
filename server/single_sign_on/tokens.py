"""ID tokens: a signature by a key that the provider publishes, and every claim that decides.

Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 7515, 7519 and 8725.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from server.single_sign_on.model import ALGORITHMS, Claims, Kind, Provider, Rejected

LEEWAY = timedelta(seconds=60)
"""How far two clocks may differ."""
OLDEST = timedelta(minutes=10)
"""An ID token is used at once: one issued earlier is not of this sign-in."""
LONGEST = 256 << 10
NAME_MAX = 64
GROUPS_MAX = 2_000
_REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]


def verified(token: str, provider: Provider, issuer: str, keys: Mapping[str, Any], nonce: str,
             now: datetime) -> Claims:
    """What a token says, once it holds.

    ``issuer`` is the one that the provider's own metadata names, ``keys`` its published key set, ``nonce`` what the
    token must repeat. Raises ``Rejected``: ``malformed``, ``algorithm``, ``key``, ``signature``, ``issuer``,
    ``audience``, ``expired``, ``early``, ``nonce``, ``claims`` or ``groups``.
    """
    if len(token) > LONGEST:
        raise Rejected("malformed", "the token is too long")
    key, algorithm = _key(token, keys)
    try:
        found: dict[str, Any] = jwt.decode(
            token, key, algorithms=[algorithm], audience=provider.client, issuer=issuer, leeway=LEEWAY,
            options={"require": _REQUIRED, "verify_exp": False, "verify_nbf": False, "verify_iat": False,
                     "strict_aud": False})
    except jwt.InvalidAudienceError as error:
        raise Rejected("audience", str(error)) from error
    except jwt.InvalidIssuerError as error:
        raise Rejected("issuer", str(error)) from error
    except jwt.InvalidSignatureError as error:
        raise Rejected("signature", str(error)) from error
    except jwt.MissingRequiredClaimError as error:
        raise Rejected("nonce" if error.claim == "nonce" else "claims", str(error)) from error
    except jwt.InvalidTokenError as error:
        raise Rejected("malformed", str(error)) from error
    _times(found, now)
    if not isinstance(found["nonce"], str) or not hmac.compare_digest(found["nonce"].encode(), nonce.encode()):
        raise Rejected("nonce", "the token answers another sign-in")
    if isinstance(found["aud"], list) and len(found["aud"]) > 1 and found.get("azp") != provider.client:
        raise Rejected("audience", "the token is for several, and was not given to this server")
    return _claims(found, provider)


def _key(token: str, keys: Mapping[str, Any]) -> tuple[Any, str]:
    """The published key that the token names, and the algorithm. A key is never used for another algorithm's kind."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError as error:
        raise Rejected("malformed", str(error)) from error
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise Rejected("algorithm", f"signed with {str(algorithm)[:20]!r}")
    if "crit" in header:
        raise Rejected("malformed", "critical extensions")
    entries = keys.get("keys")
    name = header.get("kid")
    fit = [one for one in entries if isinstance(one, dict) and one.get("use", "sig") == "sig"
           and (one.get("kid") == name if name is not None else True)] if isinstance(entries, list) else []
    if len(fit) != 1:
        raise Rejected("key", "the provider publishes no such key")
    [one] = fit
    family = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}[algorithm]
    if one.get("kty") != family or one.get("alg", algorithm) != algorithm:
        raise Rejected("algorithm", "the key is for another algorithm")
    try:
        return jwt.PyJWK(one, algorithm).key, algorithm
    except (jwt.PyJWTError, ValueError) as error:
        raise Rejected("key", str(error)) from error


def _times(found: Mapping[str, Any], now: datetime) -> None:
    moment = now.timestamp()
    leeway = LEEWAY.total_seconds()
    for name in ("exp", "iat", "nbf"):
        if not isinstance(found.get(name, 0), (int, float)) or isinstance(found.get(name), bool):
            raise Rejected("claims", f"{name} is not a time")
    if found["exp"] + leeway <= moment:
        raise Rejected("expired", "the token has expired")
    if found["iat"] - leeway > moment or found.get("nbf", 0) - leeway > moment:
        raise Rejected("early", "the token holds only later: one of the clocks is wrong")
    if found["iat"] < moment - OLDEST.total_seconds():
        raise Rejected("expired", "the token is of an earlier sign-in")


def _claims(found: Mapping[str, Any], provider: Provider) -> Claims:
    subject = found["sub"]
    if provider.kind is Kind.ENTRA:
        subject = found.get("oid", "")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not subject.isprintable():
        raise Rejected("claims", "the token names nobody")
    overage = found.get("_claim_names")
    groups = found.get(provider.claim)
    if groups is None and isinstance(overage, dict) and provider.claim in overage:
        raise Rejected("groups", "too many groups for a token: let the application send its own roles instead")
    if isinstance(groups, str):
        groups = [groups]
    if groups is None:
        groups = []
    if not isinstance(groups, list) or len(groups) > GROUPS_MAX or not all(isinstance(one, str) for one in groups):
        raise Rejected("groups", f"the claim {provider.claim!r} is not a list of groups")
    said = found.get("amr")
    methods = frozenset(one for one in said if isinstance(one, str)) if isinstance(said, list) else frozenset()
    return Claims(str(found["iss"]), subject, _name(found, subject), frozenset(groups), methods)


def _name(found: Mapping[str, Any], subject: str) -> str:
    """What to call them: letters that can be printed, and no sign that a sign-in name uses."""
    for claim in ("preferred_username", "email", "name"):
        value = found.get(claim)
        if isinstance(value, str):
            text = "".join(one for one in value.partition("@")[0] if one.isprintable() and one != "@").strip()
            if text:
                return text[:NAME_MAX]
    return subject[:NAME_MAX]
