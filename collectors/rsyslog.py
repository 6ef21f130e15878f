"""Where rsyslog forwards messages to, in its old and its new language (rsyslog.conf(5))."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from collectors.host.protocol import Host, LookError, NotThere
from hustings.facts import Missing, Reason

_MAIN = "/etc/rsyslog.conf"
READS = (_MAIN, "/etc/rsyslog.d/")
_MAX_FILES = 200

_OLD_INCLUDE = re.compile(r"^\s*\$IncludeConfig\s+(\S+)", re.IGNORECASE | re.MULTILINE)
_NEW_INCLUDE = re.compile(r"""\binclude\s*\(\s*file\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_ACTION = re.compile(r"""\baction\s*\(((?:[^()"']|"[^"]*"|'[^']*')*)\)""", re.IGNORECASE | re.DOTALL)
_SETTING = re.compile(r"""([\w.]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_OLD_FORWARD = re.compile(r"^\s*[^#$\s]\S*\s+-?(@@?)(?:\([^)]*\))?(\[[^\]]+\]|[^\s:;@]+)")
_OLD_RELP = re.compile(r"^\s*[^#$\s]\S*\s+:omrelp:([^\s:;]+)")
_COMMENT = re.compile(r"""
    ("(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?:^|(?<=\s)) (?: /\*.*?\*/ | \#[^\n]* )
""", re.DOTALL | re.MULTILINE | re.VERBOSE)
_GLOBAL = re.compile(r"""\bglobal\s*\(((?:[^()"']|"[^"]*"|'[^']*')*)\)""", re.IGNORECASE | re.DOTALL)
_OLD_DRIVER = re.compile(r"^\s*\$DefaultNetstreamDriver\s+(\S+)", re.IGNORECASE | re.MULTILINE)
_TLS_DRIVERS = frozenset({"gtls", "ossl", "mbedtls"})
_OLD_MODE = re.compile(r"^\s*\$ActionSendStreamDriverMode\s+(\d)", re.IGNORECASE)


def uncommented(text: str) -> str:
    """The text without ``#`` to the end of a line and ``/* … */``; what is quoted stays."""
    return _COMMENT.sub(lambda found: found[1] or "", text)


def default_driver(text: str) -> str:
    """The stream driver of actions that name none: ``ptcp``, which cannot encrypt, unless another is set."""
    named = _OLD_DRIVER.findall(text) + [
        settings["defaultnetstreamdriver"] for settings in map(_settings, _GLOBAL.findall(text))
        if "defaultnetstreamdriver" in settings]
    return str(named[-1]).lower() if named else "ptcp"


def _settings(action: str) -> dict[str, str]:
    return {name.lower(): first or second for name, first, second in _SETTING.findall(action)}


def parse_forwards(text: str) -> list[object]:
    """Every forwarding action: target, protocol, and whether TLS is on for it."""
    text = uncommented(text)
    usual = default_driver(text)
    found: list[object] = []
    for action in _ACTION.findall(text):
        settings = _settings(action)
        driver = settings.get("streamdriver", settings.get("streamdriver.name", usual)).lower()
        kind = settings.get("type", "").lower()
        if kind == "omfwd" and "target" in settings:
            found.append(_record(settings["target"], settings.get("protocol", "udp").lower(),
                                 driver in _TLS_DRIVERS
                                 and settings.get("streamdrivermode", settings.get("streamdriver.mode")) == "1"))
        elif kind == "omrelp" and "target" in settings:
            found.append(_record(settings["target"], "relp", settings.get("tls", "off").lower() == "on"))
    encrypted = False
    for line in text.splitlines():
        if mode := _OLD_MODE.match(line):
            encrypted = mode[1] == "1" and usual in _TLS_DRIVERS
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
    while pending:
        if len(texts) == _MAX_FILES:
            return "\n".join(texts), Missing(Reason.TRUNCATED, f"more than {_MAX_FILES} files are included")
        try:
            text = uncommented(host.read(pending.pop(0)))
        except LookError as error:
            missing = error.missing
            continue
        texts.append(text)
        for pattern in (*_OLD_INCLUDE.findall(text), *_NEW_INCLUDE.findall(text)):
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
