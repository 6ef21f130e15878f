"""A restore proof: bring a declared set back from its newest backup, compare it with its manifest, sign what was found.

Nothing of it happens within an audit. The restore runs in a process of its own (``agent.scratch``); what comes out
of there are counts, digests and words, which are signed here.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent import durable, restore_tools, scratch
from agent.identity import State
from agent.restore_programs import NotRestored
from collectors._backup import Backup, covers
from collectors.backup import READERS
from collectors.host.live import LiveHost
from collectors.host.protocol import LookError
from hustings import envelope, keys, restore_record
from hustings.declared import Declared, Repository, RestoreSet
from hustings.errors import CannotFinish, HustingsError, UsageError
from hustings.facts import Reason
from hustings.restore_record import Manifest, Record, Tally
from hustings.times import Moment, parse_duration

_PATIENCE = 600.0


class _Outcome(msgspec.Struct):
    """What the process that restored has to say."""

    backup: str = ""
    backup_time: Moment | None = None
    seconds: float = 0.0
    found: dict[str, Tally] = {}
    faults: list[str] = []
    detail: str = ""
    """For the person at the terminal alone: a tool's own words may name files."""
    trouble: str = ""
    """Why there is no answer at all."""


@dataclass(frozen=True)
class Proof:
    """A record and what is said at the terminal only."""

    record: Record
    detail: str

    @property
    def in_time(self) -> bool:
        return self.record.objective is None or self.record.seconds <= self.record.objective


def find(declared: Declared, name: str) -> tuple[RestoreSet, Repository]:
    """A declared set and its repository. Raises ``UsageError``."""
    for one in declared.restore_sets:
        if one.name == name:
            return one, next(each for each in declared.repositories if each.name == one.repository)
    known = ", ".join(one.name for one in declared.restore_sets)
    raise UsageError(f"no restore set is called {name!r}", where="machine.yaml",
                     remedy=f"name one of: {known}" if known else "declare one under restore_sets")


def load_manifest(wanted: RestoreSet) -> tuple[Manifest, str]:
    """The manifest and the digest of its file. Raises ``CannotFinish``, ``BadDocument``."""
    try:
        data = Path(wanted.manifest).read_bytes()
    except OSError as error:
        raise CannotFinish(f"the manifest cannot be read: {error.strerror}", where=wanted.manifest,
                           remedy=f"write it when the backup is made: hustings agent restore-manifest "
                                  f"'{wanted.name}' > {wanted.manifest}") from error
    manifest = restore_record.decode_manifest(data, wanted.manifest)
    return manifest, envelope.digest(data)


def prove(wanted: RestoreSet, repository: Repository, directory: Path | None) -> Proof:
    """Restore, count and compare. The record is neither signed nor kept yet. Raises ``CannotFinish``."""
    manifest, digest = load_manifest(wanted)
    expected = {name: manifest.parts[name] for name in (wanted.tables or (wanted.path,)) if name in manifest.parts}
    missing = [name for name in (wanted.tables or (wanted.path,)) if name not in expected]
    if missing:
        raise CannotFinish(f"the manifest says nothing of {', '.join(missing)}", where=wanted.manifest,
                           remedy=f"write it again: hustings agent restore-manifest '{wanted.name}'")
    protection = scratch.protection(directory) if directory else "private memory"
    started = datetime.now(UTC).replace(microsecond=0)

    outcome = _outcome(wanted, repository, directory)
    if outcome.trouble:
        raise CannotFinish(outcome.trouble)
    faults = outcome.faults or restore_record.faults(expected, outcome.found, "rows" if wanted.tables else "files")
    objective = int(parse_duration(wanted.objective).total_seconds()) if wanted.objective else None
    return Proof(Record(
        schema=restore_record.SCHEMA, tenant="", agent="", set=wanted.name, repository=repository.name,
        source=restore_record.source_of(repository),
        tool=repository.tool, backup=outcome.backup, backup_time=outcome.backup_time, started=started,
        finished=datetime.now(UTC).replace(microsecond=0), seconds=max(1, round(outcome.seconds)), objective=objective,
        place=protection, manifest=digest, expected=expected, found=outcome.found, proven=not faults,
        faults=tuple(faults)), outcome.detail)


def _outcome(wanted: RestoreSet, repository: Repository, directory: Path | None) -> _Outcome:
    """Choose the newest backup, and have it restored in the scratch place."""
    try:
        chosen = _newest(wanted, repository)
    except NotRestored as error:
        return _Outcome(faults=[f"it did not come back: {error.what}"], detail=error.remedy)
    job = restore_tools.Job(repository, wanted, chosen)
    restore_tools.prepare(job)

    def work(place: Path) -> bytes:
        return msgspec.json.encode(_work(job, place))

    said = scratch.in_directory(work, directory) if directory else scratch.in_memory(work)
    return msgspec.json.decode(said, type=_Outcome)


def _work(job: restore_tools.Job, place: Path) -> _Outcome:
    """In the scratch place: restore and count. Every end becomes an answer."""
    outcome, began = _Outcome(job.backup.name, job.backup.time), time.monotonic()
    try:
        outcome.found = restore_tools.restore(job, place)
    except NotRestored as error:
        outcome.faults, outcome.detail = [f"it did not come back: {error.what}"], error.remedy
    except HustingsError as error:
        outcome.trouble = str(error)
    except OSError as error:
        outcome.trouble = f"{os.fsdecode(error.filename or 'the scratch place')}: {error.strerror}"
    outcome.seconds = time.monotonic() - began
    return outcome


def _newest(wanted: RestoreSet, repository: Repository) -> Backup:
    """The newest backup of this machine that should hold the set. Raises ``NotRestored`` if there is none to open."""
    host = LiveHost()
    try:
        name = host.read("/proc/sys/kernel/hostname").strip()
        backups = READERS[repository.tool].contents(host, repository, _PATIENCE).backups
    except LookError as error:
        if error.missing.reason in (Reason.UNSUPPORTED, Reason.TIMEOUT):
            raise CannotFinish(f"the repository does not answer: {error.missing.detail}", where=repository.name,
                               remedy="try it with the tool itself, as the account that runs this") from error
        raise NotRestored("the repository does not open", where=repository.name, remedy=error.missing.detail) from error
    own = [one for one in backups if one.host in ("", name)
           and (not wanted.path or one.paths is None or covers(one, wanted.path) or _part_of(one, wanted.path))]
    if wanted.database and repository.tool == "files":
        own = [one for one in own if Path(one.name).name.startswith(wanted.database)]
    if not own:
        raise NotRestored("there is no backup of it", where=repository.name)
    return max(own, key=lambda one: one.time)


def _part_of(backup: Backup, path: str) -> bool:
    return any(one.startswith(path.rstrip("/") + "/") for one in backup.paths or ())


def keep(proof: Proof, state: State) -> Record:
    """Sign the record as this agent and keep it where audits find it. Raises ``ConfigError``, ``CannotFinish``."""
    identity = state.load()
    signer = state.signer(identity)
    public = keys.encode(keys.public_bytes(signer.private))
    if identity.public != public:
        state.save(msgspec.structs.replace(identity, public=public))
    record = msgspec.structs.replace(proof.record, tenant=signer.tenant, agent=signer.agent)
    signed = envelope.sign(msgspec.json.encode(record), restore_record.TYPE, signer.private)
    directory = state.place / restore_record.DIRECTORY
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise durable.unwritable(directory, error) from error
    durable.write(directory / restore_record.file_name(record.set), signed)
    return record
