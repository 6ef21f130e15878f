"""What audit rules record, in the kernel's order: the first rule that matches an event decides.

An ``always`` rule records nothing that a ``never`` rule in front of it, the ``task`` list or an excluded
message type took away (audit.rules(7)). A system call counts as recorded only under a key (``-k``), by which
it is found again; files and programs are found by their names. A rule may leave service accounts out
(``auid>=1000``, ``auid!=unset``), nobody else, and where it is about files, no account at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from collectors._audit_rules import ARCHES, Rule, Rules

ONLY_32 = frozenset({"stime", "umount", "socketcall"})
"""Calls that 64-bit programs do not have."""
_REFUSALS = (("exit", "=", "-EACCES"), ("exit", "=", "-EPERM"))
_SET_UID = frozenset({("euid", "!=", "uid"), ("euid", "=", "0")})
_SET_GID = frozenset({("egid", "!=", "gid"), ("egid", "=", "0")})
_EMULATION = frozenset({("euid", "!=", "uid")})
_REALTIME = ("a0", "=", "0")
_LOGIN_SET = ("auid", "!=", "unset")
_FIRST_PERSON = 1000
_SPARING = frozenset({"exe", "pid", "ppid", "subj_user", "subj_role", "subj_type", "subj_sen", "subj_clr", "sessionid",
                      "fstype"})
_PEOPLES = frozenset({"unconfined_t", "unconfined_u", "unconfined_r", "staff_t", "staff_u", "staff_r", "sysadm_t",
                      "sysadm_u", "sysadm_r", "user_t", "user_u", "user_r", "s0"})
"""What SELinux calls the people who sign in, and the level that everything has."""
_WRITING = frozenset({"open", "openat", "openat2", "creat", "truncate", "ftruncate", "write", "rename", "renameat",
                      "renameat2", "unlink", "unlinkat", "link", "linkat", "chmod", "fchmod", "fchmodat", "chown",
                      "fchown", "fchownat", "lchown", "setxattr", "fsetxattr", "lsetxattr"})
_RUNNING = frozenset({"execve", "execveat"})
_ACCOUNTS = frozenset({"uid", "euid", "gid", "egid", "auid", "fsuid", "fsgid"})


@dataclass
class Reach:
    """What is recorded. ``calls`` and ``programs`` may carry what more is known after a colon."""

    calls: list[str]
    files: list[str]
    programs: list[str]


def reach(loaded: Rules, *, arches: frozenset[str] = ARCHES) -> Reach:
    """What the rules record on a machine that runs programs of ``arches``."""
    rules = loaded.rules
    if loaded.settings.get("enabled") == 0 or silenced(loaded):
        return Reach([], [], [])
    return Reach(_calls(rules, arches), [] if any(_silences(rule, "PATH", "1302") for rule in rules) else
                 _files(rules, arches), _programs(rules, arches))


def silenced(loaded: Rules) -> bool:
    """Whether a rule takes the events of all programs away before any other rule is asked."""
    return any(_silences(rule, "SYSCALL", "1300") for rule in loaded.rules)


def _silences(rule: Rule, name: str, number: str) -> bool:
    """Whether a rule takes whole events away before any other is asked."""
    if rule.filter == "task" and rule.action == "never":
        return not _spares(rule)
    if rule.filter != "exclude" or _spares(rule):
        return False
    return all(_of_type(operator, operand, name, int(number)) for kind, operator, operand in rule.fields
               if kind == "msgtype")


def _of_type(operator: str, operand: str, name: str, number: int) -> bool:
    """Whether a condition on the message type may hold for this one; one that is not understood may."""
    if not operand.isdigit():
        return (operand == name) is (operator == "=") if operator in ("=", "!=") else True
    asked = int(operand)
    return {"=": number == asked, "!=": number != asked, ">": number > asked, "<": number < asked,
            ">=": number >= asked, "<=": number <= asked}.get(operator, True)


def _spares(rule: Rule) -> bool:
    """Whether a ``never`` rule leaves people's acts alone, but for those of one program or service account."""
    return any(name in _SPARING and operator == "=" and operand not in _PEOPLES
               for name, operator, operand in rule.fields) or any(
        name in _ACCOUNTS and operator == "=" and operand != "0" and not (operand.isdigit() and int(operand) >=
                                                                          _FIRST_PERSON)
        for name, operator, operand in rule.fields)


def _narrowing(rule: Rule) -> frozenset[tuple[str, str, str]]:
    """The conditions of a rule but for those that only leave service accounts out."""
    return frozenset(one for one in rule.fields if not _leaves_services_out(one))


def _leaves_services_out(condition: tuple[str, str, str]) -> bool:
    name, operator, operand = condition
    if condition == _LOGIN_SET:
        return True
    if name != "auid" or not operand.isdigit():
        return False
    return (operator == ">=" and int(operand) <= _FIRST_PERSON) or (operator == ">" and int(operand) < _FIRST_PERSON)


