"""Reading a feed from files, whatever its format, and compiling it into the store.

What is damaged, cut short, empty, of another kind or suspiciously small is refused with the old feed kept.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import msgspec

from hustings.errors import BadDocument, CannotFinish, TooLarge, UsageError
from policies.feeds import debian, kev, osv
from policies.feeds.advice import Advice, Feed, Kind
from policies.feeds.build import Builder, replacing
from policies.feeds.json_members import NotMembers
from policies.feeds.store import Store

SIZE_LIMIT = 2 << 30
"""Bytes of one feed once unpacked."""
RECORD_LIMIT = 32 << 20
"""Bytes of one document that is read whole: an OSV record, the catalogue of known exploited vulnerabilities."""
_SKEW = timedelta(minutes=5)
_TRACKER = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"[^"]+"\s*:\s*\{\s*"(?:CVE|TEMP)-')
_PACKED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ": "lzma", b"BZh": "bz2"}
_AGAIN = "get it from its source again; the feed imported before is kept"


@dataclass(frozen=True)
class Wish:
    """How a feed is to be kept."""

    name: str = ""
    """Empty: after what it holds."""
    as_of: datetime | None = None
    """When this was the newest state at its source, as someone who knows says."""
    whole: bool = False
    """Whether a directory or several files hold all their source knows."""
    smaller: bool = False
    """Whether it may hold less than half of what it replaces."""
    origin: str = ""
    etag: str = ""
    last_modified: str = ""
    modified: datetime | None = None
    """``last_modified`` as a time."""


@dataclass
class _Found:
    """What is learnt about a feed while it is read."""

    kind: Kind
    made: datetime | None = None
    """What its content says; Debian's tracker says nothing."""
    file: datetime | None = None
    """When the file was written."""
    whole: bool = True
    digest: Any = field(default_factory=hashlib.sha256)
    left_out: int = 0


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    feed: Feed
    left_out: int
    """Records about nothing a distribution packages."""
    replaced: Feed | None


