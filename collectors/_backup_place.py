"""Where a repository is kept, and what is kept beside it."""

from __future__ import annotations

import ipaddress
import posixpath
from itertools import pairwise
from urllib.parse import urlsplit

from collectors import block_devices
from collectors.host.protocol import FileKind, Host, LookError, NotThere, Unsupported, read_optional
from hustings.facts import Listing, Missing, Reason

_HOSTS, _ROUTES, _IPV6 = "/etc/hosts", "/proc/net/fib_trie", "/proc/net/if_inet6"
READS = ("/proc/self/mountinfo", "/proc/*/cmdline", _HOSTS, _ROUTES, _IPV6)
_REMOTE = ("s3:", "b2:", "azure:", "gs:", "swift:", "rest:", "sftp:")
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "ceph", "glusterfs"})
_KEY_NAMES = ("passphrase", "password", "passwd", "secret", "credential", "keyfile", "mot-de-passe", "mot_de_passe",
              "motdepasse", ".pgpass", "id_rsa", "id_ed25519")
_KEY_ENDINGS = (".key", ".pass", ".pwd", ".kdbx")
_KEY_CONTENTS = (b"AGE-SECRET-KEY-1", b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----", b"BORG_KEY ",
                 b"BORG PAPER KEY")
_PUBLIC = (b"-----BEGIN CERTIFICATE", b"-----BEGIN PUBLIC KEY", b"-----BEGIN PGP PUBLIC KEY", b"ssh-")
_EVERYONES = ("/", "/etc", "/opt", "/usr", "/var", "/var/lib")
_MOST = 2000
"""Entries of a directory that are looked at for keys."""
_SMALL = 64 << 10


def address(location: str) -> str | None:
    """The host that a location names: "" for a provider's own service, None for a path on this machine.

    Raises ``ValueError`` for a kind of location whose place cannot be told (``rclone:`` and unknown ones).
    """
    kind = next((one for one in _REMOTE if location.startswith(one)), "")
    rest = location.removeprefix(kind)
    if not kind:
        if location.startswith("/"):
            return None
        raise ValueError(f"where {location.partition(':')[0]}: keeps its data is not known")
    if kind == "sftp:" and not rest.startswith("//"):
        return served_by(rest) or rest.rpartition("@")[2]
    if kind in ("rest:", "s3:", "sftp:"):
        named = rest if "//" in rest else "//" + rest
        found = urlsplit(named).hostname
        if not found:
            raise ValueError("the location names no machine")
        return found
    return ""


def is_this_machine(host: str, names: frozenset[str]) -> bool:
    """Whether an address is loopback or one of this machine's own names."""
    if host.lower() in names or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def directory_of(location: str) -> str | None:
    """The directory of a repository that lies in a file system of this machine, else None."""
    return location if location.startswith("/") else None


def here_or_elsewhere(host: Host, location: str, name: str) -> str:
    """``here`` if the repository is lost with this machine (called ``name``), else ``elsewhere``."""
    try:
        where = address(location)
    except ValueError as error:
        raise LookError(Reason.UNSUPPORTED, str(error)) from error
    if where is not None:
        return _place_of(host, where, name)
    mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
    mount = block_devices.mount_of(host.resolve(location), mounts)
    if mount.fstype not in _NETWORK:
        return "here"
    return _place_of(host, served_by(mount.source), name)


def served_by(source: str) -> str:
    """The machine that serves a network file system, from what was mounted: ``nas:/x``, ``//nas/x``, ``me@nas:``;
    "" where it names none."""
    if source.startswith("//"):
        return source[2:].partition("/")[0]
    address = source.rpartition("@")[2]
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if ":" in address else ""


def _place_of(host: Host, where: str, name: str) -> str:
    """Whether an address is of this machine (called ``name``). A longer form of its own short name may be: that is
    ``Unsupported``."""
    own = _own_names(host) | {name.lower()}
    if is_this_machine(where, frozenset(own)):
        return "here"
    if "." not in name and where.lower().startswith(f"{name.lower()}."):
        raise Unsupported(f"whether {where} is another machine than this one, {name}, is not known")
    return "elsewhere"


def _own_names(host: Host) -> set[str]:
    """This machine's own addresses, and what ``/etc/hosts`` calls them."""
    lines = [line.strip() for line in (read_optional(host, _ROUTES) or "").splitlines()]
    found = {before.removeprefix("|-- ") for before, line in pairwise(lines) if line == "/32 host LOCAL"}
    for line in (read_optional(host, _IPV6) or "").splitlines():
        found.add(str(ipaddress.ip_address(bytes.fromhex(line.split()[0]))))
    for line in (read_optional(host, _HOSTS) or "").splitlines():
        words = line.partition("#")[0].lower().split()
        if words and is_this_machine(words[0], frozenset(found)):
            found |= set(words[1:])
    return found


def served_append_only(host: Host, url: str) -> bool:
    """Whether the server of restic's own protocol at ``url`` was started with ``--append-only``.

    Only a server on this machine can be looked at: rest-server, or ``rclone serve restic``.
    """
    parts = urlsplit(url)
    if not is_this_machine(parts.hostname or "", frozenset()):
        raise Unsupported("whether the other machine lets it be changed cannot be seen from here")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    pids = {one.pid for one in host.sockets() if one.protocol == "tcp" and one.port == port}
    if not pids or None in pids:
        raise Unsupported(f"what listens on port {port} cannot be seen")
    return all("--append-only" in host.read(f"/proc/{pid}/cmdline").split("\0") for pid in pids)


def keys_beside(host: Host, directory: str) -> Listing:
    """The files in a repository's directory, or right beside it, that look like keys or passphrases.

    A directory of the system that everything lies in (``/var/lib``) is not beside anything. The list is not whole
    where a directory has more entries than are looked at.
    """
    real = host.resolve(directory).rstrip("/")
    above = posixpath.dirname(real) or "/"
    found = []
    cut = None
    for place in (real, *((above,) if above not in _EVERYONES else ())):
        names = host.list(place)
        if len(names) > _MOST:
            cut = Missing(Reason.TRUNCATED, f"{place} has more than {_MOST} entries")
        for name in names[:_MOST]:
            path = posixpath.join(place, name)
            if _is_key(host, path, name.lower()):
                found.append(path)
    return Listing(found, complete=cut is None, why=cut)


def _is_key(host: Host, path: str, name: str) -> bool:
    try:
        seen = host.stat(path)
        if seen.kind is not FileKind.FILE or not 0 < seen.size <= _SMALL:
            return False
        named = any(word in name for word in _KEY_NAMES) or name.endswith(_KEY_ENDINGS)
        head = host.head(path, 4096)
        return any(mark in head for mark in _KEY_CONTENTS) or (named and not head.startswith(_PUBLIC))
    except NotThere:
        return False
