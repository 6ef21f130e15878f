"""sudo: who may act as somebody else, and on what terms.

Reads ``/etc/sudoers`` and everything it includes, as sudo does (sudoers(5)). A line that cannot be
understood makes the lists incomplete, never shorter in silence. Rules kept elsewhere (LDAP, SSSD,
another plugin) are not seen; when the machine is told to use them the lists are incomplete too.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from collectors import _pam, _sudo_pam
from collectors._sudo_rules import STATS, default_record, may_be_changed, records, settings
from collectors._sudoers import Default, Include, Sudoers, parse
from collectors._sudoers_text import Fault
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import Host, LookError, NotThere, list_optional, read_optional
from hustings.declared import Declared

MAIN = "/etc/sudoers"
DIRECTORY = "/etc/sudoers.d"
PROGRAMS = ("/usr/bin/sudo", "/usr/local/bin/sudo", "/bin/sudo", "/usr/bin/sudo-rs")
DEPTH = 16
IN_FORCE, SKIPPED = "in force", "skipped"
BUILT_IN_MEMORY = 15 * 60
"""Seconds for which Debian's and Ubuntu's sudo remembers a password unless it is told."""


@dataclass
class Reading:
    """The rules read, and everything that keeps them from being the whole truth."""

    sudoers: Sudoers
    gaps: list[Missing]
    files: list[str] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    skipped: list[tuple[str, Sudoers]] = field(default_factory=list)
    """What stands in files of ``/etc/sudoers.d`` that sudo passes over: their names, or nothing includes them."""

    def missing(self) -> Missing | None:
        """The first reason why something may lack."""
        if self.gaps:
            return self.gaps[0]
        return Missing(Reason.ERROR, self.sudoers.faults[0]) if self.sudoers.faults else None


def collect(host: Host, declared: Declared) -> Collected:
    program = next((path for path in PROGRAMS if _exists(host, path)), "")
    if not program and not _exists(host, MAIN):
        return {"sudo.installed": False} | dict.fromkeys((fact.id for fact in FACTS[1:]), ABSENT)
    version = _version(host, program)
    return {"sudo.installed": bool(program), "sudo.version": version, **facts(read(host), host, version)} | gather({
        ("sudo.program_group", "sudo.program_mode"): lambda: _program(host, program),
        ("sudo.pam_shortcuts",): lambda: {"sudo.pam_shortcuts": Listing(_sudo_pam.shortcuts(host))},
    })


def _program(host: Host, path: str) -> Collected:
    """Who may start the program itself."""
    if not path:
        return {"sudo.program_group": ABSENT, "sudo.program_mode": ABSENT}
    stat = host.stat(host.resolve(path))
    groups = {gid: name for name, gid in _groups(read_optional(host, "/etc/group") or "")}
    return {"sudo.program_group": groups.get(stat.gid, str(stat.gid)), "sudo.program_mode": f"{stat.mode:04o}"}


def _version(host: Host, path: str) -> object:
    """The version written into the program, without its patch level; absent where there is no program."""
    if not path:
        return ABSENT
    try:
        found = re.search(rb"\0(1\.\d+\.\d+)(?:p\d+|rc\d+|b\d+)?\0", host.read_bytes(path))
    except LookError as error:
        return error.missing
    return found[1].decode() if found else Missing(Reason.UNSUPPORTED, f"{path} does not say which version it is")


def _own_terminal(version: object) -> object:
    """What sudo does by itself: 1.9.14 and later give each command a terminal of its own."""
    if not isinstance(version, str):
        return ABSENT
    return tuple(int(part) for part in version.split(".")) >= (1, 9, 14)


def _groups(text: str) -> list[tuple[str, int]]:
    parts = [line.split(":") for line in text.splitlines()]
    return [(part[0], int(part[2])) for part in parts if len(part) > 2 and part[2].isdigit()]


def read(host: Host) -> Reading:
    """Every rule file in the order sudo reads them."""
    reading = Reading(Sudoers(), [])
    _file(host, MAIN, reading, 0)
    sources = rule_sources(read_optional(host, "/etc/nsswitch.conf") or "")
    if set(sources) - {"files"}:
        reading.gaps.append(Missing(Reason.UNSUPPORTED, f"nsswitch.conf takes rules from {', '.join(sources)} too"))
    _passed_over(host, reading)
    plugin = other_plugin(read_optional(host, "/etc/sudo.conf") or "")
    if plugin:
        reading.gaps.append(Missing(Reason.UNSUPPORTED, f"sudo.conf loads {plugin}"))
    return reading


def _file(host: Host, path: str, reading: Reading, depth: int) -> None:
    if depth > DEPTH:
        reading.gaps.append(Missing(Reason.ERROR, f"{path} is included more than {DEPTH} levels deep"))
        return
    try:
        text = host.read(path)
    except LookError as error:
        reading.gaps.append(error.missing)
        return
    reading.files.append(path)
    for include in parse(text, path, reading.sudoers):
        reading.includes.append(include)
        _follow(host, include, reading, depth)


def _passed_over(host: Host, reading: Reading) -> None:
    """Files of the usual directory that are not read: they come into force by a rename."""
    try:
        names = list_optional(host, DIRECTORY)
    except LookError as error:
        reading.gaps.append(error.missing)
        return
    for path in (posixpath.join(DIRECTORY, name) for name in names if name != "README"):
        if path not in reading.files and _exists(host, path):
            try:
                text = host.read(path)
            except LookError:
                continue  # what sudo does not read decides nothing
            into = Sudoers(aliases=dict(reading.sudoers.aliases))
            list(parse(text, path, into))
            reading.skipped.append((path, into))


def _follow(host: Host, include: Include, reading: Reading, depth: int) -> None:
    path = posixpath.join(posixpath.dirname(include.file), include.path)
    if "%h" in path:
        reading.gaps.append(Missing(Reason.UNSUPPORTED, f"{include.file}:{include.line} includes a file by host name"))
    elif not include.directory:
        _file(host, path, reading, depth + 1)
    else:
        try:
            names = list_optional(host, path)
        except LookError as error:
            reading.gaps.append(error.missing)
            return
        for name in names:
            if "." not in name and not name.endswith("~"):
                _file(host, posixpath.join(path, name), reading, depth + 1)


def facts(reading: Reading, host: Host, version: object = ABSENT) -> Collected:
    """The facts of everything read."""
    sudoers = reading.sudoers
    root = _last(sudoers.defaults, "runas_default") or "root"
    rules: list[dict[str, object]] = []
    defaults: list[dict[str, object]] = []
    for one, standing in ((sudoers, IN_FORCE), *((other, SKIPPED) for _, other in reading.skipped)):
        rules += _rules(one, root, standing, host)
        defaults += [default_record(default, standing) for default in one.defaults]
    why = reading.missing()
    gap = reading.gaps[0] if reading.gaps else None
    found: Collected = {
        "sudo.rules": Listing(rules, why is None, why),
        "sudo.defaults": Listing(defaults, why is None, why),
        "sudo.settings": Listing(settings(sudoers.defaults), why is None, why),
        "sudo.includes": Listing([{"path": one.path, "directory": one.directory, "file": one.file, "line": one.line}
                                  for one in reading.includes], why is None, why),
        "sudo.unreadable_lines": Listing(list(sudoers.faults), gap is None, gap),
    }
    pty = _switch(sudoers.defaults, ("use_pty",), weaker=False)
    found["sudo.use_pty"] = why or (_own_terminal(version) if pty is ABSENT else pty)
    found["sudo.target_password"] = why or _switch(sudoers.defaults, ("targetpw", "rootpw", "runaspw"), weaker=True)
    for fact, name in (("sudo.logfile", "logfile"), ("sudo.secure_path", "secure_path")):
        value = _last(sudoers.defaults, name)
        found[fact] = why or (ABSENT if value in (None, "false", "true") else value)
    found["sudo.remembers_for"] = why or _longest(_stated(sudoers.defaults, "timestamp_timeout"))
    return found


def _rules(sudoers: Sudoers, root: str, standing: str, host: Host) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for grant in sudoers.grants:
        try:
            found += records(sudoers, grant, root, standing, lambda path: may_be_changed(host, path))
        except Fault as fault:
            sudoers.faults.append(f"{grant.file}:{grant.line}: {fault}")
    return found


def _last(defaults: list[Default], name: str) -> str | None:
    """The value in force for everyone: the last one wins."""
    return next((one.value for one in reversed(defaults) if one.name == name and not one.binding), None)


def _stated(defaults: list[Default], name: str) -> dict[str, str]:
    """The values of a setting by what they are bound to ("" for everyone): the last one of each wins."""
    return {one.binding: one.value for one in defaults if one.name == name}


def _switch(defaults: list[Default], names: tuple[str, ...], *, weaker: bool) -> object:
    """A switch over several settings: its weaker value if that holds for anyone, else what is said of everyone."""
    found = [_stated(defaults, name) for name in names]
    if any((value == "true") is weaker for one in found for value in one.values()):
        return weaker
    return not weaker if any("" in one for one in found) else ABSENT


def _longest(minutes: dict[str, str]) -> object:
    """The longest memory that holds for anyone; what is bound to a few says nothing of the others unless it is
    longer than any build's own."""
    known = {binding: _timeout(value) for binding, value in minutes.items()}
    seconds = [one for one in known.values() if isinstance(one, int)]
    if len(seconds) < len(known):
        return next(one for one in known.values() if isinstance(one, Missing))
    longest = max(seconds, default=0)
    return longest if "" in known or longest > BUILT_IN_MEMORY else ABSENT


