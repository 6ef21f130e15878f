"""``hustings up``: the whole product on this machine, as separate processes that end together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hustings.errors import CannotFinish, UsageError

PORT = 8430
START_LIMIT = 30.0
"""Seconds the server may take to answer."""


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Where server and agent keep their state.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option("--once", is_flag=True, help="Stop the server after the audit instead of waiting for Ctrl-C.")
@click.option("--config", type=click.Path(path_type=Path), help="machine.yaml of this machine.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
def up(data: Path | None, port: int, once: bool, config: Path | None, language: str) -> None:
    """The whole product on this machine: server, audit, scorecard.

    A server on SQLite at 127.0.0.1 and this machine enrolled with it; one audit; then the scorecard
    here and in the browser. History is kept in the data directory.
    """
    from agent import config as configs

    configs.load(config)
    home = (data or _default_home()).resolve()
    _make_private(home)
    with _stopping():
        _run_everything(home, port, once, config, language)


def _run_everything(home: Path, port: int, once: bool, config: Path | None, language: str) -> None:
    server, agent = home / "server", home / "agent"
    _refuse_taken(port)
    if not (server / "server.json").exists():
        _note("preparing the server …")
        _hustings("server", "init", "--data", str(server), "--no-tls", "--no-password", "--port", str(port))
    with _serving(server, port) as alive:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url + "/healthz", alive)
        if not (agent / "agent.json").exists():
            _note("enrolling this machine …")
            token = json.loads(_hustings("server", "token", "--data", str(server), "--format", "json"))["token"]
            _hustings("agent", "enroll", url, "--token", token, "--state", str(agent),
                      *(("--config", str(config)) if config else ()))
        _note("auditing this machine …")
        _hustings("agent", "once", "--state", str(agent), "--server", url,
                  *(("--config", str(config)) if config else ()))
        click.echo("")
        click.echo(_hustings("server", "scorecard", "--data", str(server), "--language", language).rstrip())
        click.echo("")
        link = json.loads(_hustings("server", "login-link", "--data", str(server), "--port", str(port),
                                    "--format", "json"))["url"]
        click.echo(f"Open this (it works once, on this machine, for ten minutes):\n  {link}")
        if once:
            return
        click.echo("Press Ctrl-C to stop. What was measured is kept in " + str(home))
        while alive():
            time.sleep(1)
        raise CannotFinish("the server stopped by itself", where=str(server / "server.log"),
                           remedy="read the last lines of that file, then run the command again")


def _hustings(*arguments: str) -> str:
    """Run one command of our own and answer what it printed. Raises ``CannotFinish`` with what it said."""
    done = subprocess.run([sys.executable, "-m", "hustings", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise CannotFinish(said.removeprefix("hustings: "), where="hustings " + " ".join(arguments[:2]))
    return done.stdout


@contextmanager
def _serving(server: Path, port: int) -> Iterator[Callable[[], bool]]:
    """The server as a process in a group of its own; gone when the block ends, however it ends."""
    with (server / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hustings", "server", "serve", "--data", str(server), "--host", "127.0.0.1",
             "--port", str(port), "--no-tls"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=_environment())
    try:
        yield lambda: process.poll() is None
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """The environment without a database chosen for another server: ``up`` keeps to its own files."""
    return {name: value for name, value in os.environ.items() if name != "HUSTINGS_DATABASE_URL"}


@contextmanager
def _stopping() -> Iterator[None]:
    """Ctrl-C and SIGTERM both end the block in order, without a traceback."""
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nstopped; nothing is left running")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for(url: str, alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_LIMIT
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            if not alive():
                break
            time.sleep(0.05)
    raise CannotFinish("the server did not start", where=url, remedy="read server.log in the data directory")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise UsageError(f"port {port} needs root", where="--port", remedy="use one above 1023") from error
        except OSError as error:
            raise UsageError(f"port {port} on 127.0.0.1 is in use", where="--port",
                             remedy=f"stop what uses it, or give another: --port {port + 1}") from error


def _default_home() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/hustings-up")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hustings-up"


def _make_private(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise UsageError(f"the data directory cannot be made: {error.strerror}", where=str(home),
                         remedy="name another with --data") from error


def _note(text: str) -> None:
    click.echo(text, err=True)
