"""The kernel's audit rules as they are written: ``audit.rules``, ``rules.d`` and ``auditctl -l`` share one grammar.

Sources: auditctl(8), audit.rules(7), augenrules(8). ``augenrules`` joins ``rules.d`` in the order of ``ls -v``
and moves ``-D``, ``-b`` and ``-f`` to the front and ``-e`` to the end, the last of each counting. ``auditctl -R``
stops at the first line that is refused, unless ``-c`` or ``-i`` came before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

ARCHES = frozenset({"b32", "b64"})
_FIELD = re.compile(r"([a-z_0-9]+)(!=|>=|<=|&=|=|>|<|&)(.+)")
_SETTINGS = {"-b": "backlog_limit", "-f": "failure", "-e": "enabled"}
_TAKING_ONE = frozenset({"-r", "-q", "-m", "--backlog_wait_time", "--signal"})
_ALONE = frozenset({"--loginuid-immutable", "--reset-lost", "--reset_backlog_wait_time_actual", "-s", "-l", "-t"})
_FILTERS = frozenset({"exit", "task", "user", "exclude", "filesystem", "entry", "io_uring"})
_ACTIONS = frozenset({"always", "never", "possible"})
_ALL_PERMISSIONS = frozenset("rwxa")


@dataclass(frozen=True)
class Rule:
    """One rule. ``calls`` is None for every system call, ``permissions`` None where the rule does not ask."""

    action: str
    filter: str
    arches: frozenset[str] = ARCHES
    calls: frozenset[str] | None = None
    path: str = ""
    whole_directory: bool = False
    permissions: frozenset[str] | None = None
    fields: frozenset[tuple[str, str, str]] = frozenset()
    keys: frozenset[str] = frozenset()


@dataclass
class Rules:
    """What a list of commands leaves in the kernel: rules in the order the kernel asks them.

    ``faults`` quotes the lines that are refused; what follows one is lost unless errors are passed over.
    """

    rules: list[Rule] = field(default_factory=list)
    settings: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class _Refused(Exception):
    pass


def merge(files: Iterable[tuple[str, str]]) -> list[str]:
    """The lines ``augenrules`` writes from the files (name, text) of ``rules.d``."""
    first: dict[str, str] = {}
    rest = []
    for _, text in sorted(((name, text) for name, text in files if name.endswith(".rules")),
                          key=lambda one: _version_order(one[0])):
        for line in _told(text):
            head = next((head for head in ("-D", "-b", "-f", "-e") if line.startswith(head)), "")
            if head and (head != "-D" or line == "-D"):
                first[head] = line
            else:
                rest.append(line)
    last = first.pop("-e", None)
    return [first[head] for head in ("-D", "-b", "-f") if head in first] + rest + ([last] if last else [])


def lines(text: str) -> list[str]:
    """The commands of one file, as ``auditctl -R`` reads them."""
    return _told(text)


def _told(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def _version_order(name: str) -> list[tuple[int, int | str]]:
    """The order of ``ls -v``: digits as numbers, all else by bytes."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name) if part]


def load(commands: Iterable[str], *, native: str = "b64") -> Rules:
    """What ``auditctl -R`` makes of the commands on a machine whose own system calls are ``native``."""
    loaded, patient = Rules(), False
    for line in commands:
        words = line.split()
        if words in (["-c"], ["-i"]):
            patient = True
            continue
        try:
            _apply(words, loaded, native)
        except _Refused as why:
            loaded.faults.append(f"{line[:160]}: {why}")
            if not patient:
                break
    return loaded


def _apply(words: list[str], loaded: Rules, native: str) -> None:
    if loaded.settings.get("enabled") == 2:
        raise _Refused("rules are locked by -e 2 before it")
    head = words[0]
    if head == "-D":
        loaded.rules.clear()
    elif head in _SETTINGS:
        if len(words) != 2 or not words[1].isdigit():
            raise _Refused("takes one number")
        loaded.settings[_SETTINGS[head]] = int(words[1])
    elif head in _ALONE or (head in _TAKING_ONE and len(words) == 2):
        return
    else:
        _add(words, loaded, native)


