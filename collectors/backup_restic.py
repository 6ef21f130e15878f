"""backup_restic: declared restic repositories: how fresh, for whom, where, and how their key is kept.

``restic snapshots`` answers only if the password opens the repository, and restic has no unencrypted
kind: an answer proves encryption. Nothing is locked, cached or written. restic keeps no record of its
own checks, so the last one is known only where the office declares the file its check job touches.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from collectors import block_devices
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
    key,
)
from collectors.host.protocol import Denied, FileKind, Host, LookError, NotThere
from collectors.restic import Snapshot, address, covers, is_this_machine, parse_snapshots
from hustings.declared import Declared, Repository
from hustings.times import utc_text

_HOSTNAME = "/proc/sys/kernel/hostname"
_SECONDS = 50.0
_LIMIT = 32 << 20
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "ceph", "glusterfs"})


def collect(host: Host, declared: Declared) -> Collected:
    """Ask each declared repository; one that does not answer costs its own facts alone."""
    collected: Collected = {}
    own: list[list[Snapshot] | Missing] = []
    places: list[str | Missing] = []
    name = host.read(_HOSTNAME).strip()
    patience = _SECONDS / max(1, len(declared.repositories))
    for repository in declared.repositories:
        snapshots = _answer(partial(_snapshots, host, repository, patience))
        facts = {**_of_snapshots(snapshots, name), **_of_place(host, repository, name)}
        collected.update({key(fact, repository.name): value for fact, value in facts.items()})
        own.append(snapshots if isinstance(snapshots, Missing) else [one for one in snapshots if one.host == name])
        places.append(facts["backup.location"])
    for data in declared.data_paths:
        collected[key("backup.data_path_latest", data.name)] = _newest(own, data.path)
    return {**collected, "backup.newest_own": _newest(own), "backup.elsewhere": _elsewhere(places)}


def _answer(look: Any) -> Any:
    try:
        return look()
    except LookError as error:
        return error.missing


def _snapshots(host: Host, repository: Repository, patience: float) -> list[Snapshot]:
    if repository.tool != "restic":
        raise LookError(Reason.UNSUPPORTED, f"repositories of {repository.tool!r} are not read")
    env = {"RESTIC_PASSWORD_FILE": repository.password_file} if repository.password_file else {}
    try:
        output = host.run("restic", f"--repo={repository.location}", "snapshots", "--json", "--no-lock", "--no-cache",
                          ok=(0, 1, 10, 11, 12), env=env, timeout=patience, limit=_LIMIT)
    except NotThere as error:
        raise LookError(Reason.UNSUPPORTED, "restic is not installed here") from error
    if output.code:
        raise _refusal(output.stderr)
    return parse_snapshots(output.stdout)


def _refusal(stderr: str) -> LookError:
    line = next((one.strip() for one in stderr.splitlines() if one.strip()), "restic said nothing")
    if "permission denied" in line or "wrong password" in line:
        return Denied(f"restic: {line[:200]}")
    return LookError(Reason.ERROR, f"restic: {line[:200]}")


def _of_snapshots(snapshots: list[Snapshot] | Missing, name: str) -> Collected:
    if isinstance(snapshots, Missing):
        return dict.fromkeys(("backup.encrypted", "backup.snapshots", "backup.latest_own", "backup.hosts"), snapshots)
    latest: dict[str, Snapshot] = {}
    for one in sorted(snapshots, key=lambda snapshot: snapshot.time):
        latest[one.host] = one
    return {
        "backup.encrypted": True,
        "backup.snapshots": len(snapshots),
        "backup.latest_own": utc_text(latest[name].time) if name in latest else ABSENT,
        "backup.hosts": Listing([{"host": one, "latest": utc_text(latest[one].time)} for one in sorted(latest)]),
    }


def _newest(repositories: list[list[Snapshot] | Missing], path: str = "") -> Any:
    """The newest of this machine's snapshots (that holds a path); an unreadable repository might hold one."""
    times = [one.time for each in repositories if not isinstance(each, Missing) for one in each
             if not path or covers(one, path)]
    if times:
        return utc_text(max(times))
    return next((one for one in repositories if isinstance(one, Missing)), ABSENT)


