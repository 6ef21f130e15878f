"""homes: the home directories of people, their dot files, and files there that trust other machines.

A person is an account that may open a session and whose number is not the system's (UID_MIN of
login.defs); root counts as one of the system. Homes are looked at where people's homes are; elsewhere
they are ``unsupported``. Of the shells' start files only the lines that set a mask are kept.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import Any

from collectors import _passwd
from collectors.base import (
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
from collectors.host.protocol import FileKind, Host, LookError, NotThere, Stat, Unreadable, read_optional
from hustings.declared import Declared

PLACES = ("/home", "/srv", "/var/home", "/export/home")
"""Where people's homes are, one level below."""
INIT = (".profile", ".bash_profile", ".bash_login", ".bashrc", ".bash_logout", ".zshenv", ".zprofile", ".zshrc",
        ".zlogin", ".kshrc", ".login", ".cshrc", ".tcshrc")
HISTORIES = (".bash_history", ".zsh_history", ".sh_history", ".history", ".psql_history", ".mysql_history",
             ".sqlite_history", ".python_history", ".lesshst", ".viminfo")
PASSWORDS = (".pgpass", ".my.cnf", ".git-credentials")
TRUSTING = (".rhosts", ".shosts", ".netrc", ".forward")
MACHINE_WIDE = ("/etc/hosts.equiv", "/etc/shosts.equiv", "/etc/ssh/shosts.equiv")
UID_MIN, NOBODY = 1000, 65534
LIMIT = 64 << 10
"""Bytes of a start file that are read."""


@dataclass(frozen=True)
class People:
    """Who owns what: the accounts of people, and every number that has a name."""

    accounts: tuple[_passwd.Account, ...]
    groups: tuple[_passwd.Group, ...]
    homes: tuple[_passwd.Account, ...]
    """People, and root."""
    least: int
    """The first number of a person."""
    uids: frozenset[int]
    gids: frozenset[int]
    faults: tuple[str, ...]

    def person(self, account: _passwd.Account) -> bool:
        return account.uid >= self.least and account.uid != NOBODY

    def owner(self, uid: int, of: _passwd.Account) -> str:
        """Whose a file in the home of ``of`` is: self, root, person, system or nobody."""
        if uid == of.uid:
            return "self"
        if uid == 0:
            return "root"
        if any(one.uid == uid and self.person(one) for one in self.homes):
            return "person"
        return "system" if uid in self.uids else "nobody"

    def group(self, gid: int, of: _passwd.Account) -> str:
        """Which group a file in the home of ``of`` has: their own, root's, another person's own, system or nobody."""
        if gid == of.gid:
            return "self"
        if gid == 0:
            return "root"
        if any(one.gid == gid and self.person(one) for one in self.homes):
            return "person"
        return "system" if gid in self.gids else "nobody"


def people(host: Host) -> People:
    accounts, faults = _passwd.passwd(host.read("/etc/passwd"))
    groups, more = _passwd.group(host.read("/etc/group"))
    least = _passwd.login_defs(read_optional(host, "/etc/login.defs") or "").get("UID_MIN", "")
    found = People(tuple(accounts), tuple(groups), (), int(least) if least.isdigit() else UID_MIN,
                   frozenset(one.uid for one in accounts), frozenset(one.gid for one in groups), tuple(faults + more))
    return replace(found, homes=tuple(one for one in accounts if one.has_shell and (found.person(one) or one.uid == 0)))


def collect(host: Host, declared: Declared) -> Collected:
    return gather({("homes.directories", "homes.dot_files", "homes.trusting", "homes.masks"): lambda: _homes(host)})


def _homes(host: Host) -> Collected:
    everyone = people(host)
    found = _Found(Missing(Reason.ERROR, everyone.faults[0]) if everyone.faults else None)
    for path in MACHINE_WIDE:
        found.trusting_at(host, path, "", path.removeprefix("/etc/"))
    for account in everyone.homes:
        stat = found.home(host, account, everyone)
        if stat is not None:
            found.entries(host, account, everyone)
    found.strays(host, {posixpath.normpath(one.home) for one in everyone.homes})
    return {
        "homes.directories": found.listing(found.directories), "homes.dot_files": found.listing(found.dot_files),
        "homes.trusting": found.listing(found.trusting), "homes.masks": found.listing(found.masks),
    }


