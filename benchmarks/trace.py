"""Noting what an audit touches, for the floor to touch again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from collectors import isolate
from collectors.discovery import discover
from collectors.host.live import LiveHost, find_program
from collectors.host.protocol import Output, Socket, Stat
from hustings.declared import Declared


class Noting(LiveHost):
    """This machine, with every successful look noted. Collectors run in processes of their own, so
    each note is one append to a shared file."""

    def __init__(self, notes: int) -> None:
        super().__init__()
        self._notes = notes

    def _note(self, kind: str, what: Any) -> None:
        os.write(self._notes, json.dumps([kind, what]).encode() + b"\n")

    def read_bytes(self, path: str, *, limit: int = 8 << 20) -> bytes:
        data = super().read_bytes(path, limit=limit)
        self._note("read", path)
        return data

    def read(self, path: str, *, limit: int = 8 << 20) -> str:
        return self.read_bytes(path, limit=limit).decode("utf-8", "replace")

    def list(self, path: str) -> list[str]:
        names = super().list(path)
        self._note("list", path)
        return names

    def stat(self, path: str) -> Stat:
        seen = super().stat(path)
        self._note("stat", path)
        return seen

    def walk(self, path: str, *, limit: int = 200_000) -> Iterator[tuple[str, Stat]]:
        self._note("walk", path)
        yield from super().walk(path, limit=limit)

    def run(self, program: str, *args: str, **options: Any) -> Output:
        self._note("run", [find_program(program), *args])
        return super().run(program, *args, **options)

    def sockets(self) -> Sequence[Socket]:
        self._note("read", "/proc/net/tcp")
        return super().sockets()


def trace(target: Path, declared: Declared | None = None) -> int:
    """Write what one audit of this machine touches to ``target``; answer how many steps there are."""
    notes = target.with_suffix(".notes")
    handle = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        host = Noting(handle)
        isolate.look(host, discover(host.platform), declared or Declared())
    finally:
        os.close(handle)
    steps = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    once = list({json.dumps(step): step for step in steps}.values())
    target.write_text(json.dumps(once), encoding="utf-8")
    notes.unlink()
    return len(once)
