"""Real backup repositories, made with the real tools: good, in the clear, stale, damaged, and with a wrong key."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent import private_postgres
from agent.identity import SCHEMA, Identity, State
from hustings.declared import DataPath, Declared, Repository, RestoreSet

PROGRAMS = ("restic", "borg", "duplicity", "rclone", "pgbackrest", "age", "gpg", "pg_dump", "sshd", "ssh")
SECRET = "correct horse battery staple"
VOTERS = 500
_OLD = "2024-01-02 03:04:05"
ROOT = Path(__file__).resolve().parents[2]
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Made:
    """Where everything is. ``secrets`` holds no repository; ``state`` is the agent's."""

    top: Path
    port: str = ""
    """The cluster's."""
    repositories: list[Repository] = field(default_factory=list)
    sets: list[RestoreSet] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.top / "registration"

    @property
    def machine(self) -> Path:
        return self.top / "machine.yaml"

    @property
    def secrets(self) -> Path:
        return self.top / "secrets"

    @property
    def state(self) -> Path:
        return self.top / "state"

    def declared(self, *names: str) -> Declared:
        """The declaration of some repositories, or of all, with the sets that go with them."""
        repositories = tuple(one for one in self.repositories if not names or one.name in names)
        known = {one.name for one in repositories}
        return Declared(roles=("registration-db",), repositories=repositories,
                        restore_sets=tuple(one for one in self.sets if one.repository in known),
                        data_paths=(DataPath(name="roll", path=str(self.data)),))

    def add(self, name: str, tool: str, **rest: object) -> Repository:
        one = Repository(name=name, tool=tool, **rest)  # type: ignore[arg-type]
        self.repositories.append(one)
        return one


def run(*words: str | Path, user: int | None = None, cwd: Path | None = None, stdin: bytes = b"", **env: str) -> bytes:
    """Run a program that must succeed."""
    done = subprocess.run([str(word) for word in words], env={"PATH": _PATH, "LC_ALL": "C", "TZ": "UTC", **env},
                          input=stdin, capture_output=True, check=False, cwd=cwd, user=user,
                          group=user, extra_groups=[] if user else None)
    assert done.returncode == 0, (words, done.stderr.decode())
    return done.stdout


@contextmanager
def made() -> Iterator[Made]:
    """All of them, in a directory that other accounts may pass through but not list."""
    for program in PROGRAMS:
        if shutil.which(program, path=_PATH) is None:
            assert os.environ.get("CI") != "true", f"{program} must be installed where CI=true"
            pytest.skip(f"{program} is not installed")
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hustings-backups-")))
        top.chmod(0o711)
        found = Made(top)
        for one in (found.data, found.secrets, top / "home"):
            one.mkdir(mode=0o711)
        (found.data / "roll.csv").write_text("".join(f"{number},voter {number}\n" for number in range(VOTERS)))
        (found.data / "scans").mkdir()
        (found.data / "scans" / "1.bin").write_bytes(os.urandom(200_000))
        for name, text in (("password", SECRET), ("wrong", "not the password")):
            (found.secrets / name).write_text(text + "\n")
            (found.secrets / name).chmod(0o600)
        with ThreadPoolExecutor() as pool:  # most of it is waiting for programs
            makers = (_postgresql, _borg, _restic, _duplicity, _rclone)
            for done in [pool.submit(make, found, stack) for make in makers]:
                done.result()
        _sets(found)
        yield found