class _Found:
    """What is being gathered, and why it is not whole."""

    def __init__(self, why: Missing | None) -> None:
        self.why = why
        self.directories: list[dict[str, Any]] = []
        self.dot_files: list[dict[str, Any]] = []
        self.trusting: list[dict[str, Any]] = []
        self.masks: list[dict[str, Any]] = []

    def listing(self, items: list[dict[str, Any]]) -> Listing:
        return Listing(items, self.why is None, self.why)

    def home(self, host: Host, account: _passwd.Account, everyone: People) -> Stat | None:
        """Note one home directory; its stat if there is one to look into."""
        base = {"user": account.name, "path": account.home, "system": not everyone.person(account)}
        if not account.home:
            self.directories.append(base | {"exists": False})
            return None
        home = posixpath.normpath(account.home or "/")
        if home != "/root" and posixpath.dirname(home) not in PLACES:
            if posixpath.dirname(home) == "/" and home != "/" and _lacks(host, home):
                self.directories.append(base | {"exists": False})
                return None
            missing = Missing(Reason.UNSUPPORTED, f"{home} is not where people's homes are looked for")
            self.directories.append(base | dict.fromkeys(("exists", "mode", "owner_is", "group_is"), missing))
            self.why = missing if everyone.person(account) else self.why
            return None
        try:
            stat = host.stat(host.resolve(home))
            if stat.kind is not FileKind.DIRECTORY:
                raise NotThere(home)
        except NotThere:
            self.directories.append(base | {"exists": False})
            return None
        except LookError as error:
            self.directories.append(base | dict.fromkeys(("exists", "mode", "owner_is", "group_is"), error.missing))
            self.why = error.missing
            return None
        self.directories.append(base | {
            "exists": True, "mode": f"{stat.mode:04o}", "owner_is": everyone.owner(stat.uid, account),
            "group_is": everyone.group(stat.gid, account)})
        return stat

    def entries(self, host: Host, account: _passwd.Account, everyone: People) -> None:
        """Note the dot files of one home."""
        try:
            names = [name for name in host.list(account.home) if name.startswith(".")]
        except LookError as error:
            self.why = error.missing
            return
        for name in names:
            path = posixpath.join(account.home, name)
            try:
                stat = host.stat(path)
            except NotThere:
                continue
            except LookError as error:
                self.why = error.missing
                continue
            if name in TRUSTING:
                self.trusting.append({"user": account.name, "path": path, "name": name})
            if stat.kind in (FileKind.FILE, FileKind.DIRECTORY):
                self.dot_files.append({
                    "user": account.name, "path": path, "set": kind(name), "mode": f"{stat.mode:04o}",
                    "directory": stat.kind is FileKind.DIRECTORY, "owner_is": everyone.owner(stat.uid, account),
                    "group_is": everyone.group(stat.gid, account), "system": not everyone.person(account)})
            if name in INIT:
                self.mask(host, account.name, path, system=not everyone.person(account))

    def mask(self, host: Host, user: str, path: str, *, system: bool) -> None:
        try:
            text = host.read(path, limit=LIMIT)
        except (NotThere, Unreadable):
            return  # a link that leads nowhere, or no file: no shell reads it
        except LookError as error:
            self.why = error.missing
            return
        self.masks += [{"user": user, "path": path, "system": system, **one} for one in masks(text)]

    def trusting_at(self, host: Host, path: str, user: str, name: str) -> None:
        try:
            host.stat(path)
        except NotThere:
            return
        except LookError as error:
            self.why = error.missing
            return
        self.trusting.append({"user": user, "path": path, "name": name})

    def strays(self, host: Host, known: set[str]) -> None:
        """Files that trust others in homes whose account is gone or opens no session."""
        try:
            names = host.list("/home")
        except NotThere:
            return
        except LookError as error:
            self.why = error.missing
            return
        for name in names:
            if f"/home/{name}" not in known:
                for one in TRUSTING:
                    self.trusting_at(host, f"/home/{name}/{one}", "", one)


