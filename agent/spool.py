"""The spool: signed envelopes waiting on disk, in order, through crashes and full disks.

Every step is the appearance of one file (write, fsync, rename, fsync of the directory):

==================== =====================================================================
``X.envelope``       the place X in the chain is taken, and these are its bytes
``X.tried``          its bytes may have reached the server: they stay until it has answered
``X.receipt``        the server has stored it (kept 35 days, the envelope too)
``X.rejected``       bytes the server will never take; a lost statement stands in their place
``D.section``        an inventory that waiting reports name by its digest D
==================== =====================================================================

Envelopes are sent strictly in order and the first unanswered one stops the rest, so nobody has seen
those after it: they may be signed again when what precedes them changes (``agent.mending``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from agent import durable, spool_file
from agent.identity import Signer
from agent.spool_file import Head, Kept, Name
from hustings import envelope, report
from hustings.errors import BadDocument, CannotFinish
from hustings.report import Inventory, Lost, Receipt, Report, Same
from hustings.times import utc_text

KEEP = timedelta(days=35)
"""How long what was acknowledged or rejected stays."""
SLACK = 0.9
"""When the bound is passed, so much of it is kept: dropping in batches signs less often."""


@dataclass(frozen=True)
class Bound:
    """What the spool may hold: ``size`` bytes of envelopes, of which ``count`` may be waiting."""

    size: int = 64 << 20
    count: int = 2000


@dataclass(frozen=True)
class Place:
    """Where the next report stands in the chain, and what it may leave out."""

    epoch: str
    sequence: int
    previous: str | None
    inventory: str
    """The digest of the inventory the server has, or will have by then; empty if that is not sure."""
    waiting: report.Spool


@dataclass(frozen=True)
class Entry:
    """One envelope of the current epoch."""

    name: Name
    tried: bool
    receipt: bool


@dataclass
class Files:
    """What the spool's directory holds, by epoch."""

    envelopes: dict[Name, set[str]] = field(default_factory=dict)
    """Each with its other parts."""
    stray: list[str] = field(default_factory=list)


