"""Files that hold a secret: a password, a key, an application's secret."""

from __future__ import annotations

from collectors import no_core
from collectors.host.protocol import Denied, FileKind, Host, NotThere, Platform, Unreadable

LIMIT = 256 << 10
"""Bytes of the largest of them: a certificate chain with its key."""


def read(host: Host, path: str) -> str:
    """The text of a secret's file, without the line ends around it; from then on this process leaves no core file.

    Raises ``Denied`` for one that others than its owner may read (on POSIX systems), ``Unreadable`` where there is
    none, where it is empty or no text. No message ever holds what the file says.
    """
    try:
        seen = host.stat(host.resolve(path))
    except NotThere as error:
        raise Unreadable(f"{path} does not exist: put the secret there, readable by its owner alone") from error
    if seen.kind is not FileKind.FILE:
        raise Unreadable(f"{path} is not a regular file")
    if host.platform is not Platform.WINDOWS and seen.mode & 0o077:
        raise Denied(f"{path} can be read or changed by others (mode {seen.mode:04o}), so it is not used: "
                     f"chmod 600 {path}")
    no_core.forbid()
    text = host.read(path, limit=LIMIT).strip("\r\n")
    if not text.strip():
        raise Unreadable(f"{path} is empty")
    if "\0" in text or "\ufffd" in text:
        raise Unreadable(f"{path} holds bytes that are no text in UTF-8")
    return text