def _add(words: list[str], loaded: Rules, native: str) -> None:
    place, rule = _rule(words, native)
    if place == "delete":
        if rule in loaded.rules:
            loaded.rules.remove(rule)
        return
    if rule in loaded.rules:
        raise _Refused("the same rule is there already")
    loaded.rules.insert(0 if place == "first" else len(loaded.rules), rule)


def _rule(words: list[str], native: str) -> tuple[str, Rule]:
    place, rule = "", Rule("always", "exit")
    calls: set[str] = set()
    arch_said = False
    index = 0
    while index < len(words):
        option, value = words[index], words[index + 1] if index + 1 < len(words) else ""
        index += 2
        if not value:
            raise _Refused(f"{option} lacks its value")
        if option in ("-a", "-A", "-d"):
            place = {"-a": "last", "-A": "first", "-d": "delete"}[option]
            rule = _listed(rule, value)
        elif option in ("-w", "-W"):
            place = "last" if option == "-w" else "delete"
            rule = replace(rule, path=value.rstrip("/") or "/", whole_directory=value.endswith("/"),
                           permissions=_ALL_PERMISSIONS)
        elif option == "-p":
            rule = replace(rule, permissions=_permissions(value))
        elif option == "-k":
            rule = replace(rule, keys=rule.keys | {value})
        elif option == "-S":
            calls |= set(value.split(","))
        elif option in ("-F", "-C"):
            arch_said |= value.startswith("arch=")
            rule = _with_field(rule, value)
        else:
            raise _Refused(f"{option} is no option of auditctl")
    if not place:
        raise _Refused("adds no rule")
    if calls - {"all"} and "all" not in calls:
        rule = replace(rule, calls=frozenset(calls), arches=rule.arches if arch_said else frozenset({native}))
    return place, rule


def _listed(rule: Rule, value: str) -> Rule:
    parts = value.split(",")
    actions, filters = [one for one in parts if one in _ACTIONS], [one for one in parts if one in _FILTERS]
    if len(parts) != 2 or len(actions) != 1 or len(filters) != 1:
        raise _Refused(f"{value} names no list and action")
    return replace(rule, action=actions[0], filter=filters[0])


def _permissions(value: str) -> frozenset[str]:
    asked = frozenset(value.lower())
    if not asked or not asked <= _ALL_PERMISSIONS:
        raise _Refused(f"{value} are no permissions")
    return asked


def _with_field(rule: Rule, value: str) -> Rule:
    match = _FIELD.fullmatch(value)
    if match is None:
        raise _Refused(f"{value} is no comparison")
    name, operator, operand = match.groups()
    if operator == "=":
        if name == "arch":
            return replace(rule, arches=frozenset({_arch(operand)}))
        if name == "key":
            return replace(rule, keys=rule.keys | {operand})
        if name == "perm":
            return replace(rule, permissions=_permissions(operand))
        if name in ("path", "dir"):
            return replace(rule, path=operand.rstrip("/") or "/", whole_directory=name == "dir")
    if operator == "!=" and operand in _IDS and name > operand:
        name, operand = operand, name
    return replace(rule, fields=rule.fields | {(name, operator, _operand(operand))})


_IDS = frozenset({"uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid", "auid", "obj_uid", "obj_gid"})
_UNSET = frozenset({"-1", "4294967295", "unset"})


def _operand(value: str) -> str:
    """One spelling for each value that has several."""
    if value in _UNSET:
        return "unset"
    if value == "root":
        return "0"
    return str(int(value, 16)) if re.fullmatch(r"0x[0-9a-fA-F]+", value) else value


def _arch(value: str) -> str:
    return value if value in ARCHES else "b64" if value.endswith("64") or value in ("s390x", "ppc64le") else "b32"