def import_feed(paths: Sequence[Path], store: Path, wish: Wish, now: datetime) -> Imported:
    """Compile the feed in ``paths`` into ``store`` in place of the one of that name.

    Raises ``BadDocument``, ``CannotFinish`` or ``UsageError``; the store is then as it was.
    """
    where = wish.origin or (str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more")
    try:
        found, read = _opened(paths, where)
        name = wish.name or _default_name(found, read, paths)
        with replacing(store, name) as builder:
            read(builder, name)
            if not builder.lines:
                raise NotMembers("it holds nothing about any package or vulnerability")
            old = _old(store, name)
            feed = _feed(found, builder, name, wish, now, where)
            if old is not None and feed.records * 2 < old.records and not wish.smaller:
                raise UsageError(f"it has {feed.records} lines, and the feed {name} it would replace has {old.records}",
                                 where=where, remedy="get it again; if it is right, say so with --smaller")
            builder.finish(feed)
    except (NotMembers, zipfile.BadZipFile) as error:
        raise BadDocument(f"this is no whole feed: {error}", where=where, remedy=_AGAIN) from error
    except (EOFError, OSError) as error:
        raise CannotFinish(f"cannot be read: {getattr(error, 'strerror', None) or error}", where=where,
                           remedy=_AGAIN) from error
    return Imported(feed, found.left_out, old)


def confirm(store: Path, name: str, now: datetime) -> Feed:
    """Note that the source of a feed said just now that nothing is newer."""
    with Store(store) as opened:
        feed = next(one for one in opened.feeds() if one.name == name)
    later = msgspec.structs.replace(feed, confirmed=max(now, feed.confirmed))
    _restate(store, later)
    return later


def remove(store: Path, name: str) -> None:
    """Take a feed out of the store. Raises ``UsageError`` if there is none of that name."""
    if _old(store, name) is None:
        with Store(store) as opened:
            known = ", ".join(one.name for one in opened.feeds())
        raise UsageError(f"there is no feed {name!r}", where=str(store), remedy=f"name one of {known or 'none'}")
    with replacing(store, name):
        pass


def _restate(store: Path, feed: Feed) -> None:
    with replacing(store, "") as builder:
        builder.restate(feed)


def _old(store: Path, name: str) -> Feed | None:
    if not store.exists():
        return None
    with Store(store) as opened:
        return next((one for one in opened.feeds() if one.name == name), None)


def _feed(found: _Found, builder: Builder, name: str, wish: Wish, now: datetime, where: str) -> Feed:
    made = found.made or wish.modified or wish.as_of or found.file
    assert made is not None
    confirmed = wish.as_of or made
    for moment in (made, confirmed):
        if moment > now + _SKEW:
            raise UsageError(f"it is dated {moment:%Y-%m-%d %H:%M} UTC, which has not come yet", where=where,
                             remedy="set this machine's clock, or give the time it was fetched with --as-of")
    if confirmed < made - _SKEW:
        raise UsageError(f"its content is from {made:%Y-%m-%d %H:%M} UTC, after the time given", where=where,
                         remedy="give the time it was fetched with --as-of, or leave that out")
    return Feed(name=name, kind=found.kind, made=min(made, now), confirmed=min(max(confirmed, made), now), imported=now,
                digest=f"sha256:{found.digest.hexdigest()}", records=builder.lines,
                whole=wish.whole or (found.whole and builder.lines >= _LEAST.get(found.kind, 0)), origin=where,
                etag=wish.etag,
                last_modified=wish.last_modified)


_LEAST = {Kind.DEBIAN: 10_000, Kind.OSV: 1_000}
"""Lines that a whole feed of a kind surely has: what is well-formed and smaller may be a part of it, so that its
silence about a package proves nothing."""

_Reader = Callable[[Builder, str], None]


def _opened(paths: Sequence[Path], where: str) -> tuple[_Found, _Reader]:
    """What kind of feed is in ``paths``, and how to read it."""
    if len(paths) > 1 or paths[0].is_dir():
        return _osv_files(_json_files(paths))
    path = paths[0]
    try:
        with path.open("rb") as file:
            head = file.read(1024)
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise CannotFinish(f"the feed cannot be read: {error.strerror}", where=str(path),
                           remedy="name the file of a feed that you may read") from error
    if head.startswith(b"PK\x03\x04"):
        return _osv_zip(path)
    found = _Found(Kind.DEBIAN, file=modified)
    with _unpacked(path, found) as read:
        begin = read(4096)
    if _TRACKER.match(begin):
        found.digest = hashlib.sha256()

        def tracker(builder: Builder, name: str) -> None:
            with _unpacked(path, found) as read:
                builder.advices(debian.advices(read))

        return found, tracker
    return _document(path, where)


def _document(path: Path, where: str) -> tuple[_Found, _Reader]:
    """A single document: the catalogue of known exploited vulnerabilities, or one OSV record."""
    found = _Found(Kind.KEV)
    try:
        with _unpacked(path, found) as read:
            data = read(RECORD_LIMIT + 1)
        if len(data) > RECORD_LIMIT:
            raise TooLarge(f"neither Debian's tracker nor a document of at most {RECORD_LIMIT} bytes", where=where,
                           remedy="name a feed of one of the kinds in docs/feeds.md")
        keys = set(msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadDocument(f"this is no feed: {error}", where=where, remedy=_AGAIN) from error
    if {"vulnerabilities", "dateReleased"} <= keys:
        try:
            found.made, entries = kev.exploited(data)
        except NotMembers as error:
            raise BadDocument(f"not a whole catalogue of known exploited vulnerabilities: {error}", where=where,
                              remedy=_AGAIN) from error
        return found, lambda builder, name: builder.exploited(name, entries)
    if {"id", "modified"} <= keys:
        return _osv_files([path])
    raise BadDocument("this is neither Debian's tracker nor an OSV record nor the catalogue of known exploited "
                      "vulnerabilities", where=where, remedy="name a feed of one of the kinds in docs/feeds.md")


def _osv_zip(path: Path) -> tuple[_Found, _Reader]:
    found = _Found(Kind.OSV)

    def documents() -> Iterator[tuple[str, bytes]]:
        with path.open("rb") as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                found.digest.update(part)
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".json"):
                    if member.file_size > RECORD_LIMIT:
                        raise NotMembers(f"{member.filename} has more than {RECORD_LIMIT} bytes")
                    yield member.filename, archive.read(member)

    return found, lambda builder, name: builder.advices(_osv_lines(found, documents()))


def _osv_files(paths: Sequence[Path]) -> tuple[_Found, _Reader]:
    found = _Found(Kind.OSV, whole=False)

    def documents() -> Iterator[tuple[str, bytes]]:
        for path in paths:
            with path.open("rb") as file:
                data = file.read(RECORD_LIMIT + 1)
            if len(data) > RECORD_LIMIT:
                raise NotMembers(f"{path} has more than {RECORD_LIMIT} bytes")
            found.digest.update(data)
            yield str(path), data

    return found, lambda builder, name: builder.advices(_osv_lines(found, documents()))


def _osv_lines(found: _Found, documents: Iterator[tuple[str, bytes]]) -> Iterator[Advice]:
    """The lines of all records; the newest record dates the feed."""
    for name, data in documents:
        try:
            record = osv.record(data)
        except NotMembers as error:
            raise NotMembers(f"{name}: {error}") from error
        modified = record.modified if record.modified.tzinfo else record.modified.replace(tzinfo=UTC)
        found.made = max(found.made or modified, modified)
        some = False
        for advice in osv.advices(record):
            some = True
            yield advice
        found.left_out += not some


def _json_files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.rglob("*.json") if one.is_file())
        elif path.suffix == ".json":
            files.append(path)
        else:
            raise UsageError("several feeds cannot be imported as one", where=str(path),
                             remedy="give one file, or directories and .json files of OSV records")
    if not files:
        raise UsageError("there is no .json file of an OSV record", where=str(paths[0]),
                         remedy="name a directory of OSV records, or one file of a feed")
    return files


