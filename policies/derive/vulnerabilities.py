"""Known vulnerabilities of what is installed: the inventory joined with the imported feeds.

Without a feed, without one that speaks of this release, or with parts of the inventory missing, the answer is a
reason. A feed of single records may show that something is vulnerable, never that the rest is not.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hustings.facts import Disclosure, Fact, Field, Listing, Missing, Reason, Type
from hustings.times import utc_text
from policies.derive.base import Derived, Inputs
from policies.derive.support_records import table_of, text_of

if TYPE_CHECKING:
    from policies.feeds.advice import Exploited, Feed
    from policies.feeds.matching import Match
    from policies.feeds.releases import Place
    from policies.feeds.store import Store

FEEDS = "feeds"
"""The name under which the store of feeds, or the reason why there is none, stands among the tables."""
SHOWN = 500
"""The most fixable vulnerabilities that are listed, the worst first."""
NO_FEED = Missing(Reason.ERROR, "no feed of vulnerabilities was imported; see `hustings feeds import --help`")
_URGENCIES = ("critical", "important", "high", "medium", "moderate", "not yet assigned", "", "low", "negligible",
              "unimportant", "end-of-life")
_INPUTS = ("products.installed", "os.id", "os.version", "os.codename", "os.base_codename", "kernel.running",
           "kernel.running_version")


def _derive(inputs: Inputs) -> dict[str, Any]:
    from hustings.errors import HustingsError

    store = inputs.tables.get(FEEDS, NO_FEED)
    if isinstance(store, Missing):
        return _all(store)
    try:
        return _joined(inputs, store)
    except HustingsError as error:
        return _all(Missing(Reason.ERROR, f"{error.where}: {error.what}"))


def _joined(inputs: Inputs, store: Store) -> dict[str, Any]:
    from policies.feeds.advice import Kind, speaks_for
    from policies.feeds.matching import match
    from policies.feeds.releases import Confidence

    feeds = {one.name: one for one in store.feeds()}
    answer: dict[str, Any] = {"vulnerabilities.feeds": Listing([_feed_record(one) for one in feeds.values()])}
    catalogues = [one for one in feeds.values() if one.kind is Kind.KEV]
    catalogue = max(map(speaks_for, catalogues), default=None)
    no_catalogue = Missing(Reason.ERROR, "no catalogue of known exploited vulnerabilities was imported; "
                                         "see `hustings feeds import --help`")
    answer["vulnerabilities.exploited_as_of"] = utc_text(catalogue) if catalogue else no_catalogue
    where = _places(inputs, store)
    if isinstance(where, Missing):
        return _all(where) | answer
    as_of, whole = _speaking(where, store, feeds)
    answer["vulnerabilities.data_as_of"] = utc_text(as_of)
    inventory = _inventory(inputs)
    if isinstance(inventory, Missing):
        return _all(inventory) | answer
    installed, uncovered, complete = inventory
    found = match(store, where, installed)
    known = store.exploited({one.cve for one in found})
    why = None if complete and whole else Missing(
        Reason.TRUNCATED, "the feed holds single records, not all that its source knows" if complete
        else "not everything that is installed could be read")
    found.sort(key=lambda one: _rank(one, known))
    fixable = [one for one in found if one.fixed and one.confidence is not Confidence.REVIEW]
    listed = [_record(one, known) for one in fixable[:SHOWN]]
    cut = Missing(Reason.TRUNCATED, f"{len(fixable) - SHOWN} more") if len(fixable) > SHOWN else None
    answer["vulnerabilities.fixable"] = _listing(listed, why or cut)
    answer["vulnerabilities.fixable_count"] = len(fixable) if why is None else why
    answer["vulnerabilities.review_count"] = len(found) - len(fixable) if why is None else why
    answer["vulnerabilities.not_covered"] = uncovered if complete else why
    exploited = [_record(one, known) for one in found if one.cve in known]
    answer["vulnerabilities.known_exploited"] = _listing(exploited, why) if catalogue else no_catalogue
    return answer


def _places(inputs: Inputs, store: Store) -> list[Place] | Missing:
    from policies.feeds.releases import System, places

    said = {fact: text_of(inputs, fact) for fact in ("os.id", "os.version", "os.codename", "os.base_codename")}
    for one in said.values():
        if isinstance(one, Missing):
            return one
    system = System(*map(str, said.values()))
    found = places(system, store.spaces(), _codenames(inputs))
    if found:
        return found
    called = " ".join(filter(None, (system.id, system.version, system.codename)))
    return Missing(Reason.UNSUPPORTED, f"no imported feed speaks of {called}; see `hustings feeds status`")


def _codenames(inputs: Inputs) -> dict[str, str]:
    """Code names of Debian's and Ubuntu's releases, from the labels of the table of support dates."""
    table = table_of(inputs)
    if isinstance(table, Missing):
        return {}
    names = {}
    for product in ("debian", "ubuntu"):
        found = table.product(product)
        for cycle in found.cycles if found else ():
            words = cycle.name.partition("(")[2].rstrip(")").split()
            if words:
                names[words[0].lower()] = cycle.cycle
    return names


def _speaking(where: list[Place], store: Store, feeds: dict[str, Feed]) -> tuple[datetime, bool]:
    """The time the answer speaks for, and whether some feed holds all that is known of this release: the newest
    whole feed decides, since others only add to what it finds."""
    from policies.feeds.advice import speaks_for

    spaces = store.spaces()
    used = {name: feeds[name] for place in where for name in spaces[place.space]}
    whole = [one for one in used.values() if one.whole]
    return max(map(speaks_for, whole or used.values())), bool(whole)


def _inventory(inputs: Inputs) -> tuple[dict[Any, Any], int, bool] | Missing:
    from policies.feeds.matching import inventory

    seen = inputs.facts["products.installed"]
    if seen.missing is not None:
        return Missing(seen.missing.reason, f"products.installed: {seen.missing.detail or seen.missing.reason}")
    if seen.listing is None:
        return Missing(Reason.ERROR, "products.installed: there is no package database")
    table = table_of(inputs)
    marks = () if isinstance(table, Missing) else (*table.content.vendor_marks, *table.content.backport_marks)
    running = inputs.facts["kernel.running"]
    kernel = running.missing or (None if running.absent else str(running.value))
    own = inputs.facts["kernel.running_version"]
    version = str(own.value) if own.known and own.value else ""
    installed, uncovered = inventory(seen.listing.items, kernel, version, marks)
    return installed, uncovered, seen.listing.complete


def _rank(one: Match, known: dict[str, Exploited]) -> tuple[Any, ...]:
    """Known to be exploited first and by due day, then in use, then by the distribution's own urgency."""
    due = known[one.cve].due if one.cve in known else "9999"
    urgency = _URGENCIES.index(one.urgency) if one.urgency in _URGENCIES else _URGENCIES.index("")
    return (due, one.in_use is False, one.confidence, urgency, one.package, one.cve)