def _restic(found: Made, stack: ExitStack) -> None:
    password = str(found.secrets / "password")
    env = {"RESTIC_PASSWORD_FILE": password, "HOME": str(found.top / "home")}

    def restic(place: str | Path, *words: str | Path) -> None:
        run("restic", "-q", "--no-cache", "-r", place, *words, **env)

    good = found.top / "restic"
    restic(good, "init")
    restic(good, "backup", found.data)
    damaged, stale = found.top / "restic-damaged", found.top / "restic-stale"
    shutil.copytree(good, damaged)
    for pack in (damaged / "data").rglob("*"):
        if pack.is_file() and pack.stat().st_size > 100_000:
            flip(pack)
    restic(stale, "init")
    restic(stale, "backup", "--time", _OLD, found.data)
    served = found.top / "restic-served"
    port = free_port()
    stack.enter_context(serving("rclone", "serve", "restic", "--append-only", "--addr", f"127.0.0.1:{port}",
                                str(served), port=port, HOME=str(found.top / "home")))
    url = f"rest:http://127.0.0.1:{port}/"
    restic(url, "init")
    restic(url, "backup", found.data)
    for name, place in (("restic", good), ("restic-damaged", damaged), ("restic-stale", stale), ("restic-served", url)):
        found.add(name, "restic", location=str(place), password_file=password)
    found.add("restic-wrong", "restic", location=str(good), password_file=str(found.secrets / "wrong"))


