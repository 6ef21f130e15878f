"""What installing does to a machine, as data: printed by ``--dry-run``, carried out by ``Hands``."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from hustings.errors import CannotFinish


@dataclass(frozen=True)
class Write:
    """A file with this text, root's."""

    path: Path
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    path: Path
    target: Path


@dataclass(frozen=True)
class Give:
    """A directory (made if it is not there, 0700) and all in it become the account's."""

    path: Path
    account: str


@dataclass(frozen=True)
class Remove:
    """A file, link or whole directory goes, if it is there."""

    path: Path


@dataclass(frozen=True)
class Command:
    """A program of the system. ``may_fail``: its failure changes nothing that matters."""

    argv: tuple[str, ...]
    may_fail: bool = False


Step: TypeAlias = Write | Link | Give | Remove | Command


def describe(steps: Sequence[Step]) -> str:
    """The steps as a person reads them before agreeing."""
    return "\n".join(_line(step) for step in steps)


def _line(step: Step) -> str:
    if isinstance(step, Write):
        body = "".join(f"    {line}\n" for line in step.text.splitlines())
        return f"write {step.path} (mode {step.mode:04o}):\n{body}"
    if isinstance(step, Link):
        return f"link {step.path} -> {step.target}"
    if isinstance(step, Give):
        return f"make {step.path} (mode 0700) and give it, with all in it, to {step.account}"
    if isinstance(step, Remove):
        return f"remove {step.path}"
    return "run " + " ".join(step.argv)


class Hands:
    """Carries steps out, below ``root`` (``/`` for this machine)."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def at(self, path: Path) -> Path:
        """Where an absolute path of the machine is for us."""
        return self.root / path.relative_to("/")

    def account(self, name: str) -> tuple[int, int, str] | None:
        """An account's uid, gid and home, from the machine's own passwd file; None if there is none."""
        try:
            lines = self.at(Path("/etc/passwd")).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise _failed("read", self.at(Path("/etc/passwd")), error) from error
        for line in lines:
            fields = line.split(":")
            if len(fields) == 7 and fields[0] == name:
                return int(fields[2]), int(fields[3]), fields[5]
        return None

    def perform(self, steps: Sequence[Step]) -> None:
        """All steps in order. Raises ``CannotFinish`` at the first that fails; a second try goes on from there."""
        for step in steps:
            if isinstance(step, Command):
                self._run(step)
                continue
            try:
                self._change(step)
            except OSError as error:
                raise _failed("change", self.at(step.path), error) from error

    def _change(self, step: Write | Link | Give | Remove) -> None:
        path = self.at(step.path)
        if isinstance(step, Remove):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        elif isinstance(step, Link):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(step.target)
        elif isinstance(step, Write):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            path.chmod(step.mode)
        else:
            self._give(path, step.account)

    def _give(self, path: Path, account: str) -> None:
        known = self.account(account)
        if known is None:
            raise CannotFinish(f"the account {account} was not made", where=str(path), remedy="make it, then try again")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        uid, gid, _ = known
        for above, folders, files in os.walk(path):
            for name in [*folders, *files]:
                os.chown(os.path.join(above, name), uid, gid, follow_symlinks=False)  # noqa: PTH118
        os.chown(path, uid, gid, follow_symlinks=False)
        path.chmod(0o700)

    def _run(self, step: Command) -> None:
        try:
            done = subprocess.run(step.argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except OSError as error:
            if step.may_fail:
                return
            raise CannotFinish(f"{step.argv[0]} cannot be run: {error.strerror}", where=" ".join(step.argv),
                               remedy="install it, or do by hand what `--dry-run` prints") from error
        if done.returncode and not step.may_fail:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise CannotFinish(said[-1] if said else f"ended with {done.returncode}", where=" ".join(step.argv),
                               remedy="see what it says; `--dry-run` prints all steps")


def _failed(verb: str, path: Path, error: OSError) -> CannotFinish:
    return CannotFinish(f"cannot {verb} it: {error.strerror}", where=str(path), remedy="run this as root")
