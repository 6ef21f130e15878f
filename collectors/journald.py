"""Where journald keeps its journal, from its configuration and the directory that decides ``auto``."""

from __future__ import annotations

import posixpath

from collectors.host.protocol import Host, NotThere, list_optional, read_optional

_DIRECTORIES = ("/usr/lib/systemd/journald.conf.d", "/usr/local/lib/systemd/journald.conf.d",
                "/run/systemd/journald.conf.d", "/etc/systemd/journald.conf.d")
_MAIN = ("/etc/systemd/journald.conf", "/run/systemd/journald.conf", "/usr/lib/systemd/journald.conf")
_JOURNAL = "/var/log/journal"
_KNOWN = frozenset({"persistent", "volatile", "none", "auto", ""})
READS = (*_MAIN, *(f"{one}/" for one in _DIRECTORIES), _JOURNAL)


def parse_storage(texts: list[str]) -> str:
    """The effective ``Storage=`` of several files, the last word counting; ``auto`` if none says. systemd passes
    over a word it does not know."""
    chosen = "auto"
    for text in texts:
        section = ""
        for line in map(str.strip, text.splitlines()):
            if line.startswith("["):
                section = line
            name, equals, value = line.partition("=")
            if equals and name.strip() == "Storage" and section == "[Journal]" and value.strip() in _KNOWN:
                chosen = value.strip() or "auto"
    return chosen


def storage(host: Host) -> str:
    """``persistent``, ``volatile`` or ``none``."""
    chosen = parse_storage(_texts(host))
    if chosen != "auto":
        return chosen
    try:
        host.stat(_JOURNAL)
    except NotThere:
        return "volatile"
    return "persistent"


def _texts(host: Host) -> list[str]:
    """The main file, then the drop-ins by name; of two with one name that of the later directory counts."""
    main = next((text for text in (read_optional(host, path) for path in _MAIN) if text is not None), "")
    drop_ins = {name: directory for directory in _DIRECTORIES for name in list_optional(host, directory)
                if name.endswith(".conf")}
    return [main, *(host.read(posixpath.join(drop_ins[name], name)) for name in sorted(drop_ins))]
