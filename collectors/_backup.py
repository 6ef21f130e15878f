"""What the readers of backup tools have in common: what each finds in a repository, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from collectors.host.protocol import Denied, FileKind, Host, LookError, NotThere
from hustings.declared import Repository
from hustings.facts import Missing, Reason

LIMIT = 32 << 20
"""Bytes a backup tool may say."""
SAMPLE = 32
"""Files of a repository whose beginnings are looked at."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One snapshot, archive, backup set or file."""

    time: datetime
    """When it was made; aware, UTC, whole seconds."""
    host: str = ""
    """The machine it is of, as the tool recorded it; "" where the tool records none."""
    paths: tuple[str, ...] | None = None
    """What it holds, as absolute paths; None where the tool does not record it."""
    without: tuple[str, ...] = ()
    """What was excluded below those paths."""
    name: str = ""
    """What the tool calls it."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a tool says of a repository."""

    backups: tuple[Backup, ...]
    encrypted: bool | Missing
    """By the tool's own word."""
    flawed: bool | None = None
    """Whether the newest has errors by the tool's own word; None where it says nothing of the kind."""


class Reader(Protocol):
    """How one tool's repositories are read. Everything may raise ``LookError``."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Files it looks at that are not declared by the office."""
        ...

    @property
    def runs(self) -> tuple[str, ...]: ...

    def contents(self, host: Host, repository: Repository, patience: float) -> Contents:
        """What the tool says, within ``patience`` seconds."""
        ...

    def location(self, host: Host, repository: Repository) -> str:
        """Where it is kept, as restic and borg would write it: a path, or an address with a host."""
        ...

    def readable(self, host: Host, repository: Repository, directory: str) -> tuple[int, int]:
        """(files that can be read without a key, files looked at) of a repository that is in ``directory``."""
        ...

    def append_only(self, host: Host, repository: Repository, directory: str | None) -> bool:
        """Whether whoever uses the repository can add to it but not change it; None for another machine's."""
        ...


def answer(look: Callable[[], Any]) -> Any:
    """What ``look`` answers, or the reason it could not."""
    try:
        return look()
    except LookError as error:
        return error.missing


def ask(host: Host, program: str, *args: str, env: dict[str, str], patience: float,
        ok: tuple[int, ...] = (0,), home: bool = False) -> str:
    """What a backup tool says. Raises ``LookError``: denied for a wrong passphrase, unsupported if it is not here."""
    try:
        output = host.run(program, *args, ok=tuple(range(256)), env=env, timeout=patience, limit=LIMIT, home=home)
    except NotThere as error:
        raise LookError(Reason.UNSUPPORTED, f"{program} is not installed here") from error
    if output.code not in ok:
        raise refusal(program, output.stderr)
    return output.stdout


_REFUSED = ("permission denied", "wrong password", "is incorrect", "cipher-pass")


def refusal(program: str, stderr: str) -> LookError:
    """The reason behind what a tool wrote to stderr."""
    lines = [one.strip() for one in stderr.splitlines() if one.strip()]
    line = next((one for one in lines if any(word in one.lower() for word in _REFUSED)), "")
    if line:
        return Denied(f"{program}: {line[:200]}")
    said = next((one for one in lines if one.lower().startswith(("fatal", "error", "err"))), lines[0] if lines else "")
    return LookError(Reason.ERROR, f"{program}: {said[:200] or 'it failed and said nothing'}")


def files_below(host: Host, directory: str, *, count: int = SAMPLE) -> Iterator[str]:
    """Some of the regular files below a directory; a directory that is not there has none."""
    try:
        yield from islice((path for path, stat in host.walk(directory) if stat.kind is FileKind.FILE), count)
    except NotThere:
        return


def covers(backup: Backup, path: str) -> bool:
    """Whether one of the backup's paths is ``path`` or lies above it, and nothing excluded lies on the way."""
    if any(_holds(one, path) for one in backup.without):
        return False
    return any(_holds(one, path) for one in backup.paths or ())


def _holds(above: str, path: str) -> bool:
    return path == above or path.startswith(above.rstrip("/") + "/")
