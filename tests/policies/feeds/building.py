"""Stores made from the samples, and a machine's facts to match against them."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hustings.declared import Declared
from hustings.facts import Facts, Listing, Missing, Observation, Reason
from policies import pack as packs
from policies.derive.base import derive_all
from policies.derive.vulnerabilities import FEEDS
from policies.feeds.importing import Imported, Wish, import_feed
from policies.feeds.store import Store
from tests.policies.feeds.samples import KEV, OSV, TRACKER, text

NOW = datetime(2026, 11, 22, tzinfo=UTC)
AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
PACK = packs.shipped()
TABLES = PACK.tables
UNSUPPORTED = Missing(Reason.UNSUPPORTED, "an image")


def put(place: Path, store: Path, document: Any, name: str = "feed.json", **wish: Any) -> Imported:
    """Import a document into a store."""
    path = place / name
    path.write_bytes(document if isinstance(document, bytes) else text(document))
    return import_feed([path], store, Wish(**{"as_of": AS_OF, "whole": True, **wish}), NOW)


def zipped(place: Path, records: list[dict[str, Any]] = OSV, name: str = "all.zip") -> Path:
    """The records as a zip of one ecosystem has them."""
    path = place / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", text(record))
    return path


def filled(place: Path, tracker: Any = TRACKER, kev: Any = KEV) -> Path:
    """A store with Debian's tracker and the catalogue, or what is given of them."""
    store = place / "feeds.db"
    if tracker is not None:
        put(place, store, tracker)
    if kev is not None:
        put(place, store, kev, "kev.json")
    return store


def product(name: str, version: str, upstream: str = "", source: str = "dpkg", **more: str) -> dict[str, str]:
    return {"name": name, "version": version, "source": source, "upstream": upstream or name, **more}


def known(value: Any) -> Observation:
    if isinstance(value, Missing):
        return Observation(missing=value)
    if isinstance(value, list):
        return Observation(listing=Listing(value), as_of=NOW)
    return Observation(absent=True, as_of=NOW) if value is None else Observation(value=value, as_of=NOW)


def machine(*products: dict[str, str], **more: Any) -> Facts:
    """A Debian 12 machine with some packages; ``os__id`` stands for ``os.id``."""
    said = {"os.id": "debian", "os.version": "12", "os.codename": "bookworm", "os.edition": None,
            "os.name": "Debian GNU/Linux 12 (bookworm)", "os.base_codename": None, "kernel.running": UNSUPPORTED,
            "kernel.running_version": UNSUPPORTED, "products.installed": list(products)}
    return {name: known(value) for name, value in (said | {name.replace("__", "."): value
                                                           for name, value in more.items()}).items()}


def derived(facts: Facts, store: Path | Missing | None) -> Facts:
    """The ``vulnerabilities.*`` facts."""
    if isinstance(store, Path):
        with Store(store) as opened:
            found = derive_all(facts, Declared(), {**TABLES, FEEDS: opened}, NOW)
    else:
        found = derive_all(facts, Declared(), {**TABLES, **({FEEDS: store} if store else {})}, NOW)
    return {name: seen for name, seen in found.items() if name.startswith("vulnerabilities.")}


def items(facts: Facts, name: str) -> list[dict[str, Any]]:
    listing = facts[f"vulnerabilities.{name}"].listing
    assert listing is not None, facts[f"vulnerabilities.{name}"]
    return listing.items
