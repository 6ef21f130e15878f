"""The machine we run on, read with the least trust in it.

Files: links are followed to the usual places alone, and what was opened must be what was resolved.
Programs: by name, from system directories, and only if root alone can change them; no shell, an
emptied environment, a process group of their own that is killed whole when time is up.
"""

from __future__ import annotations

import os
import posixpath
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from collectors.host.answers import checked
from collectors.host.files import FileTree, reasons, stat_of
from collectors.host.protocol import (
    OUTPUT_LIMIT,
    Denied,
    LookError,
    NotThere,
    Output,
    Platform,
    Socket,
    Stat,
    TimedOut,
    Truncated,
    Unreadable,
    Unsupported,
)
from hustings.facts import Reason

PROGRAM_DIRECTORIES = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
_MEMORY = "/dev/shm"  # noqa: S108 - a directory of its own is made in it
MORE_DIRECTORIES = ("/usr/lib/apt",)
"""Where programs are that are not meant to be called by people."""
_PLACES = (
    "/etc", "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/run", "/var", "/proc", "/sys", "/boot", "/bin",
    "/sbin", "/opt", "/home", "/root", "/srv", "/private", "/Library", "/System",
)
_PLATFORMS = {"linux": Platform.LINUX, "darwin": Platform.MACOS, "win32": Platform.WINDOWS}


class LiveHost(FileTree):
    """``Host`` for this machine."""

    kind = "live"
    place = ""

    def __init__(self) -> None:
        self.platform = _PLATFORMS.get(sys.platform, Platform.LINUX)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def resolve(self, path: str) -> str:
        with reasons(path):
            return os.path.realpath(path, strict=True)

    def permit(self, path: str, real: str) -> None:
        if real != path and _top(real) not in (_top(path), *_PLACES) and real != "/":
            raise Unreadable(f"{path} leads to {real}, outside the usual places")

    def stat(self, path: str) -> Stat:
        with reasons(path):
            return stat_of(os.lstat(path), path)

    def run(self, program: str, *args: str, timeout: float = 10.0, limit: int = OUTPUT_LIMIT,
            ok: tuple[int, ...] = (0,), stdin: bytes = b"", env: dict[str, str] | None = None,
            home: bool = False) -> Output:
        path = find_program(program)
        place: AbstractContextManager[dict[str, str]] = _home() if home else nullcontext({})
        with place as at_home:
            return checked(program, _run(path, args, timeout, limit, stdin, {**at_home, **(env or {})}), ok)

    def sockets(self) -> Sequence[Socket]:
        return _sockets()

    def registry(self, key: str) -> dict[str, Any]:
        raise Unsupported(f"{key}: the registry is read from recordings only")


def find_program(name: str) -> str:
    """The absolute path of a program that root alone can change. Raises ``NotThere``, or an ``error``
    if the only one there could have been put there by someone else."""
    if not name or "/" in name:
        raise ValueError(f"{name!r} is not the name of a program")
    for directory in (*PROGRAM_DIRECTORIES, *MORE_DIRECTORIES):
        path = f"{directory}/{name}"
        try:
            real = os.path.realpath(path, strict=True)
            seen = (os.stat(real), os.stat(posixpath.dirname(real)))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Denied(f"{path}: {error.strerror}") from error
        if any(one.st_uid != 0 or one.st_mode & 0o022 for one in seen):
            raise LookError(Reason.ERROR, f"{real} can be changed by others than root, so it is not run")
        return path
    raise NotThere(name)


@contextmanager
def _home() -> Iterator[dict[str, str]]:
    """A home directory in memory where there is such a place, of mode 0700, removed with all that is in it."""
    import tempfile

    try:
        with tempfile.TemporaryDirectory(prefix="hustings-home-", dir=_MEMORY if os.path.isdir(_MEMORY) else None,
                                         ignore_cleanup_errors=True) as place:
            yield {"HOME": place, "TMPDIR": place}
    except OSError as error:
        raise LookError(Reason.ERROR, f"no home directory could be made: {error.strerror}") from error


def _top(path: str) -> str:
    return "/" + path.split("/", 2)[1]


def _run(path: str, args: Sequence[str], timeout: float, limit: int, stdin: bytes, env: dict[str, str]) -> Output:
    deadline = time.monotonic() + timeout
    name = posixpath.basename(path)
    try:
        with _memory_unbounded():
            process = subprocess.Popen(
                [path, *args], cwd="/", process_group=0,
                env={"LC_ALL": "C", "PATH": ":".join(PROGRAM_DIRECTORIES), **env},
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
    except OSError as error:
        raise LookError(Reason.ERROR, f"{path} could not be started: {error.strerror}") from error
    try:
        said = _converse(process, name, deadline, limit, stdin)
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"{name} did not end within {timeout:g} s") from error
    finally:
        if process.returncode is None:  # not reaped, so its group cannot be anyone else's
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    return Output(code, said[0].decode("utf-8", "replace"), said[1].decode("utf-8", "replace"))


@contextmanager
def _memory_unbounded() -> Iterator[None]:
    """Lift our own bound while a program is started: some reserve far more address space than they use."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _converse(process: subprocess.Popen[bytes], name: str, deadline: float, limit: int,
              stdin: bytes) -> tuple[bytearray, bytearray]:
    """Feed ``stdin`` and read both streams to their end. Raises ``Truncated`` past ``limit`` bytes of
    either, and ``subprocess.TimeoutExpired``."""
    said = (bytearray(), bytearray())
    with selectors.DefaultSelector() as selector:
        for stream, into in ((process.stdout, said[0]), (process.stderr, said[1])):
            assert stream is not None
            selector.register(stream.fileno(), selectors.EVENT_READ, into)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin.fileno(), selectors.EVENT_WRITE)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise subprocess.TimeoutExpired(name, 0)
            for key, _ in ready:
                if key.data is None:
                    stdin = _feed(process, stdin)
                    if not stdin:
                        selector.unregister(key.fd)
                    continue
                part = os.read(key.fd, 1 << 16)
                if not part:
                    selector.unregister(key.fd)
                key.data.extend(part)
                if len(key.data) > limit:
                    raise Truncated(f"{name} said more than {limit} bytes")
    return said


def _feed(process: subprocess.Popen[bytes], stdin: bytes) -> bytes:
    """Write some of ``stdin``; what is left. A program that stops listening has heard enough."""
    assert process.stdin is not None
    try:
        left = stdin[os.write(process.stdin.fileno(), stdin[: 1 << 16]):]
    except BrokenPipeError:
        left = b""
    if not left:
        process.stdin.close()
    return left


def _sockets() -> list[Socket]:
    import psutil

    try:
        connections = psutil.net_connections("inet")
    except psutil.AccessDenied as error:
        raise Denied("the table of sockets") from error
    except OSError as error:
        raise LookError(Reason.ERROR, f"the table of sockets: {error.strerror}") from error
    names: dict[int, str] = {}
    found = []
    for one in connections:
        protocol = "tcp" if one.type == 1 else "udp"
        if not one.laddr or one.raddr or (protocol == "tcp" and one.status != psutil.CONN_LISTEN):
            continue
        if one.pid is not None and one.pid not in names:
            names[one.pid] = _name(one.pid)
        name = names[one.pid] if one.pid is not None else ""
        found.append(Socket(protocol, one.laddr.ip, one.laddr.port, one.pid, name))
    return sorted(found, key=lambda socket: (socket.protocol, socket.port, socket.address, socket.pid or 0))


def _name(pid: int) -> str:
    import psutil

    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""
