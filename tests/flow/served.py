"""A real server process on a free port: started, killed, and started again on the same data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HUSTINGS = [sys.executable, "-m", "hustings"]


@dataclass
class Served:
    """A data directory, and perhaps a process that serves it."""

    data: Path
    database: str = ""
    process: subprocess.Popen[str] | None = None
    url: str = ""
    log: list[dict[str, Any]] = field(default_factory=list)

    def run(self, *args: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """``hustings server …`` on this data."""
        done = subprocess.run([*HUSTINGS, "server", *args, "--data", str(self.data)], capture_output=True, text=True,
                              check=False, env=self._environment(), timeout=60, stdin=subprocess.DEVNULL)
        assert not ok or done.returncode == 0, done.stderr
        return done

    def start(self, *args: str, file_limit: int = 0) -> None:
        """Serve, and wait until it listens. ``file_limit``: bytes that no file of the server's may exceed."""
        limited = ["prlimit", f"--fsize={file_limit}", "--"] if file_limit else []
        self.process = subprocess.Popen(
            [*limited, *HUSTINGS, "server", "serve", "--data", str(self.data), "--host", "127.0.0.1", "--port", "0",
             *args],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=self._environment())
        assert self.process.stderr is not None
        for line in self.process.stderr:
            said = json.loads(line)
            self.log.append(said)
            if said["event"] == "listening":
                self.url = said["url"]
                return
        raise AssertionError(f"the server did not start: {self.log}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and read the rest of its log."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(how)
        _, rest = process.communicate(timeout=30)
        self.log += [json.loads(line) for line in rest.splitlines() if line.startswith("{")]
        return process.returncode

    def token(self) -> str:
        return str(json.loads(self.run("token", "--format", "json").stdout)["token"])

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "HUSTINGS_DATABASE_URL"}
        return kept | ({"HUSTINGS_DATABASE_URL": self.database} if self.database else {})


@contextmanager
def served(data: Path, *, database: str = "", tls: bool = False) -> Iterator[Served]:
    """A server that has been set up; not yet started."""
    server = Served(data, database)
    server.run("init", "--no-password", *(["--address", "localhost"] if tls else ["--no-tls"]))
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)
