"""The token cache of a person's sign-in, encrypted at rest (AES-256-GCM) under a key in a file beside it.

It holds the refresh token alone: access tokens are kept in memory. The key is no protection from who can read both
files, but from who gets at one of them: a backup, a shared directory, a disk that is thrown away.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from collectors import no_core
from collectors.graph_errors import NotSignedIn
from collectors.host.protocol import Denied, Host, NotThere, Platform, Unreadable
from hustings.declared import Tenant

_MAGIC = b"hustings token cache 1\n"
_NONCE = 12
_KEY = 32
_LIMIT = 1 << 20
_AGAIN = "sign in again: hustings directory sign-in"


def key_path(path: str) -> str:
    """Where the key of the cache at ``path`` is."""
    return f"{path}.key"


def load(host: Host, tenant: Tenant) -> str:
    """msal's cache as JSON. Raises ``NotSignedIn`` where there is none or it was tampered with, ``Denied`` where
    others may read it."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    no_core.forbid()
    sealed, key = _private(host, tenant.token_cache, tenant), _private(host, key_path(tenant.token_cache), tenant)
    if not sealed.startswith(_MAGIC) or len(key) != _KEY:
        raise NotSignedIn(f"{tenant.token_cache} is no token cache of this release; {_AGAIN} {tenant.name}")
    nonce, body = sealed[len(_MAGIC):][:_NONCE], sealed[len(_MAGIC) + _NONCE:]
    try:
        return AESGCM(key).decrypt(nonce, body, _about(tenant)).decode()
    except (InvalidTag, ValueError):
        raise NotSignedIn(f"{tenant.token_cache} was changed, or belongs to another key, tenant or application; "
                          f"{_AGAIN} {tenant.name}") from None


def save(tenant: Tenant, cache: str) -> None:
    """Replace the cache in one step; its key is made with the first one. Raises ``Unreadable`` where the directory
    cannot be written to."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    path = Path(tenant.token_cache)
    try:
        key = _key(Path(key_path(tenant.token_cache)))
        nonce = secrets.token_bytes(_NONCE)
        _replace(path, _MAGIC + nonce + AESGCM(key).encrypt(nonce, cache.encode(), _about(tenant)))
    except OSError as error:
        raise Unreadable(f"{path} cannot be written: {error.strerror}") from None


def can_save(tenant: Tenant) -> bool:
    """Whether the cache's directory can be written to. A refresh token that was renewed and cannot be kept is no
    loss: the one before goes on to be good for its ninety days."""
    return os.access(Path(tenant.token_cache).parent, os.W_OK)


def _about(tenant: Tenant) -> bytes:
    """What the seal is bound to, so that no cache can stand in for another."""
    return "\0".join((tenant.id.casefold(), tenant.client_id.casefold(), tenant.cloud, tenant.url)).encode()


def _private(host: Host, path: str, tenant: Tenant) -> bytes:
    try:
        seen = host.stat(host.resolve(path))
    except NotThere:
        raise NotSignedIn(f"{path} does not exist: nobody has signed in yet; hustings directory sign-in "
                          f"{tenant.name}") from None
    if host.platform is not Platform.WINDOWS and seen.mode & 0o077:
        raise Denied(f"{path} can be read or changed by others (mode {seen.mode:04o}), so it is not used: "
                     f"chmod 600 {path}")
    return host.read_bytes(path, limit=_LIMIT)


def _key(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        key = path.read_bytes()
        if len(key) == _KEY and (sys.platform == "win32" or not stat.S_IMODE(path.stat().st_mode) & 0o077):
            return key
    key = secrets.token_bytes(_KEY)
    _replace(path, key)
    return key


def _replace(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 beside ``path`` and put it in its place."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
