"""A place to restore voter data to that nobody else can see and that goes away with us, however we end.

The usual place is memory of our own: a tmpfs in a mount namespace that only the worker and what it starts are in,
inside a process namespace that the kernel ends, with every process in it, when its first process dies. The
worker dies when its parent does (prctl(2), PR_SET_PDEATHSIG), so ``kill -9`` of any of them leaves neither
process nor file. Where that is not allowed, or memory is too small, a directory can be named: it must be
in memory or on an encrypted disk. There a second process waits for our end and then removes everything, and
the next start removes what even that could not.

Swap counts: memory that can be swapped to a disk in the clear is no place for voter data.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from collectors import block_devices
from collectors.host.live import LiveHost
from collectors.host.protocol import LookError
from hustings.errors import CannotFinish, UsageError
from hustings.facts import Missing

Work = Callable[[Path], bytes]
"""What is done in the place: it gets the place and says something. It runs in a process of its own."""

_OVER = Path("/dev/shm")  # noqa: S108 - in a mount namespace of our own a new file system covers it
_PREFIX = "hustings-restore-"
_NEWNS, _NEWUSER, _NEWPID = 0x20000, 0x10000000, 0x20000000
_NOSUID, _NODEV, _NOEXEC, _PRIVATE = 2, 4, 8, (1 << 14) | (1 << 18)
_PDEATHSIG, _DUMPABLE = 1, 4
_REMEDY = "name a directory in memory or on an encrypted disk with --scratch DIR"


def in_memory(work: Work) -> bytes:
    """Do ``work`` in private memory; what it says. Raises ``CannotFinish``."""
    safe_swap()
    return _heard(lambda give: _enclosed(work, give))


def in_directory(work: Work, directory: Path) -> bytes:
    """Do ``work`` in a new directory below ``directory``; what it says. Raises ``CannotFinish``, ``UsageError``."""
    protection(directory)
    sweep(directory)
    place = directory.resolve() / f"{_PREFIX}{secrets.token_hex(8)}"
    place.mkdir(mode=0o700)
    held = _hold(place)
    watched, alive = os.pipe()
    sweeper = os.fork()
    if sweeper == 0:
        os.close(alive)
        os.close(held)
        _wait_and_remove(watched, place)
    os.close(watched)
    try:
        return _heard(lambda give: _worker(work, place, give))
    finally:
        os.close(held)
        os.close(alive)
        os.waitpid(sweeper, 0)


def protection(directory: Path) -> str:
    """What protects a named directory: ``memory`` or ``encrypted disk``. Raises ``UsageError`` if nothing does."""
    where = "--scratch"
    try:
        seen = directory.stat()
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}", where=where,
                         remedy="name a directory that exists") from error
    if not stat.S_ISDIR(seen.st_mode):
        raise UsageError(f"{directory} is not a directory", where=where, remedy="name a directory")
    if seen.st_uid not in (0, os.geteuid()) or (seen.st_mode & 0o022 and not seen.st_mode & stat.S_ISVTX):
        raise UsageError(f"others may change {directory}", where=where, remedy="name one that is yours alone")
    host = LiveHost()
    try:
        mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
        mount = block_devices.mount_of(str(directory.resolve()), mounts)
        if mount.fstype in ("tmpfs", "ramfs"):
            safe_swap()
            return "memory"
        encrypted = block_devices.mount_encrypted(host, mount, mounts)
    except LookError as error:
        raise UsageError(f"whether {directory} is on an encrypted disk cannot be told: {error}", where=where,
                         remedy="name a directory in memory (/dev/shm) or on a LUKS volume") from error
    if not encrypted:
        raise UsageError(f"{directory} is on a disk that is not encrypted", where=where,
                         remedy="name a directory in memory (/dev/shm) or on a LUKS volume")
    return "encrypted disk"


def safe_swap() -> None:
    """Raise ``CannotFinish`` if memory may be swapped to a disk in the clear."""
    host = LiveHost()
    try:
        swaps = block_devices.parse_swaps(host.read("/proc/swaps"))
        mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
        for name, kind in swaps:
            if block_devices.in_memory(host, name):
                continue
            safe = block_devices.source_encrypted(host, name, mounts) if kind == "partition" else \
                block_devices.answer(host, block_devices.mount_of(name, mounts), mounts)
            if isinstance(safe, Missing) or not safe:
                raise CannotFinish("memory may be swapped to it in the clear", where=name,
                                   remedy=f"encrypt the swap area or `swapoff {name}`, then try again")
    except LookError as error:
        raise CannotFinish(f"whether swap is encrypted cannot be told: {error}", where="/proc/swaps",
                           remedy="run it as root, or without swap") from error


def sweep(directory: Path) -> list[Path]:
    """Remove what runs that are over left in ``directory``; what was removed."""
    import fcntl

    removed = []
    for place in directory.resolve().glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):
            if place.is_symlink() or place.stat().st_uid != os.geteuid():
                continue
            handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # somebody is at work there
            finally:
                os.close(handle)
            _remove(place)
            removed.append(place)
    return removed


def _hold(place: Path) -> int:
    """A lock on the place that lasts as long as we, or what inherits it, do."""
    import fcntl

    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _heard(start: Callable[[int], NoReturn]) -> bytes:
    """Start a process that writes what it has to say to a pipe, and hear it out."""
    heard, given = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    us = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        try:
            _die_with(us)
            start(given)
        finally:
            _give_up()
    os.close(given)
    try:
        with os.fdopen(heard, "rb") as pipe:
            said = pipe.read()
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    _, status = os.waitpid(pid, 0)
    if not said:
        code = os.waitstatus_to_exitcode(status)
        raise CannotFinish(f"the restore ended with {code} and without a result", where="the scratch place",
                           remedy=_REMEDY if code == 1 else "run it again; see what is said above")
    return said


def _die_with(parent: int) -> None:
    """Let the kernel kill us when our parent ends."""
    _call("prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _enclosed(work: Work, given: int) -> NoReturn:
    """In namespaces of our own, start the first process of a new process namespace and wait for it."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _NEWNS | _NEWPID | (0 if uid == 0 else _NEWUSER))
    if uid != 0:
        _call("prctl", _DUMPABLE, 1, 0, 0, 0)  # or our own /proc files are root's, if we changed account
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            Path(f"/proc/self/{name}").write_text(text, encoding="utf-8")
    us = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _call("prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != 0 or not Path(f"/proc/{us}").exists():  # our parent is outside of our namespace
                os._exit(1)
            _call("mount", b"none", b"/", None, _PRIVATE, None)
            _call("mount", b"proc", b"/proc", b"proc", _NOSUID | _NODEV | _NOEXEC, None)
            _mount_memory()
            _say(work, _OVER, given)
        finally:
            _give_up()
    os.close(given)
    _, status = os.waitpid(pid, 0)
    os._exit(max(0, os.waitstatus_to_exitcode(status)))


def _give_up() -> NoReturn:
    """Say what went wrong and end; the parent hears that nothing was said."""
    kind, error, _ = sys.exc_info()
    if kind is not None:
        os.write(2, f"hustings: {error if issubclass(kind, OSError) else repr(error)}\n".encode())
    os._exit(1)


def _mount_memory() -> None:
    """A new, empty tmpfs that is never swapped where the kernel knows how (Linux 6.4)."""
    flags = _NOSUID | _NODEV | _NOEXEC
    try:
        _call("mount", b"hustings", bytes(_OVER), b"tmpfs", flags, b"mode=0711,noswap")
    except OSError:
        _call("mount", b"hustings", bytes(_OVER), b"tmpfs", flags, b"mode=0711")


def _worker(work: Work, place: Path, given: int) -> NoReturn:
    os.setsid()
    _say(work, place, given)


def _say(work: Work, place: Path, given: int) -> NoReturn:
    """Do the work and write down what it says: ours is the last word, errors included."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o077)
    said = memoryview(work(place))
    while said:
        said = said[os.write(given, said):]
    os._exit(0)


def _wait_and_remove(watched: int, place: Path) -> NoReturn:
    """The sweeper's whole life: wait until whoever made it ends, then end what works in the place and remove it."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        while os.read(watched, 1):
            pass
        for _ in range(100):
            for pid in _using(place):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            _remove(place)
            if not place.exists():
                break
    finally:
        os._exit(0)


def _using(place: Path) -> list[int]:
    """The processes, but for us, that work in a place: its path is in their arguments, environment or directory."""
    mark, found = str(place).encode(), []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if mark in said or os.fsencode((entry / "cwd").readlink()).startswith(mark):
                found.append(int(entry.name))
    return found


def _remove(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def _call(name: str, *arguments: object) -> None:
    """A function of the C library that answers -1 for an error. Raises ``OSError``."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