def _people_alone(rule: Rule) -> bool:
    return _LOGIN_SET in rule.fields and any(
        _leaves_services_out(one) and one != _LOGIN_SET and one[2] != "0" for one in rule.fields)


def _calls(rules: list[Rule], arches: frozenset[str]) -> list[str]:
    found = set()
    named = sorted({call for rule in rules if rule.filter == "exit" and rule.action == "always" and rule.calls
                    for call in rule.calls})
    for call in named:
        wanted = frozenset({"b32"}) if call in ONLY_32 else arches
        recorded = {narrowing: _recorded(rules, call, wanted, narrowing) for narrowing in _narrowings(rules, call)}
        kinds = {narrowing: alone for narrowing, alone in recorded.items() if alone is not None}
        for narrowing, name in ((frozenset(), call), (frozenset({_REALTIME}), f"{call}:a0=0"),
                                (_EMULATION, f"{call}:user-emulation")):
            if narrowing in kinds:
                found |= {name, *({f"{name}+people" if ":" in name else f"{name}:people"} if kinds[narrowing] else ())}
        if call == "clock_settime" and frozenset({_REALTIME}) in kinds:
            found.add(call)
        refusals = [kinds.get(frozenset({one})) for one in _REFUSALS]
        if frozenset({("success", "=", "0")}) in kinds:
            refusals = [kinds[frozenset({("success", "=", "0")})]]
        if all(one is not None for one in refusals) or frozenset() in kinds:
            found.add(f"{call}:refused")
        if all(refusals):
            found.add(f"{call}:refused+people")
        if call == "execve" and ((_SET_UID in kinds and _SET_GID in kinds) or frozenset() in kinds):
            found.add(f"{call}:set-id-root")
        if _SET_UID in kinds and _SET_GID in kinds:
            found.add(f"{call}:set-id-root+told")
    return sorted(found)


def _narrowings(rules: list[Rule], call: str) -> set[frozenset[tuple[str, str, str]]]:
    return {_narrowing(rule) for rule in rules if rule.calls and call in rule.calls}


def _recorded(rules: list[Rule], call: str, arches: frozenset[str],
              narrowing: frozenset[tuple[str, str, str]]) -> bool | None:
    """Whether a call is recorded on every one of ``arches`` under these conditions: None if not, True if for
    people alone."""
    alone = True
    for arch in arches:
        rule = next((one for one in _asked(rules, call, arch) if one.action == "never" or (
            one.keys and not one.path and _narrowing(one) == narrowing)), None)
        if rule is None or rule.action == "never":
            return None
        alone &= _people_alone(rule)
    return alone


def _asked(rules: list[Rule], call: str, arch: str) -> list[Rule]:
    """The rules an event of this call meets, in order; a ``never`` rule that spares people is left out."""
    return [rule for rule in rules if rule.filter == "exit" and arch in rule.arches
            and (rule.calls is None or call in rule.calls)
            and not (rule.action == "never" and (_spares(rule) or rule.path))]


def _files(rules: list[Rule], arches: frozenset[str]) -> list[str]:
    """Paths whose every write and change of attributes is recorded, for all accounts."""
    return sorted({path for path in _paths(rules) if _on_all(rules, path, arches, "wa", everyone=True) is not None})


def _programs(rules: list[Rule], arches: frozenset[str]) -> list[str]:
    """Programs whose every use by people is recorded."""
    found = set()
    for path in _paths(rules):
        alone = _on_all(rules, path, arches, "x", everyone=False)
        if alone is not None:
            found |= {path, *({f"{path}:people"} if alone else ())}
    return sorted(found)


def _paths(rules: list[Rule]) -> set[str]:
    return {rule.path for rule in rules if rule.path and rule.action == "always" and rule.filter == "exit"}


def _on_all(rules: list[Rule], path: str, arches: frozenset[str], permissions: str, *, everyone: bool) -> bool | None:
    alone = True
    for arch in arches:
        rule = next((one for one in rules if _meets(one, path, arch, permissions, everyone=everyone)), None)
        if rule is None or rule.action == "never":
            return None
        alone &= _people_alone(rule) and bool(rule.keys) and rule.permissions is not None
    return alone


def _meets(rule: Rule, path: str, arch: str, permissions: str, *, everyone: bool) -> bool:
    """Whether a rule decides about this use of this path: surely for ``always``, possibly for ``never``."""
    if rule.filter != "exit" or arch not in rule.arches:
        return False
    within = rule.path == path or (rule.whole_directory and path.startswith(f"{rule.path.rstrip('/')}/"))
    if rule.action == "never":
        touched = rule.calls is None or bool(rule.calls & (_WRITING if everyone else _RUNNING))
        return not _spares(rule) and (within or (not rule.path and touched))
    if not within or rule.calls is not None or not (rule.permissions is None or set(permissions) <= rule.permissions):
        return False
    return not rule.fields if everyone else not _narrowing(rule)
