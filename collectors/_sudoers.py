"""The sudoers language, read as sudo reads it.

Grammar: sudoers(5). What cannot be parsed is a ``Fault`` that names its line; the rest of the
file still counts. Aliases are expanded once everything is read, since one may be used before it
is defined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from collectors._sudoers_text import INCLUDE, Cursor, Fault, logical_lines

TAGS = frozenset({
    "EXEC", "NOEXEC", "FOLLOW", "NOFOLLOW", "INTERCEPT", "NOINTERCEPT", "LOG_INPUT", "NOLOG_INPUT",
    "LOG_OUTPUT", "NOLOG_OUTPUT", "MAIL", "NOMAIL", "PASSWD", "NOPASSWD", "SETENV", "NOSETENV",
})
OPTIONS = frozenset({
    "ROLE", "TYPE", "APPARMOR_PROFILE", "PRIVS", "LIMITPRIVS", "NOTBEFORE", "NOTAFTER", "TIMEOUT", "CWD", "CHROOT",
})
ALIASES = {"User_Alias": "user", "Runas_Alias": "runas", "Host_Alias": "host", "Cmnd_Alias": "command",
           "Cmd_Alias": "command"}

_ALIAS_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_DIGEST = re.compile(r"(?:sha224|sha256|sha384|sha512)\s*:\s*[0-9A-Za-z+/=]+\s*(,\s*(?=sha\d{3}\s*:))?")
_PREFIX = re.compile(r"([A-Z_]+)\s*([:=])\s*")
_IPV6 = re.compile(r"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]*(?:/[0-9A-Fa-f.:]+)?")
_REGEX = re.compile(r"\^(?:\\.|[^\\])*?\$(?=\s*(?:[,:]|\Z)|\s+\S)")
_DEFAULTS = re.compile(r"Defaults(?:(?P<kind>[@:!>])|\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a list: as written without its ``!``, quotes and escapes."""

    name: str
    negated: bool = False
    pattern: bool = False
    """A command that stands for several: shell wildcards, a regular expression or a whole directory."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The commands of one rule that share a target and the same tags."""

    users: tuple[Member, ...]
    hosts: tuple[Member, ...]
    runas: tuple[Member, ...] | None
    """None: not stated, which means root (or ``runas_default``); empty: the calling user."""
    groups: tuple[Member, ...]
    commands: tuple[Member, ...]
    tags: frozenset[str]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Default:
    """One ``Defaults`` setting; ``binding`` is "" for everyone, else the sign and what it is bound to."""

    name: str
    value: str
    """``true``, ``false`` or the text; an operator other than ``=`` is kept in front (``+=``)."""
    binding: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Include:
    """An ``@include`` or ``@includedir`` and where it stands."""

    path: str
    directory: bool
    file: str
    line: int


