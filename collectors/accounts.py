"""accounts: who has an account on this machine, how each signs in, and who administers it.

Reads the local files (passwd, shadow, group, gshadow); people who come from a directory are not in
them. Without root the passwords are ``denied``, and only the facts that need them. The last sign-in
is the latest of lastlog, wtmp, lastlog2 and wtmpdb; where none of them has ever recorded anybody, a missing
entry proves nothing and the time is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors import _login_defs, _passwd, _signins
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
from collectors.host.protocol import Host, LookError, NotThere, Unreadable, list_optional, read_optional
from hustings.declared import Declared
from hustings.times import utc_text

ADMIN_GROUPS = ("sudo", "wheel", "admin")
"""Groups whose members administer the machine by the convention of Debian, Red Hat and Ubuntu."""
ROOT_BY_OTHER_MEANS = ("docker", "lxd", "disk", "shadow", "incus-admin", "libvirt")
"""Groups whose members can become root without sudo."""
SYSTEM_UID_MIN, SYSTEM_UID_MAX = 1000, 60000
_AGEING = ("password_max_days", "password_min_days", "password_warn_days", "password_inactive_days")
HERE = frozenset({"files", "compat", "db", "systemd", "extrausers", "altfiles", "cache"})
"""Sources of accounts that are on the machine itself."""
SSSD = ("/etc/sssd/sssd.conf", "/etc/sssd/conf.d/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def collect(host: Host, declared: Declared) -> Collected:
    return gather({
        ("accounts.local", "accounts.administrators", "accounts.root_by_group", "groups.local"): lambda: _people(host),
        ("accounts.shells",): lambda: _listed_shells(host),
        ("accounts.legacy_lines",): lambda: _legacy(host),
        ("accounts.sources",): lambda: {"accounts.sources": Listing(_sources(host))},
        ("accounts.elsewhere",): lambda: {"accounts.elsewhere": Listing(_elsewhere(host))},
        ("accounts.group_passwords",): lambda: _group_passwords(host),
    })


def _people(host: Host) -> Collected:
    accounts, faults = _passwd.passwd(host.read("/etc/passwd"))
    shadows = _attempt(lambda: _passwd.shadow(host.read("/etc/shadow")))
    settings = _passwd.login_defs(_login_defs.text(host))
    last = _attempt(lambda: last_signins(host, {one.uid: one.name for one in accounts}))
    shells = _attempt(lambda: _shells(host))
    if not isinstance(shadows, Missing):
        faults += shadows[1]
        shadows = {one.name: one for one in shadows[0]}
    why = Missing(Reason.ERROR, faults[0]) if faults else None
    groups, group_faults = _passwd.group(host.read("/etc/group"))
    numbers = {one.gid for one in groups} if not group_faults else None
    people = [record(one, shadows, last, shells, settings, numbers) for one in accounts]
    why_group = why or (Missing(Reason.ERROR, group_faults[0]) if group_faults else None)
    whole = why_group is None
    by_name = {person["name"]: person for person in people}
    return {
        "accounts.local": Listing(people, why is None, why),
        "accounts.administrators": Listing(members(groups, accounts, by_name, ADMIN_GROUPS), whole, why_group),
        "accounts.root_by_group": Listing(members(groups, accounts, by_name, ROOT_BY_OTHER_MEANS), whole, why_group),
        "groups.local": Listing([_group(one, accounts) for one in groups], whole, why_group),
    }


def _group(group: _passwd.Group, accounts: list[_passwd.Account]) -> dict[str, Any]:
    """A group as a record: whoever has it as first group is in it, whatever its own line says."""
    own = [one.name for one in accounts if one.gid == group.gid]
    return {"name": group.name, "gid": group.gid, "members": len({*group.members, *own}),
            "listed": len(set(group.members))}


def _listed_shells(host: Host) -> Collected:
    found = _shells(host)
    return {"accounts.shells": ABSENT if found is None else Listing(sorted(found))}


def _attempt(look: Callable[[], Any]) -> Any:
    """What ``look`` answers, or the reason it could not."""
    try:
        return look()
    except LookError as error:
        return error.missing


def _shells(host: Host) -> set[str] | None:
    text = read_optional(host, "/etc/shells")
    return None if text is None else set(_passwd.shells(text))


def record(account: _passwd.Account, shadows: dict[str, _passwd.Shadow] | Missing,
           last: dict[str, datetime] | Missing, shells: set[str] | Missing | None,
           settings: dict[str, str], groups: set[int] | None) -> dict[str, Any]:
    """Everything known about one account, as a record of ``accounts.local``. Pure.

    An account whose password is kept in shadow but has no line there is invalid (passwd(5)): no password fits it.
    """
    low, high = _bound(settings, "UID_MIN", SYSTEM_UID_MIN), _bound(settings, "UID_MAX", SYSTEM_UID_MAX)
    low = max(low, _bound(settings, "SYS_UID_MAX", 0))
    found: dict[str, Any] = {
        "name": account.name, "uid": account.uid, "gid": account.gid, "home": account.home, "shell": account.shell,
        "interactive": account.has_shell, "system": not low <= account.uid <= high,
        "password_in_passwd": _passwd.exposed(account.password), "shadowed": account.password == "x",
        "group_exists": Missing(Reason.ERROR, "/etc/group was not read whole") if groups is None
        else account.gid in groups,
    }
    if isinstance(shells, Missing):
        found["listed_shell"] = shells
    elif shells is not None:
        found["listed_shell"] = (account.shell or "/bin/sh") in shells
    found["in_shadow"] = shadows if isinstance(shadows, Missing) else account.name in shadows
    entry: _passwd.Shadow | Missing | None = shadows if isinstance(shadows, Missing) else shadows.get(account.name)
    if account.password != "x":
        found |= _password(account.password)
    elif isinstance(entry, Missing):
        found["password"] = found["password_usable"] = entry
    else:
        found |= _password(entry.password) if entry else {"password": "none", "password_usable": False}
    if isinstance(entry, Missing):
        found |= dict.fromkeys(("password_changed", "closes", *_AGEING), entry)
    elif entry:
        found |= _days(entry)
    if isinstance(last, Missing):
        found["last_signin"] = last
    elif account.name in last:
        found["last_signin"] = utc_text(last[account.name])
    return found


def _password(stored: str) -> dict[str, Any]:
    kind = _passwd.hash_kind(stored)
    return {"password": kind, "password_usable": _passwd.usable(kind)}


def _days(entry: _passwd.Shadow) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        if entry.changed:
            found["password_changed"] = utc_text(_EPOCH + timedelta(days=entry.changed))
        if entry.expires is not None and entry.expires >= 0:
            found["closes"] = utc_text(_EPOCH + timedelta(days=entry.expires))
    except OverflowError:
        found["password_changed"] = found["closes"] = Missing(Reason.ERROR, "shadow holds a day beyond the calendar")
    stated = (entry.maximum, entry.minimum, entry.warning, entry.inactive)
    return found | {name: days for name, days in zip(_AGEING, stated, strict=True) if days is not None}


def _bound(settings: dict[str, str], name: str, default: int) -> int:
    text = settings.get(name, "")
    return int(text) if text.isdigit() else default


def members(groups: list[_passwd.Group], accounts: list[_passwd.Account], people: dict[str, dict[str, Any]],
            names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The members of some groups, by their line in group or by their own first group. Pure."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for group in groups:
        if group.name not in names:
            continue
        for name in [*group.members, *(one.name for one in accounts if one.gid == group.gid)]:
            person = people.get(name)
            one: dict[str, Any] = {"name": name, "group": group.name, "local": person is not None}
            if person is not None:
                one |= {"interactive": person["interactive"], "password_usable": person["password_usable"]}
            found[name, group.name] = one
    return list(found.values())


def last_signins(host: Host, names: dict[int, str]) -> dict[str, datetime]:
    """The last sign-in of each account that ever did. ``unsupported`` if nothing was ever recorded here."""
    found: dict[str, int] = {}
    seen = []
    for path, parse in SOURCES:
        try:
            data = host.read_bytes(path)
        except NotThere:
            continue
        try:
            latest = parse(data)
        except ValueError as error:
            raise Unreadable(f"{path}: {error}") from error
        seen.append(path)
        for who, seconds in latest.items():
            name = names.get(who, "") if isinstance(who, int) else who
            found[name] = max(found.get(name, 0), seconds)
    if not found:
        raise LookError(Reason.UNSUPPORTED, f"no sign-in is recorded in {' or '.join(seen)}" if seen
                        else "this machine keeps no record of sign-ins")
    return {name: datetime.fromtimestamp(seconds, UTC) for name, seconds in found.items()}


SOURCES: tuple[tuple[str, Callable[[bytes], dict[Any, int]]], ...] = (
    ("/var/log/lastlog", _signins.lastlog),
    ("/var/log/wtmp", _signins.wtmp),
    ("/var/log/wtmp.1", _signins.wtmp),
    ("/var/lib/lastlog/lastlog2.db", _signins.lastlog2),
    ("/var/lib/wtmpdb/wtmp.db", _signins.wtmpdb),
)


def _legacy(host: Host) -> Collected:
    found = []
    for name in ("passwd", "shadow", "group"):
        text = read_optional(host, f"/etc/{name}")
        if text is not None and _passwd.legacy(text):
            found.append(f"/etc/{name}")
    return {"accounts.legacy_lines": Listing(found)}


def _sources(host: Host) -> list[str]:
    text = read_optional(host, "/etc/nsswitch.conf")
    return sources(read_optional(host, "/usr/etc/nsswitch.conf") if text is None else text)


def _elsewhere(host: Host) -> list[str]:
    return [one for one in _sources(host) if one not in HERE and (one != "sss" or _asks_sssd(host))]


def _asks_sssd(host: Host) -> bool:
    """Whether sssd is told where to ask; Red Hat's nsswitch.conf names it on every machine."""
    return read_optional(host, SSSD[0]) is not None or any(
        name.endswith(".conf") for name in list_optional(host, SSSD[1].rstrip("/")))


