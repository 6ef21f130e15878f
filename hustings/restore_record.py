"""The record of a restore proof: what was restored, what came back, and how long it took.

It travels as a DSSE envelope of the agent's key and type ``TYPE``, one file a set in the agent's state
directory. It holds counts and digests, never contents, names of people or passwords.
"""

from __future__ import annotations

import msgspec

from hustings.declared import Repository
from hustings.errors import BadDocument
from hustings.times import Moment

TYPE = "application/vnd.hustings.restore-proof.v1+json"
SCHEMA = "hustings.restore-proof/1"
MANIFEST = "hustings.restore-manifest/1"
DIRECTORY = "proofs"
LIMIT = 1 << 20


class Tally(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of something there is, and one digest over all of it whatever its order (``Adder``).

    Of a table: its rows, each as COPY writes it in text. Of a directory: its regular files, each as
    ``sha256sum`` writes it with the path below the directory: digest, two spaces, path.
    """

    count: int
    digest: str
    """64 hex digits."""


class Adder:
    """Adds up lines so that their order does not matter and no line can stand for another.

    The sum modulo 2^2048 of SHAKE-256 of each line: additive hashing needs that much room to resist
    somebody who chooses the lines (Bellare and Micciancio 1997; Wagner 2002). ``tally`` gives the SHA-256
    of the sum in 256 big-endian bytes.
    """

    def __init__(self) -> None:
        from hashlib import sha256, shake_256

        self._wide, self._digest = shake_256, sha256
        self._count = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        self._count += 1
        self._sum += int.from_bytes(self._wide(line).digest(256), "big")

    def tally(self) -> Tally:
        total = (self._sum % (1 << 2048)).to_bytes(256, "big")
        return Tally(self._count, self._digest(total).hexdigest())


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup must hold, noted when it was made. ``parts`` are tables by name, or the directory by path."""

    schema: str
    made: Moment
    parts: dict[str, Tally]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One restore proof."""

    schema: str
    tenant: str
    agent: str
    set: str
    repository: str
    source: str
    """What the repository's name stood for (``source_of``)."""
    tool: str
    backup: str
    """The tool's own name for what was restored."""
    backup_time: Moment | None
    started: Moment
    finished: Moment
    seconds: int
    objective: int | None
    """Seconds the office allows."""
    place: str
    """Where it was restored to: ``private memory`` or a file system and how it is protected."""
    manifest: str
    """``sha256:`` and the digest of the manifest's file."""
    expected: dict[str, Tally]
    found: dict[str, Tally]
    proven: bool
    faults: tuple[str, ...]


def source_of(repository: Repository) -> str:
    """``sha256:`` and a digest of where a declared repository is, so that a proof does not outlive a move."""
    from hashlib import sha256

    parts = (repository.tool, repository.location, repository.config, repository.stanza, str(repository.repo))
    return f"sha256:{sha256(msgspec.json.encode(parts)).hexdigest()}"


def file_name(name: str) -> str:
    """The file of a set's record, whatever characters its name has."""
    from hashlib import sha256

    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32] + ".dsse"


def decode(payload: bytes) -> Record:
    """A record from a payload whose signature holds. Raises ``BadDocument``."""
    from hustings import strict_json

    try:
        record = msgspec.convert(strict_json.loads(payload, limit=LIMIT), Record)
    except msgspec.ValidationError as error:
        raise BadDocument(f"not a record of a restore proof: {error}") from error
    if record.schema != SCHEMA:
        raise BadDocument(f"a record of schema {record.schema!r}, which this version does not know")
    return record


def decode_manifest(data: bytes, where: str) -> Manifest:
    """A manifest. Raises ``BadDocument`` with file and remedy."""
    from hustings import strict_json

    remedy = "write it with `hustings agent restore-manifest SET` when the backup is made"
    try:
        manifest = msgspec.convert(strict_json.loads(data, limit=LIMIT), Manifest)
    except (msgspec.ValidationError, BadDocument) as error:
        raise BadDocument(f"not a restore manifest: {error}", where=where, remedy=remedy) from error
    if manifest.schema != MANIFEST:
        raise BadDocument(f"a manifest of schema {manifest.schema!r}, not {MANIFEST!r}", where=where, remedy=remedy)
    return manifest


def faults(expected: dict[str, Tally], found: dict[str, Tally], noun: str) -> list[str]:
    """How what was found differs from what the manifest says, in words without contents."""
    said = []
    if not any(wanted.count for wanted in expected.values()):
        said.append("the manifest says nothing to compare with")
    for name, wanted in expected.items():
        seen = found.get(name)
        if seen is None:
            said.append(f"{name} did not come back")
        elif seen.count != wanted.count:
            said.append(f"{name} came back with {seen.count} {noun} of {wanted.count}")
        elif seen.digest != wanted.digest:
            said.append(f"{name} came back changed: {seen.count} {noun} with other contents")
    return said
