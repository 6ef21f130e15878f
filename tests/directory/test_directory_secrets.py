"""Secrets of directories appear nowhere: not in what commands say, nor in state, server, process list or core files.

One run of everything with secrets that exist nowhere else, on real servers, with and without refusals; then all that
it left is searched for them.
"""

from __future__ import annotations

import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collectors._entra_permissions import PERMISSIONS
from tests import google_server, graph_server
from tests.directory.canaries import Canaries, Watch, children, until
from tests.directory.signing_in import application_pem, registered
from tests.flow.served import HUSTINGS, Served
from tests.graph_server import CLIENT, TENANT, Fault, GraphServer
from tests.graph_tenant import office


@dataclass
class Run:
    """Everything there is to search, and the servers that were asked."""

    place: Path
    graph: GraphServer
    canaries: Canaries
    said: list[tuple[str, bytes]] = field(default_factory=list)
    bound: list[bytes] = field(default_factory=list)
    google: list[str] = field(default_factory=list)
    watch: Watch | None = None

    @property
    def config(self) -> str:
        return str(self.place / "machine.yaml")

    def hustings(self, *words: str, ok: tuple[int, ...] = (0, 1), debug: bool = True) -> str:
        """A command as a person would run it; what it says is kept."""
        done = subprocess.run([*HUSTINGS, *words], capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
                              env=os.environ | ({"HUSTINGS_DEBUG": "1"} if debug else {}), check=False)
        self.said.append((" ".join(words), done.stdout + done.stderr))
        assert done.returncode in ok, (words, done.stderr.decode()[-2000:])
        return done.stdout.decode()

    def note_tokens(self) -> None:
        """Whatever was given out until now is a secret."""
        self.canaries.add("token", *self.graph.entra.issued)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A machine with five tenants (one declared apart), enrolled with a server, having done everything once."""
    place = tmp_path_factory.mktemp("secrets")
    canaries = Canaries()
    with ExitStack() as stack:
        graph = stack.enter_context(graph_server.serve(permissions=[one.name for one in PERMISSIONS]))
        office().install(graph)
        registered(graph)
        graph.entra.interval, graph.entra.approves_after = 1, 0
        graph.app.delegated = {"Directory.Read.All", "Policy.Read.All"}
        made = Run(place, graph, canaries)
        google = stack.enter_context(google_server.serve(google_server.Workspace(
            users=[google_server.user(google_server.ADMINISTRATOR, isAdmin=True)])))
        ldap = stack.enter_context(_ldap(made.bound))
        _declare(made, google, ldap)
        made.watch = Watch()
        try:
            _everything(made, stack)
            made.google = list(google.tokens)
        finally:
            made.watch.stop()
        made.note_tokens()
        canaries.add("google token", *made.google)
        yield made


def _declare(run: Run, google: google_server.GoogleServer, ldap: int) -> None:
    place = run.place
    secret, password = f"se~{secrets.token_urlsafe(30)}", f"pw~{secrets.token_urlsafe(30)}"
    run.graph.app.secrets = {secret}
    files = {"app.pem": application_pem(), "secret": secret + "\n", "password": password + "\n"}
    for name, text in files.items():
        (place / name).write_text(text)
        (place / name).chmod(0o600)
    google_key = google.key_file(place)
    run.canaries.add_pem("private key", application_pem()[:application_pem().index("END")])
    run.canaries.add_pem("google key", google_key.read_text())
    run.canaries.add("client secret", secret)
    run.canaries.add("bind password", password)
    entra = f"    kind: entra\n    id: {TENANT}\n    client_id: {CLIENT}\n    url: {run.graph.url}\n"
    (place / "machine.yaml").write_text(
        "roles: [directory]\ntenants:\n"
        f"  - name: certified\n{entra}    certificate_file: {place}/app.pem\n"
        f"  - name: personal\n{entra}    token_cache: {place}/kept/cache\n"
        f"  - name: workspace\n    kind: google\n    key_file: {google_key}\n    url: {google.url}\n"
        f"    administrator: {google_server.ADMINISTRATOR}\n"
        f"  - name: tree\n    kind: ldap\n    url: ldap://127.0.0.1:{ldap}\n    bind: cn=hustings,dc=office\n"
        f"    password_file: {place}/password\n")
    (place / "one.yaml").write_text(f"tenants:\n  - name: secretive\n{entra}    secret_file: {place}/secret\n")
    (place / "kept").mkdir(mode=0o700)


def _everything(run: Run, stack: ExitStack) -> None:
    config, graph = run.config, run.graph
    server = Served(run.place / "server")
    server.run("init", "--no-password", "--no-tls")
    server.start()
    stack.callback(lambda: run.said.append(("server", repr(server.log).encode())))
    stack.callback(server.stop)
    token, state = server.token(), str(run.place / "agent")
    run.hustings("directory", "sign-in", "personal", "--config", config)
    run.note_tokens()
    run.hustings("check", "--config", config, "--format", "json", "--all", "--no-sweep")
    run.hustings("facts", "--config", config)
    run.hustings("agent", "enroll", server.url, "--token", token, "--state", state)
    run.hustings("agent", "once", "--state", state, "--config", config)
    run.hustings("directory", "read", "certified", "--config", config, "--output", str(run.place / "read.json"))
    run.hustings("directory", "setup", "entra", "--check", "secretive", "--config", str(run.place / "one.yaml"))
    # refused and broken in every way that quotes what was sent
    leaky = f"<html>{sorted(graph.app.secrets)[0]}".encode()
    quoting = {"error": {"code": "InvalidAuthenticationToken", "message": graph.entra.issued[-1]}}
    for faults in ([Fault(f"/{TENANT}/oauth2", 200, body=b'{"access_token": "cut', times=2),
                    Fault(f"/{TENANT}/oauth2", 500, body=leaky, times=2)],
                   [Fault("/users", 401, body=quoting, times=99)]):
        graph.faults[:] = faults
        run.hustings("directory", "read", "secretive", "--config", str(run.place / "one.yaml"), "--output",
                     str(run.place / f"broken-{len(faults)}.json"), ok=(0, 1, 3, 4))
    graph.faults.clear()
    run.note_tokens()
    graph.app.secrets, graph.app.certificates, kept = {"other"}, [], graph.app.certificates
    graph.entra.revoke_refresh()
    graph.app.public = False
    run.hustings("facts", "--config", config, debug=False)
    run.hustings("directory", "sign-in", "personal", "--config", config, ok=(3,))
    graph.app.public, graph.app.certificates = True, kept


@contextmanager
def _ldap(bound: list[bytes]) -> Iterator[int]:
    """A server that accepts every bind and then ends the connection: the password reaches it, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        asked = connection.recv(4096)
                        bound.append(asked)
                        number = asked[4:5] if asked[:1] == b"\x30" else b"\x01"
                        connection.sendall(b"\x30\x0c\x02\x01" + number + b"\x61\x07\x0a\x01\x00\x04\x00\x04\x00")
                        connection.recv(4096)
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def test_the_run_used_every_secret_and_reached_the_server(run):
    assert run.canaries.names == {"client secret", "private key", "google key", "bind password", "token",
                                  "google token"}
    assert run.canaries.within(b"".join(run.bound)) == {"bind password"}
    assert run.google
    assert len([one for one in run.graph.log if one.path == "/v1.0/users"]) >= 6
    assert len([one for one in run.graph.entra.issued if one.startswith("0.A")]) >= 2
    said = dict(run.said)
    facts = said[f"facts --config {run.config}"]
    assert b"directory.entra_state@certified" in facts
    assert b"AADSTS" in b"".join(text for _, text in run.said)