def _timeout(minutes: str) -> int | Missing:
    """Seconds for which a password is remembered; a negative value never forgets."""
    if minutes == "false":
        return 0
    try:
        seconds = int(float(minutes) * 60)
    except ValueError:
        return Missing(Reason.ERROR, f"timestamp_timeout={minutes} is not a number of minutes")
    return seconds if seconds >= 0 else 10 * 365 * 86400


def rule_sources(nsswitch: str) -> list[str]:
    """Where sudo looks for rules: the ``sudoers`` line of nsswitch.conf, ``files`` without one."""
    for line in nsswitch.splitlines():
        name, _, rest = line.partition("#")[0].partition(":")
        if name.strip() == "sudoers":
            return [word for word in rest.split() if not word.startswith("[")]
    return ["files"]


def other_plugin(conf: str) -> str:
    """A plugin line of sudo.conf under which ``/etc/sudoers`` is not the policy, or ""."""
    for line in conf.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["Plugin"] and len(words) > 2:
            policy = words[1] in ("sudoers_policy", "sudoers_audit", "sudoers_io")
            if not policy or posixpath.basename(words[2]) != "sudoers.so" or "sudoers_file=" in line:
                return " ".join(words[1:])
    return ""


def _exists(host: Host, path: str) -> bool:
    try:
        host.stat(path)
    except NotThere:
        return False
    return True


