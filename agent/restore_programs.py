"""Running backup tools and PostgreSQL within the scratch place: no shell, no secrets in arguments.

Every program's home, temporary files and working directory are in the place. A passphrase goes by the name of its
file, or where a tool will not have that, in that one process' environment.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO

from collectors.host.live import PROGRAM_DIRECTORIES, find_program
from collectors.host.protocol import LookError
from hustings.errors import CannotFinish, HustingsError

PATIENCE = 12 * 3600.0
"""Seconds a program may take: a restore that hangs ends too."""


class NotRestored(HustingsError):
    """The backup did not come back: that is the proof's answer, not a reason to have none."""


@dataclass(frozen=True)
class Account:
    """Who a program runs as, for a place that root made."""

    uid: int
    gid: int
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Programs:
    """Runs programs in ``place``, as ``account`` where we are root and it is given."""

    place: Path
    account: Account | None = None

    def as_account(self, account: Account | None) -> Programs:
        return replace(self, account=account)

    def directory(self, name: str) -> Path:
        """A directory of mode 0700 in the place, of whoever programs run as."""
        path = self.place / name
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True)
            if self.account:
                os.chown(path, self.account.uid, self.account.gid)
        return path

    def run(self, program: str, *args: str, env: dict[str, str] | None = None, cwd: Path | None = None,
            path: Path | None = None, stdin: IO[bytes] | int = subprocess.DEVNULL,
            stdout: IO[bytes] | int = subprocess.DEVNULL) -> None:
        """Run to the end; what it writes to stderr is for the person at the terminal.

        Raises ``NotRestored`` where it says no, ``CannotFinish`` where it is not installed.
        """
        with self.started(program, *args, env=env, cwd=cwd, path=path, stdin=stdin, stdout=stdout) as process:
            pass
        self.check(program, process)

    @staticmethod
    def check(program: str, process: subprocess.Popen[bytes]) -> None:
        """Raise ``NotRestored`` if a program that is over did not succeed."""
        if process.returncode:
            raise NotRestored(f"{program} ended with {process.returncode}", where=program,
                              remedy="what it wrote is above; try the same by hand")

    @contextmanager
    def started(self, program: str, *args: str, env: dict[str, str] | None = None, cwd: Path | None = None,
                path: Path | None = None, stdin: IO[bytes] | int = subprocess.DEVNULL,
                stdout: IO[bytes] | int = subprocess.PIPE, stderr: IO[bytes] | int | None = None,
                ) -> Iterator[subprocess.Popen[bytes]]:
        """A running program, ended when the block is."""
        home = self.directory("home" if self.account is None else f"home-{self.account.uid}")
        account = self.account
        process = subprocess.Popen(
            [str(path or find(program)), *args], stdin=stdin, stdout=stdout, stderr=stderr,
            cwd=cwd or home, env={"LC_ALL": "C", "TZ": "UTC", "PATH": ":".join(PROGRAM_DIRECTORIES), "HOME": str(home),
                                  "TMPDIR": str(home), **(env or {})},
            user=account.uid if account else None, group=account.gid if account else None,
            extra_groups=account.groups if account else None, umask=0o077)
        try:
            yield process
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise NotRestored(f"{program} did not end within {PATIENCE / 3600:g} hours", where=program) from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@cache
def find(program: str) -> str:
    """A program's path. Raises ``CannotFinish`` if it is not installed.

    Kept from the first look: in a user namespace it can no longer be seen that a program is root's.
    """
    try:
        return find_program(program)
    except LookError as error:
        raise CannotFinish(f"{program} cannot be used here: {error}", where=program,
                           remedy="install it from the system's packages") from error


def account_of(names: Sequence[str], path: Path | None) -> Account | None:
    """Who to run as where we are root: the owner of ``path``, else the first account that exists. None if not root."""
    if os.geteuid() != 0:
        return None
    if path is not None and path.exists() and path.stat().st_uid != 0:
        return _account(path.stat().st_uid)
    for name in names:
        try:
            return _account(pwd.getpwnam(name).pw_uid)
        except KeyError:
            continue
    raise CannotFinish(f"there is no account to run PostgreSQL under, which refuses to run as root: {', '.join(names)}",
                       remedy="install PostgreSQL from the system's packages")


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise CannotFinish(f"the owner of the repository, uid {uid}, is no account",
                           remedy="give the repository to an account") from error
    return Account(uid, entry.pw_gid, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)))