def _lacks(host: Host, path: str) -> bool:
    """Whether there certainly is no such directory."""
    try:
        return host.stat(path).kind not in (FileKind.DIRECTORY, FileKind.LINK)
    except NotThere:
        return True
    except LookError:
        return False


def kind(name: str) -> str:
    """Which set of dot files one belongs to. Pure."""
    for of, names in (("init", INIT), ("history", HISTORIES), ("passwords", PASSWORDS)):
        if name in names:
            return of
    return name.removeprefix(".") if name in TRUSTING else "other"


def masks(text: str) -> list[dict[str, object]]:
    """The ``umask`` lines of a shell's start file, and what each lets new files grant: ``granted`` is left out
    for a mask that is not a number. Pure."""
    found: list[dict[str, object]] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split("#")[0].replace(";", " ; ").split()
        for index, word in enumerate(words):
            if word == "umask" and (index == 0 or words[index - 1] in (";", "&&", "||", "then", "else", "do", "{")):
                value = words[index + 1] if index + 1 < len(words) else ""
                one: dict[str, object] = {"line": number, "mask": value}
                if value and set(value) <= set("01234567") and len(value) <= 4:
                    one["granted"] = f"{0o777 & ~int(value, 8):04o}"
                found.append(one)
    return found


_USER = Field("user", Type.TEXT, "Whose home it is in; empty: nobody's who opens sessions")
_PATH = Field("path", Type.TEXT, "The file")
_SYSTEM = Field("system", Type.BOOL, "Whether the home is root's and no person's")
_OWNER = Field("owner_is", Type.TEXT, "self, root, person (another one), system or nobody (a number without a name)")
_GROUP = Field("group_is", Type.TEXT, "self (the account's own group), root, person (another's own), system or nobody")
_MODE = Field("mode", Type.TEXT, "The permission bits in octal")
FACTS = (
    Fact("homes.directories", Type.RECORDS, "The home directories of people and of root", Disclosure.COUNTED, fields=(
        _USER, Field("path", Type.TEXT, "The directory as the account says it"), _SYSTEM,
        Field("exists", Type.BOOL, "Whether the directory exists"), _MODE, _OWNER, _GROUP)),
    Fact("homes.dot_files", Type.RECORDS, "The dot files and dot directories right in those homes", Disclosure.COUNTED,
         fields=(_USER, _PATH, Field("set", Type.TEXT, "init (a shell's start file), history, passwords, rhosts, "
                                     "shosts, netrc, forward or other"),
                 _MODE, Field("directory", Type.BOOL, "Whether it is a directory"), _OWNER, _GROUP, _SYSTEM)),
    Fact("homes.trusting", Type.RECORDS, "Files by which homes, and the machine, trust others or keep passwords for "
         "them: .rhosts, .shosts, .netrc, .forward, hosts.equiv, shosts.equiv", Disclosure.COUNTED,
         fields=(_USER, _PATH, Field("name", Type.TEXT, "The file's name, below /etc the path from there"))),
    Fact("homes.masks", Type.RECORDS, "Lines of the shells' start files that set the mask of new files",
         Disclosure.COUNTED, fields=(
             _USER, _PATH, _SYSTEM, Field("line", Type.INT, "The line's number"),
             Field("mask", Type.TEXT, "The mask as written"),
             Field("granted", Type.TEXT, "What new files may then grant, in octal; absent: the mask is no number"))),
)

COLLECTOR = Collector(
    name="homes",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=("/etc/passwd", "/etc/group", "/etc/login.defs",
           *(f"{place}/{name}" for place in ("/root", *(f"{one}/*" for one in PLACES)) for name in INIT)),
    stats=("/*", "/root/*", *(f"{one}/*/*" for one in PLACES), *MACHINE_WIDE),
    needs="looking into the homes of others needs root",
)
