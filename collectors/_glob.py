"""Shell-style paths (glob(7)) inside a host."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from collectors.host.protocol import Host, NotThere, list_optional


def expand(host: Host, pattern: str) -> list[str]:
    """The existing paths that match, in byte order, as glob(3) gives them: a wildcard never matches a
    leading dot. Raises ``LookError`` if a directory on the way cannot be read."""
    found = ["/"]
    for part in [one for one in pattern.split("/") if one]:
        if any(sign in part for sign in "*?["):
            wanted = [(above, name) for above in found for name in _names(host, above)
                      if fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))]
        else:
            wanted = [(above, part) for above in found if _exists(host, posixpath.join(above, part))]
        found = [posixpath.join(above, name) for above, name in wanted]
    return sorted(found, key=str.encode)


def _names(host: Host, path: str) -> list[str]:
    return list_optional(host, path)


def _exists(host: Host, path: str) -> bool:
    try:
        host.stat(path)
    except NotThere:
        return False
    return True