def sources(nsswitch: str | None) -> list[str]:
    """Where accounts come from: the ``passwd`` line of nsswitch.conf (``files`` without one)."""
    for line in (nsswitch or "").splitlines():
        name, _, rest = line.partition("#")[0].partition(":")
        if name.strip() == "passwd":
            return [word for word in rest.replace("[", " [").split() if "[" not in word and "]" not in word]
    return ["files"]


def _group_passwords(host: Host) -> Collected:
    text = read_optional(host, "/etc/gshadow")
    groups, faults = _passwd.group(host.read("/etc/group"))
    stored = {one.name: one.password for one in groups if one.password not in ("x", "")}
    if text is not None:
        entries, more = _passwd.gshadow(text)
        faults += more
        stored |= {one.name: one.password for one in entries if one.password}
    why = Missing(Reason.ERROR, faults[0]) if faults else None
    held = [name for name, password in stored.items() if _passwd.usable(_passwd.hash_kind(password))]
    return {"accounts.group_passwords": Listing(held, why is None, why) if stored or text is not None else ABSENT}


_MEMBER = (
    Field("name", Type.TEXT, "The account's name"),
    Field("group", Type.TEXT, "The group"),
    Field("local", Type.BOOL, "Whether the account is in this machine's own files"),
    Field("interactive", Type.BOOL, "Whether it has a shell"),
    Field("password_usable", Type.BOOL, "Whether it can sign in with a password"),
)

