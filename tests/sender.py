"""A machine as the server knows it: a key, a chain, and signed envelopes. No agent code is involved."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hustings import envelope, keys, report
from hustings.report import Enrollment, Hardware, Inventory, Lost, Os, Product, Report, Same, Spool, Times
from hustings.verdicts import Result, Severity, Verdict

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

INVENTORY = Inventory(
    os=Os(family="linux", id="debian", version="12", name="Debian GNU/Linux 12 (bookworm)"),
    hardware=Hardware(vendor="Example", model="T-1000"),
    products=(Product("openssl", "3.0.17-1~deb12u2", "dpkg"), Product("bash", "5.2.15-2+b8", "dpkg")),
    complete=True)

RESULTS = (
    Result("patching/os-supported", "PAT-01", Severity.CRITICAL, Verdict.PASS, "supported", "until 2028-06-30"),
    Result("identity/root-login", "IDN-01", Severity.CRITICAL, Verdict.FAIL, "no", "yes"),
    Result("backups/recent", "BKP-01", Severity.HIGH, Verdict.UNKNOWN, "a snapshot", "unknown", "denied"),
    Result("devices/radio", "DEV-09", Severity.LOW, Verdict.NOT_APPLICABLE, "", "", "no radio"),
)


@dataclass
class Sender:
    """Keeps its place in its chain as an agent would; ``report`` moves it on unless told where to stand."""

    tenant: str = ""
    agent: str = ""
    epoch: str = "epoch-1"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sequence: int = 0
    previous: str | None = None

    @property
    def public(self) -> bytes:
        return keys.public_bytes(self.private)

    def enrollment(self, token: str, **changes: Any) -> bytes:
        """A signed request to be enrolled."""
        request = Enrollment(report.ENROLLMENT_SCHEMA, token, base64.b64encode(self.public).decode(), "front-desk",
                             ("office-workstation",), "0.1.0", NOW)
        return self.seal(report.encode(msgspec.structs.replace(request, **changes)), envelope.ENROLLMENT)

    def enrolled(self, answer: bytes) -> Sender:
        said = msgspec.json.decode(answer, type=report.Enrolled)
        self.tenant, self.agent = said.tenant, said.agent
        return self

    def document(self, **changes: Any) -> Report:
        """The next report of the chain, not yet signed."""
        made = Report(
            schema=report.SCHEMA, tenant=self.tenant, agent=self.agent, epoch=self.epoch, sequence=self.sequence + 1,
            previous=self.previous, times=Times(datetime.now(UTC), 1.0, "boot-1"), agent_version="0.1.0",
            pack="sha256:" + "0" * 64, host="front-desk", roles=("office-workstation",), inventory=INVENTORY,
            facts={}, results=RESULTS, spool=Spool(0, 0), privileges=())
        return msgspec.structs.replace(made, **changes)

    def report(self, **changes: Any) -> bytes:
        """The next report, sealed; the chain moves on."""
        return self.send(self.document(**changes))

    def send(self, document: Report | Lost) -> bytes:
        """Seal a document and move the chain to it."""
        payload = report.encode(document)
        self.sequence = document.last if isinstance(document, Lost) else document.sequence
        self.previous = envelope.digest(payload)
        self.epoch = document.epoch
        return self.seal(payload, envelope.LOST if isinstance(document, Lost) else envelope.REPORT)

    def lost(self, count: int) -> bytes:
        """A statement that the next ``count`` reports are gone."""
        return self.send(Lost(report.LOST_SCHEMA, self.tenant, self.agent, self.epoch, self.sequence + 1,
                              self.sequence + count, self.previous, "the disk was full"))

    def seal(self, payload: bytes, kind: str = envelope.REPORT) -> bytes:
        return envelope.sign(payload, kind, self.private)


def same(inventory: Inventory = INVENTORY) -> Same:
    """What names an inventory in place of sending it."""
    return Same(report.section_digest(inventory))


def squeezed(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)


def flipped(body: bytes, places: Sequence[int]) -> list[bytes]:
    """Copies of ``body`` with one bit changed, one for each place."""
    return [body[:at] + bytes([body[at] ^ 1]) + body[at + 1:] for at in places]
