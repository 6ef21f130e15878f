"""The SSH daemon's settings: from ``sshd -T``, or from its files as it would read them.

sshd_config(5): the first value of a keyword wins, a few keywords gather values, ``Include`` is followed
where it stands, and what follows ``Match`` holds for some connections only.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from collectors._sshd_values import DEFAULTS

MAIN = "/etc/ssh/sshd_config"
DEPTH = 16
"""sshd's own limit for nested includes (SERVCONF_MAX_DEPTH)."""
GATHERING = frozenset({
    "port", "listenaddress", "hostkey", "hostcertificate", "acceptenv", "setenv", "subsystem",
    "allowusers", "denyusers", "allowgroups", "denygroups",
})
MATCHABLE = frozenset({
    "acceptenv", "allowagentforwarding", "allowgroups", "allowstreamlocalforwarding", "allowtcpforwarding",
    "allowusers", "authenticationmethods", "authorizedkeyscommand", "authorizedkeyscommanduser", "authorizedkeysfile",
    "authorizedprincipalscommand", "authorizedprincipalscommanduser", "authorizedprincipalsfile", "banner",
    "casignaturealgorithms", "channeltimeout", "chrootdirectory", "clientalivecountmax", "clientaliveinterval",
    "denygroups", "denyusers", "disableforwarding", "exposeauthinfo", "forcecommand", "gatewayports",
    "gssapiauthentication", "hostbasedacceptedalgorithms", "hostbasedauthentication",
    "hostbasedusesnamefrompacketonly", "ignorerhosts", "include", "ipqos", "kbdinteractiveauthentication",
    "kerberosauthentication", "loglevel", "maxauthtries", "maxsessions", "pamservicename", "passwordauthentication",
    "permitemptypasswords", "permitlisten", "permitopen", "permitrootlogin", "permittty", "permittunnel",
    "permituserrc", "pubkeyacceptedalgorithms", "pubkeyauthentication", "pubkeyauthoptions", "rdomain",
    "refuseconnection", "rekeylimit", "revokedkeys", "setenv", "streamlocalbindmask", "streamlocalbindunlink",
    "trustedusercakeys", "unusedconnectiontimeout", "x11displayoffset", "x11forwarding", "x11uselocalhost",
})
"""Settings that may stand in a Match block (sshd_config(5), Match); under ``Match all`` others count as if outside."""
GLOBAL_ONLY = frozenset({"ciphers", "macs", "kexalgorithms", *DEFAULTS}) - MATCHABLE
"""Settings for which the daemon refuses the configuration when they stand in any other block."""
LAST_COUNTS = frozenset({"maxstartups"})
"""Settings of which a later line replaces an earlier one, seen with OpenSSH 9.2."""
ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostdsakey": "hostkey",
}
"""Older names of a keyword (servconf.c)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A setting and where it stands. ``criteria`` is "" outside Match blocks."""

    keyword: str
    value: str
    criteria: str
    file: str
    line: int


@dataclass
class Config:
    """All settings of the files, in the order the daemon meets them."""

    lines: list[Line] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Lines for which the daemon would refuse the whole configuration, each with its place."""
    unread: list[str] = field(default_factory=list)
    """Those of them that are not among ``lines``."""

    def chosen(self) -> dict[str, list[Line]]:
        """The lines that hold for every connection: the first of a keyword, with those under ``Match all`` in
        front; all lines of a keyword that gathers; the last ``MaxStartups``."""
        found: dict[str, list[Line]] = {}
        ahead: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.criteria not in ("", "all") or not line.value:
                continue
            place = ahead if line.criteria and line.keyword in MATCHABLE else found
            if line.keyword in GATHERING:
                place.setdefault(line.keyword, []).append(line)
            elif line.keyword in LAST_COUNTS or line.keyword not in place:
                place[line.keyword] = [line]
        return found | ahead

    def settings(self) -> dict[str, list[str]]:
        """The values of ``chosen``."""
        return {keyword: [line.value for line in lines] for keyword, lines in self.chosen().items()}

    def others(self, keyword: str, but: list[Line]) -> list[Line]:
        """Every further line of a keyword, for all connections or for some."""
        return [line for line in self.lines if line.keyword == keyword and line not in but]


class ConfigFault(ValueError):
    """A line the daemon would refuse."""


def parse_effective(text: str) -> dict[str, list[str]]:
    """``sshd -T``: every keyword in lower case with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        keyword, _, value = line.partition(" ")
        if keyword:
            found.setdefault(keyword, []).append(value)
    return found