FACTS = (
    Fact("accounts.local", Type.RECORDS, "The accounts in this machine's own files", Disclosure.COUNTED, fields=(
        Field("name", Type.TEXT, "The sign-in name"),
        Field("uid", Type.INT, "The user number; 0 is all-powerful whatever the name"),
        Field("gid", Type.INT, "The number of its first group"),
        Field("home", Type.TEXT, "The home directory"),
        Field("shell", Type.TEXT, "The program a session starts"),
        Field("interactive", Type.BOOL, "Whether that program is a shell and not nologin or the like"),
        Field("listed_shell", Type.BOOL, "Whether it is listed in /etc/shells; absent where there is no such file"),
        Field("system", Type.BOOL, "Whether the number is outside the range login.defs gives to people, or in that of "
              "system accounts"),
        Field("password_in_passwd", Type.BOOL, "Whether the password itself stands in the world-readable passwd"),
        Field("shadowed", Type.BOOL, "Whether passwd says that the password is kept in shadow"),
        Field("in_shadow", Type.BOOL, "Whether the account has a line in shadow"),
        Field("group_exists", Type.BOOL, "Whether its first group is in /etc/group"),
        Field("password", Type.TEXT, "empty, locked, none, unrecognised or the hash method"),
        Field("password_usable", Type.BOOL, "Whether somebody can sign in with a password, an empty one included"),
        Field("password_changed", Type.TIME, "When the password was last set; absent when not recorded"),
        Field("password_max_days", Type.INT, "After how many days it must be changed (shadow(5) writes 99999 for "
              "never); absent: not stated, which is never"),
        Field("password_min_days", Type.INT, "For how many days it cannot be changed again; absent: not stated"),
        Field("password_warn_days", Type.INT, "How many days before that its holder is warned; absent: not stated"),
        Field("password_inactive_days", Type.INT, "How many days after that the account closes; absent: never"),
        Field("closes", Type.TIME, "When the account closes by itself; absent: never"),
        Field("last_signin", Type.TIME, "The last recorded sign-in; absent: never, on a machine that records them"),
    )),
    Fact("accounts.administrators", Type.RECORDS, "Members of the groups sudo, wheel and admin", Disclosure.COUNTED,
         fields=_MEMBER),
    Fact("accounts.root_by_group", Type.RECORDS, "Members of groups that give root by another way: docker, lxd, "
         "incus-admin, libvirt, disk and shadow", Disclosure.COUNTED, fields=_MEMBER),
    Fact("groups.local", Type.RECORDS, "The groups in this machine's own files", Disclosure.COUNTED, fields=(
        Field("name", Type.TEXT, "The group's name"),
        Field("gid", Type.INT, "Its number"),
        Field("members", Type.INT, "How many accounts are in it, by its line or by their own first group"),
        Field("listed", Type.INT, "How many are named in its line"),
    )),
    Fact("accounts.shells", Type.TEXTS, "The login shells listed in /etc/shells; absent: there is no such file",
         Disclosure.SHARED),
    Fact("accounts.legacy_lines", Type.TEXTS, "Account files with + or - lines, which let in accounts from NIS",
         Disclosure.SHARED),
    Fact("accounts.sources", Type.TEXTS, "Where accounts come from, in order: files, sss, ldap, winbind …",
         Disclosure.SHARED),
    Fact("accounts.elsewhere", Type.TEXTS, "Those of them that are not on this machine, whose accounts are not in "
         "accounts.local", Disclosure.SHARED),
    Fact("accounts.group_passwords", Type.TEXTS, "Groups that anyone may join with a password", Disclosure.COUNTED),
)

COLLECTOR = Collector(
    name="accounts",
    platforms=frozenset({Platform.LINUX}),
    facts=FACTS,
    collect=collect,
    reads=("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/shells", *_login_defs.READS,
           "/etc/nsswitch.conf", "/usr/etc/nsswitch.conf", *SSSD, *(path for path, _ in SOURCES)),
    needs="reading /etc/shadow and /etc/gshadow needs root or the group shadow",
)
