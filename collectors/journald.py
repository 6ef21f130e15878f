"""systemd's journal as it is configured: where it is kept, how long, and where it is sent.

journald.conf(5), systemd-journal-upload(8): the main file, then the drop-ins of all directories by name; of
two with one name that of the directory of higher rank counts.
"""

from __future__ import annotations

import re

from collectors._fragments import fragments, present
from collectors.host.protocol import Host, NotThere, read_optional

_RANKS = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
_JOURNAL = "/var/log/journal"
_KNOWN = frozenset({"persistent", "volatile", "none", "auto", ""})
JOURNALD, UPLOAD = "journald.conf", "journal-upload.conf"
READS = tuple(path for name in (JOURNALD, UPLOAD) for directory in _RANKS
              for path in (f"{directory}/{name}", f"{directory}/{name}.d/"))
STATS = (_JOURNAL, f"{_JOURNAL}/*", f"{_JOURNAL}/*/*")
SETTINGS = ("Storage", "Compress", "Seal", "ForwardToSyslog", "SystemMaxUse", "SystemKeepFree", "RuntimeMaxUse",
            "MaxRetentionSec", "MaxFileSec", "RateLimitBurst", "Audit")
UPLOAD_SETTINGS = ("URL", "ServerKeyFile", "ServerCertificateFile", "TrustedCertificateFile")
"""Settings told whether or not they are stated."""
_UNITS = {
    "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400,
    "w": 604800, "week": 604800, "weeks": 604800, "month": 2629800, "months": 2629800, "M": 2629800,
    "y": 31557600, "year": 31557600, "years": 31557600,
}


def parse(texts: list[str], section: str) -> list[tuple[str, str]]:
    """Every assignment of one section over several files, in order."""
    found = []
    for text in texts:
        here = ""
        for line in map(str.strip, text.splitlines()):
            if line.startswith("["):
                here = line
            name, equals, value = line.partition("=")
            if equals and here == section and line[:1] not in "#;":
                found.append((name.strip(), value.strip()))
    return found


def storage(host: Host) -> str:
    """``persistent``, ``volatile`` or ``none``. A word that systemd does not know it passes over."""
    said = [value for name, value in parse(texts(host, JOURNALD), "[Journal]") if name == "Storage" and value in _KNOWN]
    chosen = (said[-1] if said else "") or "auto"
    if chosen != "auto":
        return chosen
    try:
        host.stat(_JOURNAL)
    except NotThere:
        return "volatile"
    return "persistent"


def records(host: Host) -> list[dict[str, object]]:
    """One record for each known or stated setting of the journal and of its upload: the last word, and how many
    others say otherwise."""
    found: list[dict[str, object]] = []
    for file, section, known, prefix in ((JOURNALD, "[Journal]", SETTINGS, ""),
                                         (UPLOAD, "[Upload]", UPLOAD_SETTINGS, "upload.")):
        stated: dict[str, list[str]] = {name: [] for name in known}
        for name, value in parse(texts(host, file), section):
            stated.setdefault(name, []).append(value)
        found += [{"name": prefix + name.lower(), "value": said[-1] if said else "",
                   "origin": "stated" if said else "built-in",
                   "contradictions": sum(value != said[-1] for value in said)} for name, said in stated.items()]
    return found


def last(host: Host, file: str, section: str, name: str) -> str:
    """A setting's last word, "" where nothing is stated."""
    said = [value for one, value in parse(texts(host, file), section) if one == name]
    return said[-1] if said else ""


def seconds(text: str) -> int:
    """A time span of systemd.time(7), such as ``3month`` or ``1h 30min``. Raises ``ValueError``."""
    parts = re.findall(r"(\d+)\s*([A-Za-z]*)\s*", text)
    if not parts or "".join(number + unit for number, unit in parts) != re.sub(r"\s+", "", text):
        raise ValueError(f"{text!r} is not a time span")
    try:
        return sum(int(number) * _UNITS[unit] for number, unit in parts)
    except KeyError as error:
        raise ValueError(f"{text!r} is not a time span") from error


def upload(host: Host) -> dict[str, object] | None:
    """Where ``systemd-journal-upload`` sends the journal; None where no address is set. https is meant where
    none is written, and the server's certificate is checked unless the authority is ``-``."""
    url = last(host, UPLOAD, "[Upload]", "URL")
    if not url:
        return None
    scheme, _, rest = url.rpartition("://")
    target = re.match(r"\[([^\]]+)\]|([^:/]+)", rest)
    encrypted = scheme != "http"
    return {"target": (target[1] or target[2]) if target else rest, "protocol": "https" if encrypted else "http",
            "tls": encrypted, "everything": True,
            "peer_check": "certificate" if encrypted and last(
                host, UPLOAD, "[Upload]", "TrustedCertificateFile") != "-" else "none"}


def texts(host: Host, name: str) -> list[str]:
    """The main file of the highest rank, then the drop-ins by name."""
    mains = present(host, [f"{directory}/{name}" for directory in reversed(_RANKS)])
    main = next((text for path in mains if (text := read_optional(host, path)) is not None), "")
    drop_ins = fragments(host, [f"{directory}/{name}.d" for directory in reversed(_RANKS)])
    return [main, *(host.read(path) for path in drop_ins)]
