"""The report: what one machine says of itself, once, in sequence.

Everything an outsider needs to check is inside the signed bytes. Sections that repeat what the
server last acknowledged are named by digest (``Same``) instead of sent again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from hustings import strict_json
from hustings.errors import BadDocument, TooLarge
from hustings.facts import Observation
from hustings.times import Moment
from hustings.verdicts import Result

_D = TypeVar("_D", "Report", "Lost", "Enrollment")

SCHEMA = "hustings.report/1"
LOST_SCHEMA = "hustings.lost/1"
ENROLLMENT_SCHEMA = "hustings.enrollment/1"
MAX_REPORT = 8 << 20

Ordinal: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=(1 << 63) - 1)]
"""A place in an agent's sequence; the first is 1."""


class Times(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the report was made, by clocks that fail in different ways."""

    wall: Moment
    monotonic: float
    """Seconds of the machine's monotonic clock."""
    boot_id: str
    skew: float | None = None
    """Seconds this machine's clock was ahead of the server's at the last receipt."""


class Product(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An installed product as its package manager names it."""

    name: str
    version: str
    source: str
    """Where it was found: ``dpkg``, ``rpm`` …"""
    upstream: str = ""
    """The source package, where it differs from ``name``."""


class Hardware(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    vendor: str = ""
    model: str = ""
    firmware_version: str = ""
    firmware_date: str = ""


class Os(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    family: str = ""
    id: str = ""
    version: str = ""
    edition: str = ""
    name: str = ""


class Inventory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="full"):
    os: Os
    hardware: Hardware
    products: tuple[Product, ...]
    complete: bool
    """Whether every product database of this machine could be read."""
    why: str = ""


class Spool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What waits on the machine to be sent."""

    waiting: int
    bytes: int


class Same(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="same"):
    """A section equal to the one last acknowledged; ``same`` is the digest of its bytes."""

    same: str


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a report rests on where no agent looked: a recording, on the word of two people."""

    digest: str
    """Of its manifest, which covers every file of it."""
    recorded_at: Moment
    recorded_by: str
    """Who recorded it, by the recording's own account."""
    attested_by: str
    """Who brought it to the server: ``console:LOGIN``."""
    attested_at: Moment


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Published as JSON Schema in ``docs/report.schema.json``."""

    schema: str
    tenant: str
    agent: str
    epoch: str
    sequence: Ordinal
    previous: str | None
    """The digest of the preceding payload of this epoch (report or lost statement); None for the first."""
    times: Times
    agent_version: str
    pack: str
    """The digest of the policy pack that judged."""
    host: str
    """The machine's own name: a label, never an identity."""
    roles: tuple[str, ...]
    inventory: Inventory | Same
    facts: dict[str, Observation]
    """Disclosed facts only (``hustings.facts.disclose``)."""
    results: tuple[Result, ...]
    spool: Spool
    privileges: tuple[str, ...]
    """Privileges the agent lacked, in plain words; the facts behind them are unknown."""
    parameters: dict[str, Any] = {}
    """Check parameters this machine was judged with where they differ from the pack's defaults."""
    recording: Recording | None = None
    """Set where it speaks for a recording; never in what an agent sends."""


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed statement that reports ``first`` to ``last`` are gone for good."""

    schema: str
    tenant: str
    agent: str
    epoch: str
    first: Ordinal
    last: Ordinal
    previous: str | None
    reason: str


class Enrollment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent signs with its new key to be enrolled: the signature proves possession."""

    schema: str
    token: str
    public_key: str
    """Base64 of the 32 bytes."""
    host: str
    roles: tuple[str, ...]
    agent_version: str
    time: Moment


class Enrolled(msgspec.Struct, frozen=True):
    """The server's answer to an enrolment."""

    tenant: str
    agent: str
    state: str
    """``approved`` or ``pending``."""
    server_time: datetime


class Receipt(msgspec.Struct, frozen=True):
    """The server's word that a report is durable. Byte-identical for a byte-identical repeat."""

    schema: str
    tenant: str
    agent: str
    epoch: str
    sequence: int
    digest: str
    received: datetime


RECEIPT_SCHEMA = "hustings.receipt/1"


def section_digest(section: Inventory) -> str:
    """The digest a ``Same`` names: of the section's own JSON bytes."""
    from hustings.envelope import digest

    return digest(msgspec.json.encode(section))


def encode(document: Report | Lost | Enrollment) -> bytes:
    """The bytes that are signed."""
    return msgspec.json.encode(document)


def decode_report(payload: bytes) -> Report:
    """Read a verified report strictly. Raises ``BadDocument`` with the path of the first problem."""
    return _decode(payload, Report, SCHEMA)


def decode_lost(payload: bytes) -> Lost:
    lost = _decode(payload, Lost, LOST_SCHEMA)
    if lost.first > lost.last:
        raise BadDocument("a lost statement names reports first..last with 1 <= first <= last")
    return lost


def decode_enrollment(payload: bytes) -> Enrollment:
    return _decode(payload, Enrollment, ENROLLMENT_SCHEMA)


def _decode(payload: bytes, kind: type[_D], schema: str) -> _D:
    """Decode strictly, at the price of a fast decoder for documents written as we write them.

    Bytes that are exactly what encoding their own decoding gives hold no duplicate key, no NaN and
    no other ambiguity once their depth is checked; anything else takes the slow strict reader, which
    says what is wrong.
    """
    if len(payload) > MAX_REPORT:
        raise TooLarge(f"the document has {len(payload)} bytes; the limit is {MAX_REPORT}")
    try:
        document = msgspec.json.decode(payload, type=kind)
        if document.schema == schema and msgspec.json.encode(document) == payload:
            strict_json.check_depth(payload)
            return document
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass  # the strict reader below finds the fault and names it
    plain = strict_json.loads(payload, limit=MAX_REPORT)
    if not isinstance(plain, dict) or plain.get("schema") != schema:
        raise BadDocument(f"not a {schema} document")
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise BadDocument(f"not a {schema} document: {error}") from error
