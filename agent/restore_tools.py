"""Bringing a backup back, each with the tool that made it, and counting what came.

Nothing is written but in the scratch place: no locks, no caches, no notes in the repository or at home.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent import private_postgres, restore_archive, restore_counts
from agent.restore_programs import Programs, account_of, find
from collectors import _backup_borg as borg
from collectors import _backup_pgbackrest as pgbackrest
from collectors._backup import Backup
from collectors._file_headers import SIZE, header
from collectors.host.live import LiveHost
from hustings.declared import Repository, RestoreSet
from hustings.errors import CannotFinish
from hustings.restore_record import Tally

_NEEDED = {"restic": ("restic",), "borg": ("borg",), "duplicity": ("duplicity",), "rclone-crypt": ("rclone",),
           "pgbackrest": ("pgbackrest",)}
_ACCOUNTS = ("postgres", "nobody")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Job:
    """What is to be restored: a declared set, from its repository, and the backup that was chosen."""

    repository: Repository
    wanted: RestoreSet
    backup: Backup


def prepare(job: Job) -> None:
    """Look for what will be needed while it can be seen whose it is. Raises ``CannotFinish`` for what lacks."""
    for program in _NEEDED.get(job.repository.tool, ()):
        find(program)
    if job.wanted.tables:
        if not private_postgres.installed() and job.repository.tool == "pgbackrest":
            raise CannotFinish("no PostgreSQL server is installed here, so the restored data cannot be counted",
                               where=job.repository.name, remedy="install the server from the system's packages")
        find("psql" if private_postgres.installed() else "pg_restore")
    if job.repository.tool == "files":
        for program in _decryption(job)[:1]:
            find(program)


def restore(job: Job, place: Path) -> dict[str, Tally]:
    """Restore and count. Raises ``NotRestored`` if it does not come back, ``CannotFinish``."""
    return _TOOLS[job.repository.tool](job, Programs(place))


def _restic(job: Job, programs: Programs) -> dict[str, Tally]:
    data = programs.directory("data")
    env = {"RESTIC_PASSWORD_FILE": job.repository.password_file} if job.repository.password_file else {}
    with programs.started("restic", f"--repo={job.repository.location}", "--no-cache", "--no-lock", "dump",
                          "--archive=tar", job.backup.name, job.wanted.path, env=env) as process:
        assert process.stdout is not None
        restore_archive.unpack(process.stdout, data)
    programs.check("restic", process)
    return _tree(job, data / job.wanted.path.lstrip("/"))


def _borg(job: Job, programs: Programs) -> dict[str, Tally]:
    data = programs.directory("data")
    programs.run("borg", "extract", "--bypass-lock", f"{job.repository.location}::{job.backup.name}",
                 job.wanted.path.lstrip("/"), env=borg.environment(job.repository), cwd=data)
    return _tree(job, data / job.wanted.path.lstrip("/"))


def _duplicity(job: Job, programs: Programs) -> dict[str, Tally]:
    data, notes = programs.directory("data"), programs.directory("notes")
    location = job.repository.location if "://" in job.repository.location else f"file://{job.repository.location}"
    env = {"PASSPHRASE": _secret(job.repository.password_file)} if job.repository.password_file else {}
    plain = [] if job.repository.password_file else ["--no-encryption"]
    programs.run("duplicity", "restore", f"--archive-dir={notes}", f"--tempdir={notes}", "--force", *plain, location,
                 str(data), env=env)
    return _tree(job, data)


def _rclone(job: Job, programs: Programs) -> dict[str, Tally]:
    data = programs.directory("data")
    config = programs.directory("home") / "rclone.conf"  # rclone writes to its configuration
    shutil.copyfile(job.repository.config, config)
    programs.run("rclone", f"--config={config}", "copy", job.repository.location, str(data))
    return _tree(job, data)


def _pgbackrest(job: Job, programs: Programs) -> dict[str, Tally]:
    host = LiveHost()
    servers = private_postgres.installed()
    place = pgbackrest.place(pgbackrest.settings(host, job.repository), job.repository.repo)
    programs = programs.as_account(account_of(_ACCOUNTS, Path(place) if place.startswith("/") else None))
    data, notes = programs.directory("data"), programs.directory("notes")
    common = [*pgbackrest.options(host, job.repository), f"--pg1-path={data}", f"--lock-path={notes}"]
    fetch = shlex.join([find("pgbackrest"), *common, "--no-archive-async", "archive-get"])
    # Its own notes are kept apart from those of a cluster that runs here; a damaged file is read once.
    programs.run("pgbackrest", *common, f"--spool-path={notes}", "--job-retry=0", f"--set={job.backup.name}",
                 "--type=immediate", "--target-action=promote", "--archive-mode=off",
                 f"--recovery-option=restore_command={fetch} %f %p", "restore")
    version = int((data / "PG_VERSION").read_text(encoding="ascii").partition(".")[0])
    if version not in servers:
        raise CannotFinish(f"PostgreSQL {version} is not installed here, so its data cannot be counted",
                           where=str(job.repository.name), remedy=f"install the server of PostgreSQL {version}")
    with private_postgres.running(programs, data, servers[version]) as socket:
        return private_postgres.counted(programs, socket, job.wanted.database, job.wanted.tables, servers[version])


def _files(job: Job, programs: Programs) -> dict[str, Tally]:
    plain = _decrypted(job, programs)
    kind = restore_archive.kind(plain)
    if job.wanted.path:
        data = programs.directory("data")
        with plain.open("rb") as archive:
            restore_archive.unpack(archive, data)
        inner = data / job.wanted.path.lstrip("/")
        return _tree(job, inner if inner.is_dir() else data)
    if kind in ("SQL text", "text"):
        with plain.open("rb") as lines:
            return restore_counts.dumped(lines, job.wanted.tables)
    servers = private_postgres.installed()
    if not servers:
        with programs.started("pg_restore", "-f", "-", str(plain)) as process:
            assert process.stdout is not None
            found = restore_counts.dumped(process.stdout, job.wanted.tables)
        programs.check("pg_restore", process)
        return found
    return _loaded(job, programs, plain, servers[max(servers)])


def _loaded(job: Job, programs: Programs, plain: Path, binaries: Path) -> dict[str, Tally]:
    """Load a dump into a server of our own. Owners and rights are another server's accounts: left out."""
    programs = programs.as_account(account_of(_ACCOUNTS, None))
    if programs.account:
        os.chown(plain, programs.account.uid, programs.account.gid)
    with private_postgres.running(programs, private_postgres.initialised(programs, binaries), binaries) as socket:
        private_postgres.query(programs, socket, "postgres", "create database restored template template0", binaries)
        programs.run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-h", str(socket), "-U",
                     "postgres", "-d", "restored", str(plain), path=binaries / "pg_restore")
        return private_postgres.counted(programs, socket, "restored", job.wanted.tables, binaries)