def test_a_planted_secret_would_be_found(run, tmp_path):
    import zstandard

    password = (run.place / "password").read_text().strip()
    for text in (f"x{password}y", password.encode("utf-16-le").decode("latin-1")):
        assert run.canaries.within(text.encode("latin-1")) == {"bind password"}
    (tmp_path / "packed").write_bytes(b"head" + zstandard.compress(b"..." + password.encode() * 3))
    assert run.canaries.within_files(tmp_path) == {str(tmp_path / "packed"): {"bind password"}}
    assert run.canaries.within((run.place / "app.pem").read_bytes()) == {"private key"}
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", password]) as shown:
        watch = Watch()
        until(lambda: watch.found(run.canaries))
        watch.stop()
        shown.kill()


def test_no_command_says_a_secret_whatever_goes_wrong(run):
    assert {command: found for command, text in run.said if (found := run.canaries.within(text))} == {}


def test_neither_the_agents_state_nor_the_server_nor_the_read_tenant_holds_one(run):
    declared = {str(run.place / name) for name in ("app.pem", "secret", "password", "google-key.json")}
    assert set(run.canaries.within_files(run.place)) == declared


def test_no_process_shows_one_in_its_arguments_or_environment(run):
    assert run.watch is not None
    assert len(run.watch.seen) > 20
    assert run.watch.found(run.canaries) == set()


def _unlimited() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _cores(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]


@pytest.fixture
def crashing(tmp_path: Path) -> Path:
    """A directory in which a process that crashes leaves its core; skips where the system keeps none there."""
    place = tmp_path / "crashing"
    place.mkdir()
    try:
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=place,
                              preexec_fn=_unlimited) as control:
            time.sleep(0.3)
            control.send_signal(signal.SIGSEGV)
    except subprocess.SubprocessError:
        pytest.skip("core files cannot be allowed here")
    if not _cores(place):
        pytest.skip("this system leaves no core files where a process runs")
    for core in _cores(place):
        core.unlink()
    return place


def test_a_collector_that_crashes_with_a_token_in_hand_leaves_no_core(run, crashing):
    run.graph.app.secrets = {(run.place / "secret").read_text().strip()}
    before = len(run.graph.log)
    run.graph.faults[:] = [Fault("/users", 429, {"Retry-After": "40"}, times=99)]
    try:
        with subprocess.Popen([*HUSTINGS, "facts", "--config", str(run.place / "one.yaml")], cwd=crashing,
                              preexec_fn=_unlimited, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as checking:
            until(lambda: any(one.path == "/v1.0/users" for one in run.graph.log[before:]))
            until(lambda: children(checking.pid))
            for pid in children(checking.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSEGV)
            said, _ = checking.communicate(timeout=120)
    finally:
        run.graph.faults.clear()
    run.note_tokens()
    assert b"SIGSEGV" in said
    assert run.canaries.within(said) == set()
    assert _cores(crashing) == []


def test_a_sign_in_that_crashes_while_it_waits_leaves_no_core(run, crashing):
    run.graph.entra.approves_after, run.graph.app.public = None, True
    before = len(run.graph.entra.devices)
    with subprocess.Popen([*HUSTINGS, "directory", "sign-in", "personal", "--config", run.config], cwd=crashing,
                          preexec_fn=_unlimited, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as waiting:
        until(lambda: len(run.graph.entra.devices) > before)
        waiting.send_signal(signal.SIGSEGV)
        said, _ = waiting.communicate(timeout=60)
    run.note_tokens()
    assert waiting.returncode == -signal.SIGSEGV
    assert run.canaries.within(said) == set()
    assert _cores(crashing) == []
