"""log_targets: owner and permissions of the files that rsyslog writes to, wherever its configuration puts them."""

from __future__ import annotations

import posixpath

from collectors._rsyslog_conf import MAIN, READS, Configuration, configuration
from collectors.base import Collected, Collector, Disclosure, Fact, Listing, Missing, Platform, Reason, Type
from collectors.file_permissions import FIELDS, Names, record
from collectors.host.protocol import FileKind, Host, LookError, NotThere
from hustings.declared import Declared

_RUNNING = ("/dev/", "/proc/", "/sys/")


def targets(configured: Configuration) -> tuple[list[str], list[str]]:
    """The files that actions write to, in order, and those actions that make up a name for each message. Pure."""
    files: dict[str, None] = {}
    dynamic: list[str] = []
    for one in configured.statements:
        named = one.value if one.kind == "rule" else ""
        if one.kind == "action" and one.parameters.get("type", "").lower() in ("omfile", "builtin:omfile"):
            named = one.parameters.get("file", "")
            if not named and "dynafile" in one.parameters:
                named = "?" + one.parameters["dynafile"]
        named = named.lstrip("-").split(";")[0].strip()
        if named.startswith("?"):
            dynamic.append(f"{one.file}:{one.line}")
        elif named.startswith("/") and not named.startswith(_RUNNING):
            files[posixpath.normpath(named)] = None
    return list(files), dynamic


def collect(host: Host, declared: Declared) -> Collected:
    try:
        host.stat(MAIN)
    except NotThere:
        return {"files.log_targets": Listing([])}
    configured = configuration(host)
    files, dynamic = targets(configured)
    why = configured.missing
    if dynamic:
        why = Missing(Reason.UNSUPPORTED, f"{dynamic[0]} makes up a name for each message")
    names, found = Names(host), []
    for path in files:
        try:
            stat = host.stat(host.resolve(path))
        except NotThere:
            continue
        except LookError as error:
            why = error.missing
            continue
        if stat.kind is FileKind.FILE:
            found.append(record(path, "rsyslog", stat, names))
    return {"files.log_targets": Listing(found, why is None, why)}


COLLECTOR = Collector(
    name="log_targets",
    platforms=frozenset({Platform.LINUX}),
    facts=(Fact("files.log_targets", Type.RECORDS, "Owner and permissions of the files that rsyslog writes to; none "
                "without rsyslog", Disclosure.SHARED, fields=FIELDS),),
    collect=collect,
    reads=("/etc/passwd", "/etc/group", *READS),
    stats=("/var/log/",),
    needs="looking at every log needs root",
)