def parse_files(read: Callable[[str], str], expand: Callable[[str], list[str]], main: str = MAIN,
                options: tuple[str, ...] = ()) -> Config:
    """Read ``main`` and what it includes; ``options`` are ``-o`` settings, which come first.

    ``read`` gives a file's text, ``expand`` the files a pattern names. What the daemon would refuse is
    among the ``faults``, and the rest still counts.
    """
    config = Config()
    for option in options:
        _line(config, option, "", "the command line", 0)
    _file(config, read, expand, main, "", 0)
    return config


def _file(config: Config, read: Callable[[str], str], expand: Callable[[str], list[str]], path: str,
          criteria: str, depth: int) -> None:
    if depth > DEPTH:
        config.faults.append(f"{path} is included more than {DEPTH} levels deep")
        config.unread.append(config.faults[-1])
        return
    config.files.append(path)
    outer = criteria
    for number, text in enumerate(read(path).split("\n"), 1):
        words = _line(config, text, criteria, path, number)
        if words[:1] == ["match"]:
            criteria = _combined(outer, words[1:])
        elif words[:1] == ["include"]:
            for pattern in words[1:]:
                for one in expand(posixpath.join("/etc/ssh", pattern)):
                    _file(config, read, expand, one, criteria, depth + 1)


def _combined(outer: str, words: list[str]) -> str:
    inner = " ".join(words)
    if inner.lower() == "all":
        return outer or "all"
    return f"{outer} and {inner}" if outer not in ("", "all") else inner


def _line(config: Config, text: str, criteria: str, path: str, number: int) -> list[str]:
    """Take note of one line. Its words, the first in lower case; none for one that says or does nothing."""
    try:
        words = split(text, f"{path}:{number}")
    except ConfigFault as fault:
        config.faults.append(str(fault))
        config.unread.append(str(fault))
        return []
    if not words:
        return []
    keyword = ALIASES.get(words[0].lower(), words[0].lower())
    if len(words) < 2:
        config.faults.append(f"{path}:{number}: {words[0]} has no value")
    if keyword in ("match", "include"):
        return [keyword, *words[1:]] if len(words) > 1 else []
    if criteria not in ("", "all") and keyword in GLOBAL_ONLY:
        config.faults.append(f"{path}:{number}: {words[0]} may not stand in a Match block")
    config.lines.append(Line(keyword, " ".join(words[1:]), criteria, path, number))
    return [keyword, *words[1:]]


_WORD = re.compile(r"""
    (?P<quote>["']) (?P<quoted>(?: \\. | (?!(?P=quote))[^\\] )*) (?P=quote)
  | (?P<bare>(?: \\. | [^\s"'\\] )+)
""", re.VERBOSE)


def split(text: str, where: str) -> list[str]:
    """The words of one line: ``=`` may follow the keyword, quotes hold blanks, ``#`` starts a comment."""
    text = text.strip()
    keyword = re.match(r"(\w+)(?:\s*=\s*|\s+|\Z)", text)
    if not text or text.startswith("#"):
        return []
    if not keyword:
        raise ConfigFault(f"{where}: {text[:40]!r} does not start with a keyword")
    words, position = [keyword[1]], keyword.end()
    while position < len(text) and text[position] != "#":
        word = _WORD.match(text, position)
        if not word:
            raise ConfigFault(f"{where}: a quote is not closed")
        words.append(re.sub(r"""\\(["'\\])""", r"\1", word["bare"] if word["quote"] is None else word["quoted"]))
        position = word.end()
        while position < len(text) and text[position].isspace():
            position += 1
    return words


def factors(methods: str, *, questions: bool = False) -> int:
    """How many different methods the weakest accepted combination of ``AuthenticationMethods`` asks for.

    ``keyboard-interactive`` asks for the same password as ``password`` does, unless PAM asks other ``questions``.
    """
    if methods.strip() in ("", "any"):
        return 1
    same = {} if questions else {"keyboard-interactive": "password"}
    return min(len({same.get(name, name) for one in way.split(",") for name in [one.partition(":")[0]]})
               for way in methods.split())