def _default_name(found: _Found, read: _Reader, paths: Sequence[Path]) -> str:
    """``kev``, ``debian-tracker``, or ``osv-`` and the distribution of the first record that names one."""
    if found.kind is not Kind.OSV:
        return str(found.kind)
    taster = _Taster()
    read(taster, "")  # type: ignore[arg-type]
    families = sorted({advice.space.partition(":")[0].lower().replace(" ", "-") for advice in taster.some})
    found.digest, found.left_out = hashlib.sha256(), 0
    return "osv-" + ("-".join(families) or "none")


class _Taster:
    """Reads on until the first lines of a feed."""

    def __init__(self) -> None:
        self.some: list[Advice] = []

    def advices(self, advices: Iterator[Advice]) -> None:
        self.some = [advice for advice, _ in zip(advices, range(1), strict=False)]


@contextmanager
def _unpacked(path: Path, found: _Found) -> Iterator[Callable[[int], bytes]]:
    """Read a file on and on, unpacked if it is packed, noting its digest. Raises ``TooLarge``."""
    import bz2
    import gzip
    import lzma
    import zlib

    with path.open("rb") as raw:
        head = raw.read(6)
        raw.seek(0)
        name = next((one for mark, one in _PACKED.items() if head.startswith(mark)), "")
        streams: dict[str, Callable[[IO[bytes]], Any]] = {"gzip": gzip.open, "lzma": lzma.open, "bz2": bz2.open}
        stream = streams[name](raw) if name else raw
        damage = (EOFError, zlib.error, lzma.LZMAError, OSError) if name else EOFError
        total = 0

        def read(size: int) -> bytes:
            nonlocal total
            try:
                part: bytes = stream.read(size)
            except damage as error:
                raise NotMembers(str(error)) from error
            total += len(part)
            if total > SIZE_LIMIT:
                raise TooLarge(f"the feed has more than {SIZE_LIMIT} bytes once unpacked", where=str(path),
                               remedy=_AGAIN)
            found.digest.update(part)
            return part

        yield read