def _decrypted(job: Job, programs: Programs) -> Path:
    """The newest dump without its encryption and compression, in the scratch place."""
    plain, command = programs.place / "plain", _decryption(job)
    with Path(job.backup.name).open("rb") as file, plain.open("wb") as out:
        if command:
            programs.run(*command, stdin=file, stdout=out)
        else:
            shutil.copyfileobj(file, out, _BLOCK)
    return restore_archive.decompressed(plain)


def _decryption(job: Job) -> tuple[str, ...]:
    """The command that decrypts the dump from its standard input; () for one in the clear."""
    key = job.repository.password_file
    with Path(job.backup.name).open("rb") as file:
        seen = header(file.read(SIZE))
    if seen is None or not seen.encrypted:
        return ()
    commands = {"age": ("age", "-d", "-i", key), "OpenPGP": (
        "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-file", key, "-d"),
        "openssl": ("openssl", "enc", "-d", "-aes-256-cbc", "-pbkdf2", "-pass", f"file:{key}")}
    if seen.kind not in commands or not key:
        raise CannotFinish(f"how to decrypt {seen.kind} is not known", where=job.backup.name,
                           remedy="declare password_file, and encrypt with age, gpg or openssl")
    return commands[seen.kind]


def _tree(job: Job, top: Path) -> dict[str, Tally]:
    """What came back below ``top``, under the name that the manifest knows it by."""
    return {job.wanted.path: restore_counts.directory(top)} if top.is_dir() else {}


def _secret(path: str) -> str:
    """A passphrase, for the environment of one process. Raises ``CannotFinish``."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotFinish("the passphrase cannot be read", where=path, remedy="check its owner and mode") from error


_TOOLS: dict[str, Callable[[Job, Programs], dict[str, Tally]]] = {
    "restic": _restic, "borg": _borg, "duplicity": _duplicity, "rclone-crypt": _rclone, "pgbackrest": _pgbackrest,
    "files": _files,
}