def _elsewhere(places: list[str | Missing]) -> Any:
    """How many repositories are on other machines; a reason if none is known to be and some might."""
    count = places.count("elsewhere")
    return count or next((one for one in places if isinstance(one, Missing)), 0)


def _of_place(host: Host, repository: Repository, name: str) -> Collected:
    password = repository.password_file
    return {
        "backup.location": _answer(partial(_location, host, repository.location, name)),
        "backup.last_check": _answer(partial(_last_check, host, repository.check_stamp)),
        "backup.password_file_private": _answer(partial(_private, host, password)) if password else ABSENT,
        "backup.password_file_apart": _answer(partial(_apart, host, password, repository.location))
        if password else ABSENT,
    }


def _location(host: Host, location: str, name: str) -> str:
    try:
        where = address(location)
    except ValueError as error:
        raise LookError(Reason.UNSUPPORTED, str(error)) from error
    if where is not None:
        return "here" if is_this_machine(where, frozenset({name.lower()})) else "elsewhere"
    mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
    mount = block_devices.mount_of(host.resolve(location), mounts)
    return "elsewhere" if mount.fstype in _NETWORK else "here"


def _last_check(host: Host, stamp: str) -> Any:
    if not stamp:
        return ABSENT
    try:
        return utc_text(host.stat(host.resolve(stamp)).mtime)
    except NotThere:
        return ABSENT


def _private(host: Host, path: str) -> bool:
    """Whether its owner alone may read the password file."""
    seen = host.stat(host.resolve(path))
    return seen.kind is FileKind.FILE and seen.mode & 0o077 == 0


def _apart(host: Host, path: str, location: str) -> bool:
    """Whether the password is kept outside the repository it opens."""
    if not location.startswith("/"):
        return True
    repository = host.resolve(location).rstrip("/")
    return not host.resolve(path).startswith(repository + "/")


_fact = partial(Fact, disclosure=Disclosure.SHARED, each="repository")

COLLECTOR = Collector(
    name="backup_restic",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("backup.encrypted", Type.BOOL, "Whether the repository's contents are encrypted with the password given"),
        _fact("backup.snapshots", Type.INT, "How many snapshots the repository holds"),
        _fact("backup.latest_own", Type.TIME, "When this machine's newest snapshot was made"),
        _fact("backup.hosts", Type.RECORDS, "Machines with snapshots in the repository", fields=(
            Field("host", Type.TEXT, "The machine's name as restic recorded it"),
            Field("latest", Type.TIME, "When its newest snapshot was made"),
        )),
        _fact("backup.location", Type.TEXT, "Where the repository is: here (on this machine) or elsewhere"),
        _fact("backup.last_check", Type.TIME, "When the office's check job last found the repository whole, by the "
              "check_stamp declared for it; absent where there is no such record"),
        _fact("backup.password_file_private", Type.BOOL, "Whether its owner alone may read the password file"),
        _fact("backup.password_file_apart", Type.BOOL, "Whether the password file is kept outside the repository"),
        Fact("backup.newest_own", Type.TIME, "When this machine's newest snapshot in any declared repository was made",
             Disclosure.SHARED),
        Fact("backup.elsewhere", Type.INT, "How many declared repositories are kept on other machines",
             Disclosure.SHARED),
        Fact("backup.data_path_latest", Type.TIME, "When the newest of this machine's snapshots that holds a declared "
             "data path was made", Disclosure.SHARED, each="data_path"),
    ),
    collect=collect,
    reads=(_HOSTNAME, "/proc/self/mountinfo"),
    runs=("restic *",),
    timeout=60.0,
    every=timedelta(hours=6),
    each="repository",
    needs="read the repository and its password file",
)
