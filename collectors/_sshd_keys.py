"""The keys by which an SSH daemon proves itself, measured by their public halves (RFC 4253, 6.6)."""

from __future__ import annotations

import base64
import binascii

from collectors.host.protocol import Host, LookError
from hustings.facts import Missing, Reason


def host_key(host: Host, path: str) -> dict[str, object]:
    """The kind and size of one host key; a field that could not be learnt is a reason."""
    try:
        text = host.read(f"{path}.pub", limit=64 << 10)
        kind, bits = public_key(text)
    except LookError as error:
        return {"path": path, "kind": error.missing, "bits": error.missing}
    except ValueError as error:
        missing = Missing(Reason.ERROR, f"{path}.pub: {error}")
        return {"path": path, "kind": missing, "bits": missing}
    return {"path": path, "kind": kind, "bits": bits}


def public_key(text: str) -> tuple[str, int]:
    """The kind and size in bits of an OpenSSH public key line. Raises ``ValueError``."""
    words = text.split()
    if len(words) < 2:
        raise ValueError("it is not a public key")
    kind = words[0]
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error as error:
        raise ValueError("its key is not base64") from error
    parts = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + size:
            raise ValueError("its key is cut short")
        parts.append(blob[4:4 + size])
        blob = blob[4 + size:]
    if not parts or parts[0].decode("latin-1") != kind:
        raise ValueError("its kind and its key disagree")
    sizes = {"ssh-ed25519": 256, "ecdsa-sha2-nistp256": 256, "ecdsa-sha2-nistp384": 384, "ecdsa-sha2-nistp521": 521}
    if kind in sizes:
        return kind, sizes[kind]
    number = {"ssh-rsa": 2, "ssh-dss": 1}.get(kind)
    if number is None or len(parts) <= number:
        raise ValueError(f"keys of the kind {kind} are not known here")
    return kind, int.from_bytes(parts[number], "big").bit_length()