@dataclass
class Sudoers:
    """Everything read so far, over all files, in order."""

    grants: list[Grant] = field(default_factory=list)
    defaults: list[Default] = field(default_factory=list)
    aliases: dict[tuple[str, str], tuple[Member, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def expand(self, kind: str, members: tuple[Member, ...], seen: tuple[str, ...] = ()) -> tuple[Member, ...]:
        """``members`` with aliases of one kind replaced by what they stand for. Raises ``Fault`` on a loop."""
        found: list[Member] = []
        for member in members:
            inner = self.aliases.get((kind, member.name)) if _ALIAS_NAME.match(member.name) else None
            if inner is None:
                found.append(member)
                continue
            if member.name in seen:
                raise Fault(f"the alias {member.name} refers to itself")
            for one in self.expand(kind, inner, (*seen, member.name)):
                found.append(replace(one, negated=one.negated != member.negated))
        return tuple(found)


def parse(text: str, file: str, into: Sudoers) -> Iterator[Include]:
    """Read one file into ``into``, handing out each include at the point where sudo would follow it."""
    for number, line in logical_lines(text):
        include = INCLUDE.match(line)
        if include:
            path = Cursor(include[2]).value(stops="")
            yield Include(path, include[1] == "includedir", file, number)
            continue
        try:
            _entry(line, file, number, into)
        except Fault as fault:
            into.faults.append(f"{file}:{number}: {fault}")


def _entry(line: str, file: str, number: int, into: Sudoers) -> None:
    kind = ALIASES.get(line.split(None, 1)[0])
    if kind:
        _aliases(Cursor(line, len(line.split(None, 1)[0])), kind, into)
        return
    defaults = _DEFAULTS.match(line)
    if defaults:
        into.defaults += _defaults(Cursor(line, defaults.end()), defaults["kind"] or "", file, number)
        return
    into.grants += _rule(Cursor(line), file, number)


def _name(cursor: Cursor) -> Member:
    negated = cursor.negations()
    address = _IPV6.match(cursor.text, cursor.position)
    if address:
        cursor.position = address.end()
        return Member(address[0], negated)
    prefix = next((one for one in ("%:", "+", "%") if cursor.text.startswith(one, cursor.position)), "")
    cursor.position += len(prefix)
    return Member(prefix + cursor.value(), negated)


def _names(cursor: Cursor) -> tuple[Member, ...]:
    members = [_name(cursor)]
    while cursor.at(","):
        members.append(_name(cursor))
    return tuple(members)


def _aliases(cursor: Cursor, kind: str, into: Sudoers) -> None:
    while True:
        name = cursor.value()
        if not _ALIAS_NAME.match(name) or name == "ALL":
            raise Fault(f"{name!r} cannot name an alias")
        cursor.expect("=")
        members = _commands(cursor) if kind == "command" else _names(cursor)
        if (kind, name) in into.aliases:
            raise Fault(f"the alias {name} is defined twice")
        into.aliases[kind, name] = members
        if not cursor.at(":"):
            break
    _nothing_left(cursor)


def _commands(cursor: Cursor) -> tuple[Member, ...]:
    members = [_command(cursor)]
    while cursor.at(","):
        members.append(_command(cursor))
    return tuple(members)


def _nothing_left(cursor: Cursor) -> None:
    if not cursor.ended():
        raise Fault(f"cannot make sense of {cursor.rest()!r}")


def _defaults(cursor: Cursor, sign: str, file: str, number: int) -> list[Default]:
    binding = ""
    if sign:
        members = _commands_bound(cursor) if sign == "!" else _names(cursor)
        binding = sign + ",".join(("!" if one.negated else "") + one.name for one in members)
    found: list[Default] = []
    while True:
        negated = cursor.negations()
        name = cursor.value(',:=()!" \t+-')
        cursor.blanks()
        operator = next((one for one in ("+=", "-=", "=") if cursor.at(one)), "")
        if not operator:
            value = "false" if negated else "true"
        elif negated:
            raise Fault(f"!{name} takes no value")
        else:
            value = operator.removesuffix("=") and operator
            value += cursor.value(", \t")
        found.append(Default(name, value, binding, file, number))
        if not cursor.at(","):
            break
    _nothing_left(cursor)
    return found


def _commands_bound(cursor: Cursor) -> tuple[Member, ...]:
    members = []
    while True:
        negated = cursor.negations()
        members.append(Member(cursor.value(", \t"), negated))
        if not cursor.at(","):
            return tuple(members)


def _rule(cursor: Cursor, file: str, number: int) -> list[Grant]:
    users = _names(cursor)
    grants: list[Grant] = []
    while True:
        hosts = _names(cursor)
        cursor.expect("=")
        grants += _specifications(cursor, Grant(users, hosts, None, (), (), frozenset(), file, number))
        if not cursor.at(":"):
            break
    _nothing_left(cursor)
    return grants


def _specifications(cursor: Cursor, empty: Grant) -> list[Grant]:
    """The commands of one host list: target and tags carry over until they are stated anew."""
    grants: list[Grant] = []
    current = empty
    while True:
        if cursor.at("("):
            current = _runas(cursor, current)
        current = _prefixes(cursor, current)
        command = _command(cursor)
        last = grants[-1] if grants else None
        if last and (last.runas, last.groups, last.tags) == (current.runas, current.groups, current.tags):
            grants[-1] = replace(last, commands=(*last.commands, command))
        else:
            grants.append(replace(current, commands=(command,)))
        if not cursor.at(","):
            return grants


def _runas(cursor: Cursor, current: Grant) -> Grant:
    users: tuple[Member, ...] = ()
    groups: tuple[Member, ...] = ()
    if not cursor.at(")"):
        if not cursor.at(":"):
            users = _names(cursor)
            if cursor.at(":"):
                groups = _names(cursor)
        elif not cursor.at(")"):
            groups = _names(cursor)
        else:
            return replace(current, runas=(), groups=())
        cursor.expect(")")
    return replace(current, runas=users, groups=groups)


def _prefixes(cursor: Cursor, current: Grant) -> Grant:
    while True:
        cursor.blanks()
        prefix = _PREFIX.match(cursor.text, cursor.position)
        if prefix and prefix[2] == ":" and prefix[1] in TAGS:
            cursor.position = prefix.end()
            opposite = prefix[1].removeprefix("NO") if prefix[1].startswith("NO") else f"NO{prefix[1]}"
            current = replace(current, tags=(current.tags - {opposite}) | {prefix[1]})
        elif prefix and prefix[2] == "=" and prefix[1] in OPTIONS:
            cursor.position = prefix.end()
            cursor.value(", \t")
        else:
            return current


def _command(cursor: Cursor) -> Member:
    cursor.blanks()
    while True:
        digest = _DIGEST.match(cursor.text, cursor.position)
        if not digest:
            break
        cursor.position = digest.end()
    negated = cursor.negations()
    start = cursor.text[cursor.position:cursor.position + 1]
    if start == "^":
        name = _regular(cursor)
    elif start in ("/", "~"):
        name = _path(cursor, ",:= \t")
    else:
        name = cursor.value()
        if name not in ("sudoedit", "list") and not _ALIAS_NAME.match(name):
            raise Fault(f"a command must be an absolute path: {name!r}")
        if name not in ("sudoedit", "list"):
            return Member(name, negated)
    cursor.blanks()
    if cursor.text.startswith("^", cursor.position):
        arguments = _regular(cursor)
    else:
        arguments = _path(cursor, ",:").rstrip(" \t")
    path = name if name.startswith("^") else _readable(name)
    whole = f"{path} {_readable(arguments)}" if arguments else path
    pattern = any(map(_is_pattern, (name, arguments))) or name.endswith("/")
    return Member(re.sub(r"[ \t]+", " ", whole), negated, pattern)


def _regular(cursor: Cursor) -> str:
    match = _REGEX.match(cursor.text, cursor.position)
    if not match:
        raise Fault("a regular expression does not end in $")
    cursor.position = match.end()
    return match[0]


def _path(cursor: Cursor, stops: str) -> str:
    """Text as written, escapes and all, up to an unescaped character of ``stops``."""
    start = cursor.position
    while cursor.position < len(cursor.text) and cursor.text[cursor.position] not in stops:
        if cursor.text[cursor.position] == "#":
            raise Fault(f"an unescaped # before {cursor.rest()!r}")
        cursor.position += 2 if cursor.text[cursor.position] == "\\" else 1
    cursor.position = min(cursor.position, len(cursor.text))
    return cursor.text[start:cursor.position]


def _readable(raw: str) -> str:
    return re.sub(r"\\([:\\,= \t#])", r"\1", raw)


def _is_pattern(raw: str) -> bool:
    return raw.startswith("^") or bool(re.search(r"(?<!\\)(?:\\\\)*[*?\[]", raw))
