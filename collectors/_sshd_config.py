"""The SSH daemon's settings: from ``sshd -T``, or from its files as it would read them.

sshd_config(5): the first value of a keyword wins, a few keywords gather values, ``Include`` is followed
where it stands, and what follows ``Match`` holds for some connections only.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

MAIN = "/etc/ssh/sshd_config"
DEPTH = 16
"""sshd's own limit for nested includes (SERVCONF_MAX_DEPTH)."""
GATHERING = frozenset({
    "port", "listenaddress", "hostkey", "hostcertificate", "acceptenv", "setenv", "subsystem",
    "allowusers", "denyusers", "allowgroups", "denygroups",
})
ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostdsakey": "hostkey",
}
"""Older names of a keyword (servconf.c)."""

DEFAULTS = {
    "permitrootlogin": "prohibit-password", "passwordauthentication": "yes", "kbdinteractiveauthentication": "yes",
    "pubkeyauthentication": "yes", "permitemptypasswords": "no", "x11forwarding": "no", "maxauthtries": "6",
    "logingracetime": "120", "clientaliveinterval": "0", "clientalivecountmax": "3", "hostbasedauthentication": "no",
    "permituserenvironment": "no", "loglevel": "INFO", "banner": "none", "ignorerhosts": "yes", "usepam": "no",
    "allowtcpforwarding": "yes", "allowagentforwarding": "yes", "gatewayports": "no", "strictmodes": "yes",
    "authenticationmethods": "any", "pubkeyauthoptions": "none", "gssapiauthentication": "no",
    "kerberosauthentication": "no",
}
"""Compiled-in values of OpenSSH 7.0 and later (sshd_config(5); ``PermitRootLogin`` was ``yes`` before)."""
DEFAULTS_SINCE = (7, 0)

_CIPHERS = ("chacha20-poly1305@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-gcm@openssh.com",
            "aes256-gcm@openssh.com")
_MACS = ("umac-64-etm@openssh.com", "umac-128-etm@openssh.com", "hmac-sha2-256-etm@openssh.com",
         "hmac-sha2-512-etm@openssh.com", "hmac-sha1-etm@openssh.com", "umac-64@openssh.com", "umac-128@openssh.com",
         "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1")
_KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256")
ALGORITHMS: tuple[tuple[tuple[int, int], tuple[int, int], dict[str, tuple[str, ...]]], ...] = (
    ((8, 2), (8, 9), {"ciphers": _CIPHERS, "macs": _MACS, "kexalgorithms": _KEX}),
    ((9, 0), (9, 8), {"ciphers": _CIPHERS, "macs": _MACS,
                      "kexalgorithms": ("sntrup761x25519-sha512@openssh.com", *_KEX)}),
)
"""Compiled-in algorithm lists by first and last version. Versions outside are not guessed."""


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

    def settings(self) -> dict[str, list[str]]:
        """What holds for every connection: global values, with those under ``Match all`` in front."""
        found: dict[str, list[str]] = {}
        chosen: set[tuple[str, bool]] = set()
        for line in self.lines:
            if line.criteria not in ("", "all"):
                continue
            first = (line.keyword, bool(line.criteria)) not in chosen
            chosen.add((line.keyword, bool(line.criteria)))
            if line.keyword in GATHERING:
                found.setdefault(line.keyword, []).append(line.value)
            elif first and (line.criteria or line.keyword not in found):
                found[line.keyword] = [line.value]
        return found


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

    ``read`` gives a file's text, ``expand`` the files a pattern names. Raises ``ConfigFault``.
    """
    config = Config()
    for option in options:
        _take(config, option, "", "the command line", 0)
    _file(config, read, expand, main, "", 0)
    return config


def _file(config: Config, read: Callable[[str], str], expand: Callable[[str], list[str]], path: str,
          criteria: str, depth: int) -> None:
    if depth > DEPTH:
        raise ConfigFault(f"{path} is included more than {DEPTH} levels deep")
    config.files.append(path)
    outer = criteria
    for number, text in enumerate(read(path).split("\n"), 1):
        words = split(text, f"{path}:{number}")
        if not words:
            continue
        keyword = words[0].lower()
        if keyword == "match":
            criteria = _combined(outer, words[1:])
        elif keyword == "include":
            for pattern in words[1:]:
                for one in expand(posixpath.join("/etc/ssh", pattern)):
                    _file(config, read, expand, one, criteria, depth + 1)
        else:
            _take(config, text, criteria, path, number)


def _combined(outer: str, words: list[str]) -> str:
    inner = " ".join(words)
    if inner.lower() == "all":
        return outer or "all"
    return f"{outer} and {inner}" if outer not in ("", "all") else inner


def _take(config: Config, text: str, criteria: str, path: str, number: int) -> None:
    words = split(text, f"{path}:{number}")
    keyword = words[0].lower()
    if len(words) < 2:
        raise ConfigFault(f"{path}:{number}: {words[0]} has no value")
    keyword = ALIASES.get(keyword, keyword)
    config.lines.append(Line(keyword, " ".join(words[1:]), criteria, path, number))


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


def algorithms(keyword: str, value: str | None, version: tuple[int, int] | None) -> list[str] | None:
    """The list in force for ``Ciphers``, ``MACs`` or ``KexAlgorithms``; None if it builds on a compiled-in
    list that is not known for this version. ``+`` adds, ``-`` takes away (wildcards), ``^`` puts first."""
    if value is not None and value[:1] not in "+-^":
        return value.split(",")
    compiled = next((lists[keyword] for first, last, lists in ALGORITHMS if version and first <= version <= last), None)
    if compiled is None or value is None:
        return None if compiled is None else list(compiled)
    named = value[1:].split(",")
    if value[0] == "+":
        return [*compiled, *(one for one in named if one not in compiled)]
    if value[0] == "^":
        return [*named, *(one for one in compiled if one not in named)]
    return [one for one in compiled if not any(fnmatchcase(one, pattern) for pattern in named)]


def version_of(program: bytes) -> tuple[int, int] | None:
    """The OpenSSH version written into the daemon's program file."""
    found = re.search(rb"OpenSSH_(\d+)\.(\d+)", program)
    return (int(found[1]), int(found[2])) if found else None


def daemon_options(title: str) -> tuple[tuple[str, ...], str]:
    """The ``-o`` settings and the ``-f`` file of a running daemon, from its process title.

    The listening daemon calls itself ``sshd: /usr/sbin/sshd -D -o X=y [listener] 0 of 10-100 startups``.
    """
    listener = re.match(r"sshd: (.+) \[listener\]", title)
    words = listener[1].split() if listener else title.replace("\0", " ").split()
    options, main = [], ""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word[:2] == "-o":
            options.append(word[2:] or following)
        elif word[:2] == "-f":
            main = word[2:] or following
    return tuple(options), main


def factors(methods: str, *, questions: bool = False) -> int:
    """How many different methods the weakest accepted combination of ``AuthenticationMethods`` asks for.

    ``keyboard-interactive`` asks for the same password as ``password`` does, unless PAM asks other ``questions``.
    """
    if methods.strip() in ("", "any"):
        return 1
    same = {} if questions else {"keyboard-interactive": "password"}
    return min(len({same.get(name, name) for one in way.split(",") for name in [one.partition(":")[0]]})
               for way in methods.split())


def seconds(text: str) -> int:
    """A time of sshd_config(5): ``120``, ``2m``, ``1h30m``. Raises ``ValueError``."""
    units = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    parts = re.findall(r"(\d+)([smhdw]?)", text.lower())
    if not parts or "".join(number + unit for number, unit in parts) != text.lower():
        raise ValueError(f"{text!r} is not a time")
    return sum(int(number) * units[unit] for number, unit in parts)