def _record(one: Match, known: dict[str, Exploited]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "cve": one.cve, "package": one.package, "installed": one.installed, "binary": one.binary,
        "confidence": str(one.confidence), "known_exploited": one.cve in known, "source": one.space,
        "in_use": (one.in_use if isinstance(one.in_use, bool)
                   else {"reason": str(one.in_use.reason), "detail": one.in_use.detail}),
    }
    optional = {"fixed": one.fixed, "urgency": one.urgency, "state": one.state,
                "due": known[one.cve].due if one.cve in known else ""}
    if one.cve in known:
        record["ransomware"] = known[one.cve].ransomware
    return record | {name: value for name, value in optional.items() if value}


def _feed_record(feed: Feed) -> dict[str, Any]:
    from policies.feeds.advice import speaks_for

    return {"name": feed.name, "kind": str(feed.kind), "made": utc_text(feed.made), "lines": feed.records,
            "speaks_for": utc_text(speaks_for(feed)), "digest": feed.digest, "whole": feed.whole}


def _listing(items: list[dict[str, Any]], why: Missing | None) -> Listing:
    return Listing(list(items), complete=why is None, why=why)


def _all(missing: Missing) -> dict[str, Any]:
    return {fact.id: missing for fact in DERIVED.facts}


_FIELDS = (
    Field("cve", Type.TEXT, "The vulnerability"),
    Field("package", Type.TEXT, "The source package that has it"),
    Field("binary", Type.TEXT, "An installed package built from it"),
    Field("installed", Type.VERSION, "Its version here"),
    Field("fixed", Type.VERSION, "The first version without it; absent if the distribution has published none"),
    Field("confidence", Type.TEXT, "exact: by the distribution's own fixed version; likely: by that of the "
                                   "distribution it is built from; review: without one that can be compared"),
    Field("in_use", Type.BOOL, "False for a kernel that is installed and not running"),
    Field("known_exploited", Type.BOOL, "Whether it is known to be used in attacks"),
    Field("due", Type.TIME, "The day by which it had to be closed; absent unless known to be exploited"),
    Field("ransomware", Type.BOOL, "Whether ransomware uses it; absent unless known to be exploited"),
    Field("urgency", Type.TEXT, "How the distribution rates it, in its own words; absent where it does not"),
    Field("state", Type.TEXT, "Why there is no fixed version: undetermined, no-dsa, postponed, ignored"),
    Field("source", Type.TEXT, "The part of the feed that says so"),
)


def _fact(name: str, kind: Type, meaning: str, fields: tuple[Field, ...] = (), unit: str = "") -> Fact:
    return Fact(f"vulnerabilities.{name}", kind, meaning, Disclosure.SHARED, unit=unit, fields=fields)


DERIVED = Derived(
    facts=(
        _fact("fixable", Type.RECORDS, "Vulnerabilities of what is installed that a newer version from the "
              f"distribution closes, known exploited ones first; at most {SHOWN}", _FIELDS),
        _fact("fixable_count", Type.INT, "How many of those there are"),
        _fact("known_exploited", Type.RECORDS, "Vulnerabilities of what is installed that are known to be "
              "exploited, whatever the confidence", _FIELDS),
        _fact("review_count", Type.INT, "How many further ones are possible: without a published fix, or not "
              "comparable"),
        _fact("not_covered", Type.INT, "How many installed things the feeds do not speak of: snaps, Flatpak "
              "applications, packages that someone else than the distribution made, backports"),
        _fact("data_as_of", Type.TIME, "The time the distribution's data speak for"),
        _fact("exploited_as_of", Type.TIME, "The time the catalogue of known exploited vulnerabilities speaks for"),
        _fact("feeds", Type.RECORDS, "The imported feeds", (
            Field("name", Type.TEXT, "Its name"),
            Field("kind", Type.TEXT, "debian-tracker, osv or kev"),
            Field("made", Type.TIME, "When its content was made"),
            Field("speaks_for", Type.TIME, "The time its answer holds for"),
            Field("lines", Type.INT, "How many lines it has"),
            Field("digest", Type.TEXT, "SHA-256 of what was imported"),
            Field("whole", Type.BOOL, "Whether it holds all its source knows"),
        )),
    ),
    inputs=_INPUTS,
    derive=_derive,
)
