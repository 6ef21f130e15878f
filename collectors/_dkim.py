"""The key of one DKIM selector (RFC 6376, 3.6.1; RFC 8463 for Ed25519)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from collectors._shown import shown
from collectors.dns_door import Resolver, Status
from hustings.facts import Missing


def key_of(resolver: Resolver, domain: str, selector: str) -> dict[str, Any]:
    """What is published for a selector, as a record; fields that the name server leaves open are ``Missing``."""
    answer = resolver.lookup(f"{selector}._domainkey.{domain}", "TXT")
    blank: dict[str, Any] = {"selector": selector, "published": False, "kind": "", "bits": 0, "revoked": False,
                             "testing": False, "sha256": False, "alias": ", ".join(answer.aliases), "problem": ""}
    if answer.missing is not None and answer.status is not Status.LOOP:
        return blank | dict.fromkeys(("published", "kind", "bits", "revoked", "testing", "sha256"), answer.missing)
    if answer.status is Status.LOOP and isinstance(answer.missing, Missing):
        return blank | {"problem": answer.missing.detail}
    texts = answer.texts()
    if not texts:
        return blank | {"problem": "the alias leads to no record" if answer.aliases else "there is no such record"}
    if len(texts) > 1:
        return blank | {"problem": f"{len(texts)} TXT records: which of them holds is left to chance"}
    return blank | parse(texts[0])


def parse(text: str) -> dict[str, Any]:
    """The fields of a key record. Pure."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not part.strip():
            continue
        if not equals or name.strip() in tags:
            return {"problem": f"the record cannot be read: {part.strip()[:60]!r}"}
        tags[name.strip()] = value.strip()
    if "p" not in tags:
        return {"problem": "the record holds no key (p=)"}
    if tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        return {"problem": "the record's version is not DKIM1, or does not come first"}
    found: dict[str, Any] = {
        "published": True, "kind": shown(tags.get("k", "rsa").lower(), 40),
        "testing": "y" in [one.strip().lower() for one in tags.get("t", "").split(":")],
        "sha256": "sha256" in [one.strip().lower() for one in tags.get("h", "sha256").split(":")],
    }
    services = [one.strip().lower() for one in tags.get("s", "*").split(":")]
    if not {"*", "email"} & set(services):
        found["problem"] = f"the key is not for mail: s={shown(tags['s'], 40)}"
    key = "".join(tags["p"].split())
    if not key:
        return found | {"revoked": True, "problem": "the key is revoked (p= is empty)"}
    try:
        return found | {"bits": _bits(found["kind"], base64.b64decode(key, validate=True))}
    except (ValueError, binascii.Error) as error:
        return found | {"published": False, "problem": f"the key cannot be read: {error}"[:120]}


def _bits(kind: str, data: bytes) -> int:
    """The length of a public key; raises ``ValueError`` for what is none of that kind."""
    if kind == "ed25519":
        if len(data) != 32:
            raise ValueError(f"an Ed25519 key has 32 bytes, not {len(data)}")
        return 256
    if kind != "rsa":
        raise ValueError(f"no key kind {kind[:20]!r} is known for DKIM")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(data)
    except UnsupportedAlgorithm as error:
        raise ValueError("it is no RSA key") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("it is no RSA key")
    return key.key_size