class Spool:
    """The spool in ``place``. One process at a time may hold it (``State.lock_file``)."""

    def __init__(self, place: Path, signer: Signer, bound: Bound = Bound(),
                 now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.place = place
        self.signer = signer
        self.bound = bound
        self.now = now
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise durable.unwritable(place, error) from error

    def scan(self) -> Files:
        """Everything in the directory, by name alone."""
        files = Files()
        parts: dict[Name, set[str]] = {}
        for one in sorted(self.place.iterdir()):
            parsed = spool_file.parse_name(one.name)
            if parsed is None:
                files.stray.append(one.name)
            else:
                parts.setdefault(parsed[0], set()).add(parsed[1])
        files.envelopes = dict(sorted(parts.items()))
        return files

    def entries(self) -> list[Entry]:
        """The current epoch's chain, in order. Parts without an envelope count where they are receipts."""
        return [Entry(name, "tried" in parts, "receipt" in parts) for name, parts in self.scan().envelopes.items()
                if name.epoch == self.signer.epoch and parts & {"envelope", "receipt"}]

    def waiting(self) -> list[Entry]:
        """What the server has not acknowledged, in order. What precedes a receipt was accepted before it."""
        entries = self.entries()
        done = max((one.name.last for one in entries if one.receipt), default=0)
        return [one for one in entries if one.name.first > done]

    def tail(self) -> tuple[int, str | None]:
        """The last sequence number taken, and the digest of its payload (None before the first)."""
        entries = self.entries()
        if not entries:
            return 0, None
        last = entries[-1]
        return last.name.last, self.digest(last)

    def digest(self, entry: Entry) -> str:
        """The digest of an entry's payload. Raises ``BadDocument``."""
        if entry.receipt:
            found = self.receipt(entry.name)
            if found is not None:
                return found.digest
        return self.read(entry.name).head.digest

    def read(self, name: Name) -> Kept:
        """Raises ``BadDocument``."""
        return spool_file.read(self.place / name.file("envelope"))

    def receipt(self, name: Name) -> Receipt | None:
        """The receipt kept for an entry, or None if there is none that can be read."""
        try:
            return msgspec.json.decode((self.place / name.file("receipt")).read_bytes(), type=Receipt)
        except (OSError, msgspec.MsgspecError):
            return None

    def heads(self) -> Iterator[Head]:
        """The heads of the current epoch's readable envelopes, the latest first."""
        for entry in reversed(self.entries()):
            try:
                yield self.read(entry.name).head
            except BadDocument:
                continue

    def usage(self) -> report.Spool:
        """What waits, and how many bytes it takes."""
        names = [one.name for one in self.waiting()]
        return report.Spool(len(names), sum(self._size(name.file("envelope")) for name in names))

    def known_inventory(self) -> str:
        """The digest every report from the last receipted one on has or names, or "" if they differ."""
        waiting = {one.name for one in self.waiting()}
        seen: set[str] = set()
        for entry in reversed(self.entries()):
            try:
                head = self.read(entry.name).head
            except BadDocument:
                return ""
            if head.kind == "report":
                seen.add(head.inventory)
                if entry.name not in waiting:
                    return seen.pop() if len(seen) == 1 else ""
        return ""

    def append(self, build: Callable[[Place], tuple[Report, str]]) -> Name:
        """Take the next place in the chain for the report (and its essence) that ``build`` makes for it.

        Call ``mending.mend`` first. Raises ``CannotFinish`` if it cannot be written; then no place is taken.
        """
        sequence, previous = self.tail()
        place = Place(self.signer.epoch, sequence + 1, previous, self.known_inventory(), self.usage())
        made, essence = build(place)
        name = Name(self.signer.epoch, sequence + 1, sequence + 1)
        if (made.epoch, made.sequence, made.previous) != (name.epoch, name.first, previous):
            raise ValueError("the report does not stand in its place")
        if isinstance(made.inventory, Inventory):
            self.keep_section(made.inventory)
        self.put_report(name, made, essence=essence)
        return name

    def put_report(self, name: Name, made: Report, *, essence: str = "", was: str = "") -> str:
        """Sign and write a report at its place; the digest of its payload."""
        section = made.inventory
        named = section.same if isinstance(section, Same) else report.section_digest(section)
        return self._put(name, report.encode(made), Head(
            kind="report", digest="", previous=made.previous, made=utc_text(made.times.wall), inventory=named,
            essence=essence, was=was), envelope.REPORT)

    def put_lost(self, name: Name, previous: str | None, reason: str, *, was: str = "") -> str:
        """Sign and write a statement that a range is gone; the digest of its payload."""
        lost = Lost(schema=report.LOST_SCHEMA, tenant=self.signer.tenant, agent=self.signer.agent, epoch=name.epoch,
                    first=name.first, last=name.last, previous=previous, reason=reason)
        head = Head(kind="lost", digest="", previous=previous, made=utc_text(self.now()), was=was)
        return self._put(name, report.encode(lost), head, envelope.LOST)

    def mark_tried(self, name: Name) -> None:
        """Remember, before its bytes leave, that the server may come to have them."""
        path = self.place / name.file("tried")
        if not path.exists():
            durable.write(path, b"")

    def acknowledge(self, name: Name, receipt: bytes) -> None:
        """Keep the server's receipt: the envelope has arrived. Raises ``CannotFinish``."""
        durable.write(self.place / name.file("receipt"), receipt)
        durable.remove(self.place / name.file("tried"))

    def keep_section(self, section: Inventory) -> None:
        """Keep an inventory for the day the server asks for it whole."""
        path = self._section(report.section_digest(section))
        if not path.exists():
            durable.write(path, spool_file.compress(msgspec.json.encode(section)))

    def section(self, digest: str) -> Inventory | None:
        """The inventory of that digest, or None if it is not kept or was damaged."""
        try:
            data = spool_file.expand(self._section(digest).read_bytes(), report.MAX_REPORT)
            section = msgspec.json.decode(data, type=Inventory)
        except (OSError, BadDocument, msgspec.MsgspecError):
            return None
        return section if report.section_digest(section) == digest else None

    def drop(self, name: Name, *parts: str) -> None:
        """Remove parts of an entry, its envelope last."""
        for part in sorted(parts, key=lambda one: one == "envelope"):
            durable.remove(self.place / name.file(part))

    def prune(self) -> None:
        """Let go of what is past keeping: old, over the bound, or named by nothing any more."""
        limit = self.now() - KEEP
        everything = self.scan()
        last = max((one.name for one in self.entries() if one.receipt), default=None)
        for name, parts in everything.envelopes.items():
            settled = "receipt" in parts or "rejected" in parts or name.epoch != self.signer.epoch
            if settled and name != last and self._older(name, parts, limit):
                live = {"envelope"} if "receipt" not in parts and name.epoch == self.signer.epoch else set()
                self.drop(name, *(parts - live))
        self._shrink(last)
        sections = [one for one in everything.stray if one.endswith(".section")]
        if len(sections) > 1:
            named = {spool_file.named_inventory(self.place / one.name.file("envelope")) for one in self.entries()}
            wanted = {self._section(digest).name for digest in named}
            for one in sections:
                if one not in wanted:
                    durable.remove(self.place / one)

    def total(self) -> int:
        """The bytes of all envelopes, sent ones too."""
        return sum(self._size(name.file(part)) for name, parts in self.scan().envelopes.items() for part in parts)

    def _shrink(self, last: Name | None) -> None:
        """Over the bound, envelopes that have arrived go first, oldest first."""
        total = self.total()
        for entry in self.entries():
            if total <= self.bound.size:
                return
            if entry.receipt and entry.name != last:
                total -= self._size(entry.name.file("envelope"))
                self.drop(entry.name, "envelope", "receipt")

    def _older(self, name: Name, parts: set[str], limit: datetime) -> bool:
        def changed(part: str) -> float:
            try:
                return (self.place / name.file(part)).stat().st_mtime
            except FileNotFoundError:
                return 0.0

        return all(changed(part) < limit.timestamp() for part in parts)

    def _put(self, name: Name, payload: bytes, head: Head, kind: str) -> str:
        digest = envelope.digest(payload)
        signed = envelope.sign(payload, kind, self.signer.private)
        if len(signed) > envelope.MAX_ENVELOPE:
            raise CannotFinish(f"the report has {len(payload)} bytes; no server takes more than {report.MAX_REPORT}",
                               where=str(self.place), remedy="see `hustings facts` for the fact that is so large")
        data = spool_file.pack(msgspec.structs.replace(head, digest=digest), signed)
        durable.write(self.place / name.file("envelope"), data)
        return digest

    def _section(self, digest: str) -> Path:
        return self.place / f"{digest.removeprefix('sha256:')}.section"

    def _size(self, name: str) -> int:
        try:
            return (self.place / name).stat().st_size
        except FileNotFoundError:
            return 0