FACTS = (
    Fact("sudo.installed", Type.BOOL, "Whether sudo is installed", Disclosure.SHARED),
    Fact("sudo.version", Type.VERSION, "sudo's version, without its patch level", Disclosure.SHARED),
    Fact("sudo.rules", Type.RECORDS, "Every right that sudo grants, one record for each person or group and set of "
         "commands, aliases expanded", Disclosure.COUNTED, fields=(
             Field("who", Type.TEXT, "A user, %group, #uid, %#gid, +netgroup or ALL"),
             Field("except", Type.TEXT, "Those the rule takes out again, with !"),
             Field("hosts", Type.TEXT, "The machines it holds on"),
             Field("runas", Type.TEXT, "Whom they may act as: users, then groups after a colon"),
             Field("as_root", Type.BOOL, "Whether they may act as root"),
             Field("commands", Type.TEXT, "The commands, comma separated; ! before a forbidden one"),
             Field("nopasswd", Type.BOOL, "Whether no password is asked (NOPASSWD)"),
             Field("all_commands", Type.BOOL, "Whether every command is allowed (ALL)"),
             Field("pattern", Type.BOOL, "Whether an allowed command is a wildcard, a regular expression or a "
                   "whole directory"),
             Field("negated", Type.BOOL, "Whether the rule tries to forbid commands one by one"),
             Field("kind", Type.TEXT, "What who is: user, group, netgroup or everyone"),
             Field("breadth", Type.TEXT, "all: every command (ALL); named: some"),
             Field("explicit", Type.BOOL, "Whether each allowed command says its arguments plainly"),
             Field("way_to_root", Type.TEXT, "How an allowed command leads to a root shell: all, wildcard, directory, "
                   "shell, editor, pager, interpreter, starts-others, writes-files, installs-packages, writable; "
                   "empty: none known"),
             Field("standing", Type.TEXT, "in force; skipped: in a file of /etc/sudoers.d that sudo passes over"),
             Field("file", Type.TEXT, "The file it stands in"),
             Field("line", Type.INT, "Its line"),
         )),
    Fact("sudo.defaults", Type.RECORDS, "Every Defaults setting", Disclosure.COUNTED, fields=(
        Field("name", Type.TEXT, "The setting"),
        Field("value", Type.TEXT, "true, false or its text; += and -= are kept in front"),
        Field("binding", Type.TEXT, "Empty for everyone; else :user, @host, !command or >target"),
        Field("minutes", Type.INT, "Its value in whole minutes, rounded up; -1: for ever; 0 where it is no number"),
        Field("standing", Type.TEXT, "in force; skipped: in a file of /etc/sudoers.d that sudo passes over"),
        Field("file", Type.TEXT, "The file it stands in"),
        Field("line", Type.INT, "Its line"),
    )),
    Fact("sudo.settings", Type.RECORDS, "The settings in force for everyone, one record for each that is known or "
         "stated", Disclosure.COUNTED, fields=(
             Field("name", Type.TEXT, "The setting"),
             Field("value", Type.TEXT, "true, false or its text; empty where it is not stated"),
             Field("origin", Type.TEXT, "stated: for everyone; built-in: sudo's own"),
             Field("contradictions", Type.INT, "Further statements that say otherwise, of everyone or of some"),
         )),
    Fact("sudo.includes", Type.RECORDS, "Every file and directory that the rules are also read from",
         Disclosure.COUNTED, fields=(
             Field("path", Type.TEXT, "As written"),
             Field("directory", Type.BOOL, "Whether it is a directory"),
             Field("file", Type.TEXT, "The file that includes it"),
             Field("line", Type.INT, "The line there"),
         )),
    Fact("sudo.program_group", Type.TEXT, "The group that owns the program; absent: there is none",
         Disclosure.SHARED),
    Fact("sudo.program_mode", Type.TEXT, "The program's permission bits in octal; absent: there is none",
         Disclosure.SHARED),
    Fact("sudo.pam_shortcuts", Type.RECORDS, "Modules in sudo's PAM stack that ask for nothing", Disclosure.SHARED,
         fields=(
             Field("module", Type.TEXT, "The module"),
             Field("kind", Type.TEXT, "auth, account, password or session"),
             Field("control", Type.TEXT, "Its control in the stack"),
             Field("enough", Type.BOOL, "Whether its yes alone may let somebody in"),
             Field("file", Type.TEXT, "The file it stands in"),
             Field("line", Type.INT, "Its line"),
         )),
    Fact("sudo.unreadable_lines", Type.TEXTS, "Lines that sudo's grammar does not allow", Disclosure.COUNTED),
    Fact("sudo.use_pty", Type.BOOL, "Whether everyone's commands get a terminal of their own, stated or by the "
         "version's own choice; absent: neither stated nor is the version known", Disclosure.SHARED),
    Fact("sudo.target_password", Type.BOOL, "Whether the target's or root's password is asked of anyone instead of "
         "one's own (targetpw, rootpw, runaspw); absent: not stated, which means no", Disclosure.SHARED),
    Fact("sudo.logfile", Type.TEXT, "The log file of sudo's own; absent: the system log alone", Disclosure.SHARED),
    Fact("sudo.secure_path", Type.TEXT, "The search path commands run with; absent: the caller's",
         Disclosure.SHARED),
    Fact("sudo.remembers_for", Type.DURATION, "The longest that anyone's password counts for the next command; absent: "
         "not stated (15 minutes in Debian's and Ubuntu's build, 5 upstream)", Disclosure.SHARED),
)

COLLECTOR = Collector(
    name="sudo",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=(MAIN, "/etc/sudoers.d/", "/etc/nsswitch.conf", "/etc/sudo.conf", "/etc/group", *PROGRAMS,
           *(f"{place}/" for place in _pam.PLACES)),
    stats=(*PROGRAMS, *STATS),
    needs="reading /etc/sudoers and /etc/sudoers.d needs root",
)