def _borg(found: Made, stack: ExitStack) -> None:
    password = str(found.secrets / "password")
    env = {"BORG_PASSCOMMAND": f"cat {password}", "BORG_BASE_DIR": str(found.top / "home"),
           "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}

    def make(name: str, kind: str, *words: str) -> Path:
        place = found.top / name
        run("borg", "init", "-e", kind, place, **env)
        run("borg", "create", *words, f"{place}::first", found.data, **env)
        return place

    good = make("borg", "repokey-blake2")
    found.add("borg", "borg", location=str(good), password_file=password)
    found.add("borg-open", "borg", location=str(make("borg-open", "none")))
    found.add("borg-signed", "borg", location=str(make("borg-signed", "authenticated")), password_file=password)
    found.add("borg-stale", "borg", location=str(make("borg-stale", "repokey", "--timestamp", _OLD.replace(" ", "T"))),
              password_file=password)
    only = make("borg-append-only", "repokey")
    run("borg", "config", only, "append_only", "1", **env)
    found.add("borg-append-only", "borg", location=str(only), password_file=password)
    found.add("borg-wrong", "borg", location=str(good), password_file=str(found.secrets / "wrong"))
    damaged = found.top / "borg-damaged"
    shutil.copytree(good, damaged)
    flip(max((one for one in (damaged / "data").rglob("*") if one.is_file()), key=lambda one: one.stat().st_size))
    found.add("borg-damaged", "borg", location=str(damaged), password_file=password)
    config, address = _sshd(found, stack)
    found.add("borg-ssh", "borg", location=f"ssh://{address}{good}", password_file=password, config=str(config))


def _sshd(found: Made, stack: ExitStack) -> tuple[Path, str]:
    """An SSH server on loopback with a key that lives as long as the test; how to reach it."""
    place = found.top / "ssh"
    place.mkdir(mode=0o700)
    for name in ("host", "client"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / name)
    port, who = free_port(), pwd.getpwuid(os.geteuid()).pw_name
    (place / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/client.pub\n"
        "StrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPidFile none\n")
    (place / "known").write_text(f"[127.0.0.1]:{port} {(place / 'host.pub').read_text()}")
    config = place / "config"
    config.write_text(f"Host *\n  IdentityFile {place}/client\n  UserKnownHostsFile {place}/known\n"
                      "  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    stack.enter_context(serving("/usr/sbin/sshd", "-D", "-e", "-f", str(place / "sshd_config"), port=port))
    return config, f"{who}@127.0.0.1:{port}"


def _duplicity(found: Made, _: ExitStack) -> None:
    env = {"PASSPHRASE": SECRET, "HOME": str(found.top / "home")}
    for name, words in (("duplicity", ()), ("duplicity-open", ("--no-encryption",))):
        run("duplicity", "--allow-source-mismatch", *words, found.data, f"file://{found.top}/{name}", **env)
        found.add(name, "duplicity", location=f"file://{found.top}/{name}",
                  password_file=str(found.secrets / "password"))
    damaged = found.top / "duplicity-damaged"
    shutil.copytree(found.top / "duplicity", damaged)
    flip(next(damaged.glob("*.vol1.*")))
    found.add("duplicity-damaged", "duplicity", location=f"file://{damaged}",
              password_file=str(found.secrets / "password"))


def _rclone(found: Made, _: ExitStack) -> None:
    hidden = run("rclone", "obscure", SECRET, HOME=str(found.top / "home")).decode().strip()
    config = found.secrets / "rclone.conf"
    config.write_text("".join(f"[{name}]\ntype = crypt\nremote = {found.top}/{name}\npassword = {hidden}\n{more}\n"
                              for name, more in (("rclone", ""), ("rclone-open", "no_data_encryption = true"))))
    config.chmod(0o600)
    for name in ("rclone", "rclone-open"):
        run("rclone", "--config", config, "copy", found.data, f"{name}:", HOME=str(found.top / "home"))
        found.add(name, "rclone-crypt", location=f"{name}:", config=str(config))


def _postgresql(found: Made, stack: ExitStack) -> None:
    """A cluster with voters, its pgBackRest repositories, and its dumps."""
    servers = private_postgres.installed()
    if not servers:
        assert os.environ.get("CI") != "true", "a PostgreSQL server must be installed where CI=true"
        pytest.skip("no PostgreSQL server is installed")
    binaries, user = servers[max(servers)], 65534 if os.geteuid() == 0 else None
    place, port = found.top / "cluster", free_port()
    found.port = str(port)
    place.mkdir()
    config = found.secrets / "pgbackrest.conf"
    settings = [f"repo{number}-path={place}/repo{number}\nrepo{number}-retention-full=2" for number in (1, 2, 3)]
    config.write_text("\n".join([
        "[global]", *settings, "repo1-cipher-type=aes-256-cbc", f"repo1-cipher-pass={SECRET}",
        "repo3-cipher-type=aes-256-cbc", f"repo3-cipher-pass={SECRET}", "start-fast=y", "compress-level=1",
        f"log-path={place}", f"lock-path={place}/lock", "[voters]", f"pg1-path={place}/data",
        f"pg1-socket-path={place}", f"pg1-port={port}", "pg1-user=postgres", ""]))
    config.chmod(0o640)
    if user:
        os.chown(place, user, user)
        os.chown(config, 0, user)
    archive = f"pgbackrest --config={config} --stanza=voters archive-push %p"
    run(binaries / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
        "--no-sync", user=user, cwd=place)
    run(binaries / "pg_ctl", "-D", place / "data", "-w", "-l", place / "log", "-o",
        f"-c port={port} -c listen_addresses='' -c unix_socket_directories={place} -c fsync=off -c archive_mode=on "
        f"-c archive_command='{archive}' -c max_connections=37", "start", user=user, cwd=place)
    stack.callback(run, binaries / "pg_ctl", "-D", place / "data", "-m", "immediate", "stop", user=user, cwd=place)
    reach = {"PGHOST": str(place), "PGPORT": str(port), "PGUSER": "postgres"}
    run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", "create schema vr", "-c",
        "create table vr.voters (id int primary key, name text, born date, upper_name text generated always as "
        "(upper(name)) stored, seen timestamptz default now())", "-c",
        f"insert into vr.voters select i, E'voter\\t' || i, date '1970-01-01' + i from generate_series(1, {VOTERS}) i",
        "-c", 'create table vr."audit_log" (at timestamptz, what jsonb)', "-c",
        "insert into vr.audit_log values (now(), '{\"a\": 1}'), (now(), null)", **reach)
    backrest = ("pgbackrest", f"--config={config}", "--stanza=voters")
    run(*backrest, "stanza-create", user=user, cwd=place)
    for number in (1, 2):
        run(*backrest, f"--repo={number}", "--type=full", "backup", user=user, cwd=place)
    run("cp", "-a", f"{place}/repo1/.", place / "repo3", user=user, cwd=place)
    for number in (1, 2, 3):
        found.add(("pgbackrest", "pgbackrest-open", "pgbackrest-damaged")[number - 1], "pgbackrest", config=str(config),
                  stanza="voters", repo=number)
    for one in (place / "repo3" / "backup" / "voters").glob("*F/pg_data/base/*/*.gz"):
        flip(one)
    _dumps(found, reach)


def _dumps(found: Made, reach: dict[str, str]) -> None:
    key = found.secrets / "age.identity"
    run("age-keygen", "-o", key)
    public = next(line.split()[-1] for line in key.read_text().splitlines() if "public key" in line)
    custom = run("pg_dump", "-Fc", **reach)
    text = run("pg_dump", **reach)
    gpg = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-file", found.secrets / "password")
    home = {"HOME": str(found.top / "home"), "GNUPGHOME": str(found.top / "home" / "gnupg")}
    (found.top / "home" / "gnupg").mkdir(mode=0o700)
    stack = {
        "files": (run("age", "-r", public, stdin=custom), "registration.dump.age", str(key)),
        "files-gpg": (run(*gpg, "-c", stdin=text, **home), "registration.sql.gpg", str(found.secrets / "password")),
        "files-misnamed": (custom, "registration.dump.age", ""),
        "files-truncated": (run("age", "-r", public, stdin=custom)[:-100], "registration.dump.age", str(key)),
    }
    for name, (data, file, secret) in stack.items():
        (found.top / name).mkdir()
        (found.top / name / file).write_bytes(data)
        found.add(name, "files", location=str(found.top / name), password_file=secret, covers=("roll",))
    run("gpgconf", "--kill", "all", **home)


def _sets(found: Made) -> None:
    """An enrolled agent, and a restore set for each repository with its manifest."""
    state = State(found.state)
    state.create()
    state.save(Identity(schema=SCHEMA, server="https://hustings.example", tenant="county", agent="a1", epoch="e" * 32,
                        key=state.new_key(), enrolled=datetime.now(UTC), approved=True))
    for one in found.repositories:
        database = one.tool in ("pgbackrest", "files")
        found.sets.append(RestoreSet(
            name=one.name, repository=one.name, state=str(found.state), objective="10m",
            manifest=str(found.top / ("tables.json" if database else "roll.json")),
            path="" if database else str(found.data), tables=("vr.voters", "vr.audit_log") if database else (),
            database="" if not database else "postgres" if one.tool == "pgbackrest" else "registration"))
    found.machine.write_bytes(msgspec.json.encode(found.declared()))
    for name, manifest in (("restic", "roll.json"), ("pgbackrest", "tables.json")):
        (found.top / manifest).write_bytes(hustings(found, "restore-manifest", name).stdout)


def hustings(found: Made, *words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """``hustings agent …`` with the declaration of everything, as another process."""
    command = [sys.executable, "-P", "-m", "hustings", "agent", *words, "--config", str(found.machine)]
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL, cwd="/",
                          env={"PATH": _PATH, "PYTHONPATH": str(ROOT), "PGHOST": str(found.top / "cluster"),
                               "PGPORT": found.port, "PGUSER": "postgres", **env})


def flip(path: Path) -> None:
    """Change bytes in the middle of a file, as a failing disk does."""
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, min(len(data) // 2 + 64, len(data))):
        data[at] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(data)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(*words: str, port: int, **env: str) -> Iterator[None]:
    """A server that is there once its port answers."""
    process = subprocess.Popen(words, env={"PATH": _PATH, **env}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not _answers(port):
            assert process.poll() is None, words
            assert time.monotonic() < until, words
            time.sleep(0.02)
        yield
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def names(repositories: Sequence[Repository]) -> list[str]:
    return [one.name for one in repositories]
