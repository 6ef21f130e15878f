"""One line of a feed, whoever wrote it, and what a feed says of itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from hustings.times import Moment
from policies.feeds.versions import Scheme


class Kind(StrEnum):
    """The formats that are understood."""

    DEBIAN = "debian-tracker"
    OSV = "osv"
    KEV = "kev"


class Advice(NamedTuple):
    """A package of one release of a distribution, and a vulnerability of it."""

    space: str
    """The distribution and release, as its feed names it: ``debian/bookworm``, ``Ubuntu:24.04:LTS``."""
    package: str
    cve: str
    fixed: str
    """The first version without it; "" if none is published."""
    introduced: str = ""
    """The first version with it; "" for all versions before ``fixed``."""
    urgency: str = ""
    """How the distribution rates it, in its own words, lower case."""
    state: str = ""
    """Why there is no fixed version: undetermined, no-dsa, postponed, ignored; "" where nothing is said."""


class Exploited(NamedTuple):
    """A vulnerability that is known to be used in attacks."""

    cve: str
    due: str
    """The day by which it must be closed, ``2026-11-22``."""
    ransomware: bool


class Feed(msgspec.Struct, frozen=True):
    """What is known of an imported feed."""

    name: str
    kind: Kind
    made: Moment
    """When its content was made, as far as it or its server says so."""
    confirmed: Moment
    """When it was last heard that this is still its newest state; ``made`` for a file."""
    imported: Moment
    digest: str
    records: int
    whole: bool
    """Whether it holds all its source knows. Of single records nothing can be concluded for other packages."""
    origin: str
    """The file or address it came from."""
    etag: str = ""
    last_modified: str = ""


def scheme_of(space: str) -> Scheme | None:
    """How the versions of a distribution are ordered; None for what is no distribution of packages."""
    name = space.partition(":")[0].partition("/")[0]
    return _SCHEMES.get(name)


_SCHEMES = {
    "debian": Scheme.DEB, "Debian": Scheme.DEB, "Ubuntu": Scheme.DEB, "Alpine": Scheme.APK, "Rocky Linux": Scheme.RPM,
    "AlmaLinux": Scheme.RPM, "Red Hat": Scheme.RPM, "SUSE": Scheme.RPM, "openSUSE": Scheme.RPM,
}


def speaks_for(feed: Feed, credible_days: int = 30) -> datetime:
    """The time a feed's answer holds for: when it was last confirmed, as long as its content is not much older.

    A quiet feed does not change for days and is still true; but a mirror that has stood still for a month is
    not believed when it says that nothing is new.
    """
    still = 0 <= (feed.confirmed - feed.made).total_seconds() <= credible_days * 86400
    return feed.confirmed if still else feed.made
