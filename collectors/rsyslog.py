"""Where rsyslog forwards messages to, in its old and its new language (rsyslog.conf(5))."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from collectors.host.protocol import Host, LookError, NotThere
from hustings.facts import Missing

_MAIN = "/etc/rsyslog.conf"
READS = (_MAIN, "/etc/rsyslog.d/")
_MAX_FILES = 200

_OLD_INCLUDE = re.compile(r"^\s*\$IncludeConfig\s+(\S+)", re.IGNORECASE)
_NEW_INCLUDE = re.compile(r"""\binclude\s*\(\s*file\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_ACTION = re.compile(r"""\baction\s*\(((?:[^()"']|"[^"]*"|'[^']*')*)\)""", re.IGNORECASE | re.DOTALL)
_SETTING = re.compile(r"""([\w.]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_OLD_FORWARD = re.compile(r"^\s*[^#$\s]\S*\s+-?(@@?)(?:\([^)]*\))?(\[[^\]]+\]|[^\s:;@]+)")
_OLD_RELP = re.compile(r"^\s*[^#$\s]\S*\s+:omrelp:([^\s:;]+)")
_OLD_MODE = re.compile(r"^\s*\$ActionSendStreamDriverMode\s+(\d)", re.IGNORECASE)


def parse_forwards(text: str) -> list[object]:
    """Every forwarding action: target, protocol, and whether TLS is on for it."""
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[object] = []
    for action in _ACTION.findall(text):
        settings = {name.lower(): first or second for name, first, second in _SETTING.findall(action)}
        kind = settings.get("type", "").lower()
        if kind == "omfwd" and "target" in settings:
            found.append(_record(settings["target"], settings.get("protocol", "udp").lower(),
                                 settings.get("streamdrivermode", settings.get("streamdriver.mode")) == "1"))
        elif kind == "omrelp" and "target" in settings:
            found.append(_record(settings["target"], "relp", settings.get("tls", "off").lower() == "on"))
    encrypted = False
    for line in text.splitlines():
        if mode := _OLD_MODE.match(line):
            encrypted = mode[1] == "1"
        elif forward := _OLD_FORWARD.match(line):
            protocol = "tcp" if forward[1] == "@@" else "udp"
            found.append(_record(forward[2].strip("[]"), protocol, encrypted))
        elif relp := _OLD_RELP.match(line):
            found.append(_record(relp[1], "relp", False))
    return found


def _record(target: str, protocol: str, tls: bool) -> dict[str, object]:
    return {"target": target, "protocol": protocol, "tls": tls and protocol != "udp"}


def configuration(host: Host) -> tuple[str, Missing | None]:
    """The text of the configuration with every included file, and why it is not whole if it is not."""
    texts: list[str] = []
    pending, missing = [_MAIN], None
    while pending and len(texts) < _MAX_FILES:
        try:
            text = host.read(pending.pop(0))
        except LookError as error:
            missing = error.missing
            continue
        texts.append(text)
        for line in text.splitlines():
            if not line.lstrip().startswith("#"):
                for pattern in (*_OLD_INCLUDE.findall(line), *_NEW_INCLUDE.findall(line)):
                    try:
                        pending += _matching(host, pattern)
                    except LookError as error:
                        missing = error.missing
    return "\n".join(texts), missing


def _matching(host: Host, pattern: str) -> list[str]:
    directory, name = posixpath.split(pattern)
    try:
        names = host.list(directory)
    except NotThere:
        return []
    return [posixpath.join(directory, one) for one in names if fnmatch.fnmatchcase(one, name)]
