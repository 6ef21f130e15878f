"""root_path: the directories root runs programs from, and who may put programs there.

A live shell's PATH is made of what login.defs, /etc/environment and the shells' start-up files say, so each
of them is read; what one of them computes leaves the list incomplete.
"""

from __future__ import annotations

import posixpath
from typing import Any

from collectors import _login_defs, _passwd, _shell
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type
from collectors.host.protocol import FileKind, Host, LookError, NotThere, read_optional
from collectors.shell_settings import CSH, READS, texts
from hustings.declared import Declared

ENVIRONMENT = "/etc/environment"
HOME = "/root"
DEFAULT = "/sbin:/bin:/usr/sbin:/usr/bin"
"""shadow-utils' ENV_SUPATH where login.defs does not say."""


def collect(host: Host, declared: Declared) -> Collected:
    files, why = texts(host)
    found: dict[str, str] = {}
    said = _passwd.login_defs(_login_defs.text(host)).get("ENV_SUPATH", f"PATH={DEFAULT}").removeprefix("PATH=")
    for directory in said.split(":"):
        found.setdefault(directory, "login.defs")
    sources = [(path, text) for path, reader, text in files if reader != CSH]
    for path, text in [(ENVIRONMENT, read_optional(host, ENVIRONMENT) or ""), *sources]:
        for line, directories in _shell.paths(text, HOME):
            for one in directories:
                if one is None:
                    why = why or Missing(Reason.UNSUPPORTED, f"{path}:{line} computes a directory")
                else:
                    found.setdefault(one, f"{path}:{line}")
    return {"root.path": Listing([record(host, *one) for one in found.items()], why is None, why)}


def record(host: Host, directory: str, source: str) -> dict[str, Any]:
    """One directory of the path. A link is judged by what it leads to; one that is not there has no owner."""
    found: dict[str, Any] = {"directory": directory, "source": source, "absolute": directory.startswith("/")}
    if not found["absolute"] or ".." in directory.split("/"):
        return found | {"absolute": False}
    try:
        stat = host.stat(host.resolve(posixpath.normpath(directory)))
    except NotThere:
        return found
    except LookError as error:
        return found | dict.fromkeys(("is_directory", "owner", "writable_by_others"), error.missing)
    shared = stat.mode & 0o002 or (stat.mode & 0o020 and stat.gid != 0)
    return found | {"is_directory": stat.kind is FileKind.DIRECTORY, "owner": stat.uid,
                    "writable_by_others": bool(shared), "mode": format(stat.mode, "04o")}


FACTS = (
    Fact("root.path", Type.RECORDS, "The directories root runs programs from, from every file that sets PATH",
         Disclosure.SHARED, fields=(
             Field("directory", Type.TEXT, "The directory; empty stands for the current one"),
             Field("source", Type.TEXT, "Where it is said first"),
             Field("absolute", Type.BOOL, "Whether it begins at the root, without .."),
             Field("is_directory", Type.BOOL, "Whether it is a directory; absent: it does not exist"),
             Field("owner", Type.INT, "The number of its owner"),
             Field("mode", Type.TEXT, "Its permission bits, as four octal digits"),
             Field("writable_by_others", Type.BOOL, "Whether everybody, or a group other than root's, may write there"),
         )),
)

COLLECTOR = Collector(
    name="root_path",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(*READS, ENVIRONMENT, *_login_defs.READS),
    stats=("/bin", "/sbin", "/usr/*", "/usr/local/*", "/opt/*", "/opt/*/*", "/snap/*", "/root/bin", "/root/.local/bin",
           "/root/.*/bin"),
    needs="reading root's own files needs root",
)
