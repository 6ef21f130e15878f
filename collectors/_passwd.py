"""The account files of a Unix machine: passwd(5), shadow(5), group(5), gshadow(5), shells(5), login.defs(5).

Pure parsers. Each answers its entries and the faults found, by line: nothing is dropped in silence.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

NO_LOGIN = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown", "null"})
"""Base names of programs that stand where a shell should and open no session."""


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    password: str
    """Field two: ``x`` when the password is kept in shadow."""
    uid: int
    gid: int
    home: str
    shell: str

    @property
    def has_shell(self) -> bool:
        """Whether a session can be opened; an empty shell stands for ``/bin/sh`` (passwd(5))."""
        return posixpath.basename(self.shell) not in NO_LOGIN


@dataclass(frozen=True, slots=True)
class Shadow:
    name: str
    password: str
    changed: int | None
    """Day since 1970 of the last change; None when not recorded."""
    maximum: int | None
    """Days after which the password must be changed; None for never."""
    expires: int | None
    """Day since 1970 on which the account closes; None for never."""
    minimum: int | None = None
    """Days for which a password cannot be changed again; None when not stated."""
    warning: int | None = None
    """Days before that maximum on which its holder is warned; None when not stated."""
    inactive: int | None = None
    """Days past that maximum after which the account is closed; None for never."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    password: str
    gid: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupShadow:
    name: str
    password: str
    administrators: tuple[str, ...]
    members: tuple[str, ...]


def passwd(text: str) -> tuple[list[Account], list[str]]:
    found, faults = [], []
    for number, fields in _lines(text):
        try:
            name, password, uid, gid, _, home, shell = fields
            found.append(Account(name, password, int(uid), int(gid), home, shell))
        except ValueError:
            faults.append(f"line {number} of passwd is not seven fields with numeric ids")
    return found, faults


_LEFT_OUT = {8: 1, 5: 4}
"""Fields that glibc takes for empty in a line of shadow that ends early."""


def shadow(text: str) -> tuple[list[Shadow], list[str]]:
    found, faults = [], []
    for number, fields in _lines(text):
        try:
            name, password, *days, _ = fields + [""] * _LEFT_OUT.get(len(fields), 0)
            changed, minimum, maximum, warning, inactive, expires = map(_optional, days)
            found.append(Shadow(name, password, changed, _stated(maximum), expires, _stated(minimum),
                                _stated(warning), _stated(inactive)))
        except ValueError:
            faults.append(f"line {number} of shadow is not nine fields with numeric days")
    return found, faults


def group(text: str) -> tuple[list[Group], list[str]]:
    found, faults = [], []
    for number, fields in _lines(text):
        try:
            name, password, gid, members = fields
            found.append(Group(name, password, int(gid), _members(members)))
        except ValueError:
            faults.append(f"line {number} of group is not four fields with a numeric id")
    return found, faults


def gshadow(text: str) -> tuple[list[GroupShadow], list[str]]:
    found, faults = [], []
    for number, fields in _lines(text):
        if len(fields) == 4:
            found.append(GroupShadow(fields[0], fields[1], _members(fields[2]), _members(fields[3])))
        else:
            faults.append(f"line {number} of gshadow is not four fields")
    return found, faults


def legacy(text: str) -> list[str]:
    """The ``+`` and ``-`` lines that would pull in NIS accounts; other lines are not looked at."""
    return [line for line in text.split("\n") if line[:1] in ("+", "-")]


def shells(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.startswith("/")]


def login_defs(text: str) -> dict[str, str]:
    """The settings of login.defs; the last one wins, as in shadow-utils."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        words = line.split(None, 1)
        if words and not words[0].startswith("#"):
            found[words[0]] = words[1].strip().strip('"') if len(words) > 1 else ""
    return found


def login_defs_of_pam(text: str) -> dict[str, str]:
    """The same as PAM's modules read them: the first one wins, in any case, without what follows ``#``."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        words = line.partition("#")[0].split(None, 1)
        if words:
            found.setdefault(words[0].upper(), words[1].strip() if len(words) > 1 else "")
    return found


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines as glibc tells them apart: by line feeds alone, without the blanks in front."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.lstrip()
        if line and line[0] not in "+-#":
            yield number, line.split(":")


def _optional(text: str) -> int | None:
    return int(text) if text else None


def _stated(days: int | None) -> int | None:
    """A negative number of days stands for none (shadow(5))."""
    return days if days is None or days >= 0 else None


def _members(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


_KINDS = (
    ("yescrypt", r"\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}"),
    ("gost-yescrypt", r"\$gy\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{0,86}\$[./A-Za-z0-9]{43}"),
    ("scrypt", r"\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}"),
    ("bcrypt", r"\$2[by]\$[0-9]{2}\$[./A-Za-z0-9]{53}"),
    ("bcrypt-2a", r"\$2a\$[0-9]{2}\$[./A-Za-z0-9]{53}"),
    ("bcrypt-2x", r"\$2x\$[0-9]{2}\$[./A-Za-z0-9]{53}"),
    ("sha512crypt", r"\$6\$(rounds=[1-9][0-9]+\$)?[^$:\n]{0,16}\$[./0-9A-Za-z]{86}"),
    ("sha256crypt", r"\$5\$(rounds=[1-9][0-9]+\$)?[^$:\n]{0,16}\$[./0-9A-Za-z]{43}"),
    ("sha1crypt", r"\$sha1\$[1-9][0-9]+\$[./0-9A-Za-z]{1,64}\$[./0-9A-Za-z]{28}"),
    ("sunmd5", r"\$md5[,$].*"),
    ("md5crypt", r"\$1\$[^$:\n]{0,8}\$[./0-9A-Za-z]{22}"),
    ("nthash", r"\$3\$\$[0-9a-f]{32}"),
    ("bsdicrypt", r"_[./0-9A-Za-z]{19}"),
    ("bigcrypt", r"[./0-9A-Za-z]{2}(?:[./0-9A-Za-z]{11}){2,16}"),
    ("descrypt", r"[./0-9A-Za-z]{13}"),
)
_PATTERNS = tuple((kind, re.compile(pattern + r"\Z")) for kind, pattern in _KINDS)


def hash_kind(password: str) -> str:
    """The method of a stored password: ``empty`` (none asked), ``locked``, ``none`` (no password can
    match), ``unrecognised`` (starts like a hash of a kind we do not know) or a method of crypt(5).

    ``bcrypt-2a`` and ``bcrypt-2x`` are apart from ``bcrypt``: crypt(5) calls them bug-compatible with
    an implementation that mishandled characters beyond ASCII.
    """
    if not password:
        return "empty"
    if password.startswith("!"):
        return "locked"
    for kind, pattern in _PATTERNS:
        if pattern.match(password):
            return kind
    return "unrecognised" if password.startswith(("$", "_", "{")) else "none"


def exposed(password: str) -> bool:
    """Whether field two of passwd, which everybody can read, may hold a hash: a locked one is still a hash, and
    one of a kind nobody knows is as long as the shortest (13 characters) or longer."""
    stands = password.lstrip("!")
    return len(stands) >= 13 and not stands.startswith("*")


def usable(kind: str) -> bool:
    """Whether somebody can sign in with a password of this kind (an empty one included)."""
    return kind not in ("locked", "none")
