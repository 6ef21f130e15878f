"""Every way to sign in to a tenant, as a space with finitely many values, and policies as boxes in it.

Its dimensions are the application, the kind of client, the platform, the two risks, whether the sign-in comes from
inside each named location, and whether the device fits each filter. Only what policies mention has a value of its
own; everything else is one more value. Locations and filters are asked one by one because they may overlap.
Sources: Microsoft's pages "Target resources", "Conditions", "Network assignment" and "Filter for devices".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from hustings.directory.entra import Policy, State
from policies.directory.entra_coverage import Box
from policies.directory.entra_demands import Answer, Demand

CLIENT, APP, PLATFORM, USER_RISK, SIGN_IN_RISK = range(5)
"""In the order in which a way to sign in is told: what comes first is kept where either would do."""
_NAMED = 5
CLIENTS = ("browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other")
MODERN, ACTIVE_SYNC, OTHER_CLIENTS = 0b0011, 0b0100, 0b1000
PLATFORMS = ("windows", "macOS", "iOS", "android", "linux", "windowsPhone", "unknown")
"""``unknown``: Chrome OS, and whatever else a device says of itself."""
RISKS = ("none", "low", "medium", "high")
OUTSIDE, INSIDE = 1, 2
"""Of a named location; of a device filter: the device does not fit the rule, or fits it."""
TRUSTED = "AllTrusted"
TRUSTED_IPS = "00000000-0000-0000-0000-000000000000"
"""The trusted addresses of the settings of multifactor authentication of old: trusted, and no named location."""
OFFICE, PORTALS = "Office365", "MicrosoftAdminPortals"
MAIL = "00000002-0000-0ff1-ce00-000000000000"
_IN_OFFICE = (MAIL, "00000003-0000-0ff1-ce00-000000000000", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe")
"""Exchange Online, SharePoint Online, Teams."""
NAMES = dict(zip(_IN_OFFICE, ("Exchange Online", "SharePoint Online", "Microsoft Teams"), strict=True))


class App(NamedTuple):
    """An application, or with an empty id all others of the kind."""

    id: str
    office: bool = False
    portals: bool = False
    supposed: bool = False
    """Stands for the case that an application which nothing is known of belongs to that group."""


class Space:
    """The dimensions that the policies of a tenant give it."""

    def __init__(self, state: State, policies: Iterable[Policy], registration: Sequence[str]) -> None:
        kept = list(policies)
        self.apps = _apps(kept, registration)
        self._trusted_known = state.missing("locations") is None
        self.location_names = {one.id.casefold(): one.name for one in state.locations}
        self._trusted = {one.id.casefold() for one in state.locations if one.trusted}
        named = {one for policy in kept for one in _folded((*policy.include_locations, *policy.exclude_locations))}
        if TRUSTED.casefold() in named:
            named |= self._trusted | {TRUSTED_IPS}
        self.locations = sorted(named - {"all", TRUSTED.casefold()})
        self.rules = sorted({_rule(policy) for policy in kept if policy.device_filter})
        self.whole: dict[int, int] = {
            APP: (1 << len(self.apps)) - 1, CLIENT: (1 << len(CLIENTS)) - 1, PLATFORM: (1 << len(PLATFORMS)) - 1,
            USER_RISK: (1 << len(RISKS)) - 1, SIGN_IN_RISK: (1 << len(RISKS)) - 1,
            **{_NAMED + number: OUTSIDE | INSIDE for number in range(len(self.locations) + len(self.rules))}}

    def location(self, dimension: int) -> str:
        """The named location of a dimension, "" for another dimension."""
        number = dimension - _NAMED
        return self.locations[number] if 0 <= number < len(self.locations) else ""

    def rule(self, dimension: int) -> str:
        """The device filter of a dimension, "" for another dimension."""
        number = dimension - _NAMED - len(self.locations)
        return self.rules[number] if number >= 0 else ""

    def supposed(self) -> int:
        """The applications that only stand for a case, as bits of ``APP``."""
        return self._of(lambda one: one.supposed)

    def registration_app(self, app: str) -> dict[int, int]:
        """The part of the space in which people sign in to one declared application, which speaks no old protocol."""
        return {APP: self._of(lambda one: one.id == app.casefold()), CLIENT: MODERN}

    def old_protocols(self) -> dict[int, int]:
        """The part in which old protocols are spoken: mail, and files of old Office programs."""
        return {APP: self._of(lambda one: one.office and (not one.id or one.id in _IN_OFFICE)),
                CLIENT: ACTIVE_SYNC | OTHER_CLIENTS}

    def impossible(self) -> Iterator[dict[int, int]]:
        """Sign-ins that there are not: ActiveSync is spoken by Exchange Online alone, and by the other old protocols
        no device is told, so that a filter meets one that the tenant does not know."""
        yield {CLIENT: ACTIVE_SYNC, APP: self._of(lambda one: one.id != MAIL)}
        for number, rule in enumerate(self.rules):
            side = _untold(rule)
            if side:
                yield {CLIENT: OTHER_CLIENTS, _NAMED + len(self.locations) + number: side ^ (OUTSIDE | INSIDE)}

    def accepted(self, locations: Iterable[str], managed: bool, sure: bool) -> dict[int, int]:
        """The part that is left when sign-ins from these locations, by name or id, and (``managed``) from managed
        devices are accepted as they are; ``sure``: what is meant for certain, where locations were not read."""
        folded = {one.casefold() for one in locations}

        def says(place: str) -> bool:
            return place in folded or self.location_names.get(place, "").casefold() in folded - {""}

        trusting = TRUSTED.casefold() in folded
        every = bool(folded) and (all(says(one) for one in self._trusted) if self._trusted_known else not sure)
        maybe = bool(folded) and not self._trusted_known and not sure
        left = {_NAMED + number: OUTSIDE for number, one in enumerate(self.locations)
                if maybe or says(one) or (one == TRUSTED_IPS and every) or (trusting and self._is_trusted(one, False))}
        if managed:
            for number, rule in enumerate(self.rules):
                side = _managed(rule)
                if side:
                    left[_NAMED + len(self.locations) + number] = side ^ (OUTSIDE | INSIDE)
        return left

    def boxes(self, bit: int, policy: Policy, demand: Demand, sure: bool) -> Iterator[Box]:
        """Where the policy demands it of those to whom it applies; ``sure``: as far as is known for certain."""
        least = Answer.YES if sure else Answer.MAYBE
        clients = sum(bits for bits, answer in zip((MODERN, ACTIVE_SYNC, OTHER_CLIENTS), demand, strict=True)
                      if answer >= least) & _chosen(policy.clients, CLIENTS)
        apps = self._covered_apps(policy, sure)
        if policy.others or policy.user_actions or policy.contexts or not clients or not apps:
            return
        platforms = _chosen(policy.include_platforms, PLATFORMS) & ~_named(policy.exclude_platforms, PLATFORMS)
        allows = {APP: apps, CLIENT: clients, PLATFORM: platforms, USER_RISK: _risks(policy.user_risks),
                  SIGN_IN_RISK: _risks(policy.sign_in_risks)}
        if policy.device_filter:
            side = {"include": INSIDE, "exclude": OUTSIDE}.get(policy.device_filter.partition(" ")[0].casefold())
            if side is None:
                return
            allows[_NAMED + len(self.locations) + self.rules.index(_rule(policy))] = side
        for place in self._expanded(policy.exclude_locations, trusting=sure):
            allows[place] = OUTSIDE
        if not policy.include_locations or "all" in _folded(policy.include_locations):
            yield Box(bit, allows)
            return
        for place in self._expanded(policy.include_locations, trusting=not sure):
            if allows.get(place, INSIDE) == INSIDE:
                yield Box(bit, {**allows, place: INSIDE})

    def _expanded(self, places: Sequence[str], trusting: bool) -> Iterator[int]:
        """The dimensions of these locations. ``trusting``: where it is not known which are trusted, all may be."""
        folded = _folded(places)
        trusted = TRUSTED.casefold() in folded
        for number, one in enumerate(self.locations):
            if one in folded or (trusted and self._is_trusted(one, trusting)):
                yield _NAMED + number

    def _is_trusted(self, place: str, unknown: bool) -> bool:
        if place == TRUSTED_IPS:
            return True
        return place in self._trusted if self._trusted_known else unknown

    def _covered_apps(self, policy: Policy, sure: bool) -> int:
        if policy.app_filter and sure:
            return 0
        included, excluded = _folded(policy.include_apps), _folded(policy.exclude_apps)

        def covers(one: App) -> bool:
            return (_meant(one, included) or (policy.app_filter and bool(one.id))) and not _meant(one, excluded)

        return self._of(covers)

    def _of(self, wanted: Callable[[App], bool]) -> int:
        return sum(1 << number for number, one in enumerate(self.apps) if wanted(one))


def _apps(policies: Sequence[Policy], registration: Sequence[str]) -> list[App]:
    apps = [App(""), App("", office=True), App("", portals=True), App("", office=True, portals=True)]
    apps += [App(one, office=True) for one in _IN_OFFICE]
    declared = _folded(registration) - {"", *_IN_OFFICE}
    apps += [App(one) for one in sorted(declared)]
    mentioned = {one for policy in policies for one in _folded((*policy.include_apps, *policy.exclude_apps))}
    inside = {one for policy in policies for one in _inside_office(policy)}
    for one in sorted(mentioned - declared - {"all", "none", OFFICE.casefold(), PORTALS.casefold(), *_IN_OFFICE}):
        apps += [App(one, office=True)] if one in inside else [
            App(one), App(one, office=True, supposed=True), App(one, portals=True, supposed=True)]
    return apps


def _inside_office(policy: Policy) -> frozenset[str]:
    """What is left out of a policy for Office 365 and for nothing else that could hold it belongs to Office 365."""
    included = _folded(policy.include_apps)
    if OFFICE.casefold() not in included or included & {"all", PORTALS.casefold()} or policy.app_filter:
        return frozenset()
    return _folded(policy.exclude_apps) - included


def _meant(one: App, names: frozenset[str]) -> bool:
    return ("all" in names or bool(one.id and one.id in names) or (one.office and OFFICE.casefold() in names)
            or (one.portals and PORTALS.casefold() in names))


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(one.casefold() for one in names)


def _rule(policy: Policy) -> str:
    _, _, rule = policy.device_filter.partition(" ")
    return " ".join(rule.split()).casefold()


_TERM = re.compile(r'device\.(\w+)\s+-(\w+)\s+(\[[^\]]*\]|"[^"]*"|\'[^\']*\'|\w+)')
_NEGATIVE = frozenset({"ne", "notequals", "notstartswith", "notendswith", "notcontains", "notin"})


def _managed(rule: str) -> int:
    """Which side of a device filter holds only managed devices: those that fit, those that do not, or 0 for neither.

    A device the tenant does not know has no attributes: it fits rules that say "not", and no others.
    """
    terms = [(name, operator, value.strip("\"'")) for name, operator, value in _TERM.findall(rule)]
    if not terms or re.search(r"-not\b", rule):
        return 0
    if all(operator in _NEGATIVE for _, operator, _ in terms):
        return OUTSIDE if all(_says_managed(name, value) for name, _, value in terms) else 0
    if any(operator in _NEGATIVE for _, operator, _ in terms):
        return 0
    return INSIDE if all(any(_says_managed(name, value.strip("\"'")) and operator in ("eq", "equals")
                             for name, operator, value in _TERM.findall(part))
                         for part in re.split(r"\s-or\s", rule)) else 0


def _untold(rule: str) -> int:
    """Which side of a device filter a device is on that the tenant does not know, or 0 where that is not clear."""
    terms = _TERM.findall(rule)
    if not terms or len(terms) != rule.count("device.") or re.search(r"-not\b", rule) or any(
            value == "null" for _, _, value in terms):
        return 0
    negative = {operator in _NEGATIVE for _, operator, _ in terms}
    return 0 if len(negative) > 1 else INSIDE if True in negative else OUTSIDE


def _says_managed(name: str, value: str) -> bool:
    return (name, value) in {("iscompliant", "true"), ("trusttype", "serverad"), ("trusttype", "azuread")}


def _chosen(values: Sequence[str], words: Sequence[str]) -> int:
    return (1 << len(words)) - 1 if not values or "all" in _folded(values) else _named(values, words)


def _named(values: Sequence[str], words: Sequence[str]) -> int:
    folded = _folded(values)
    return sum(1 << number for number, one in enumerate(words) if one.casefold() in folded)


def _risks(levels: Sequence[str]) -> int:
    return _named(levels, RISKS) if levels else (1 << len(RISKS)) - 1


def describe_apps(space: Space, bits: int) -> list[App]:
    """The applications among these bits, the widest first."""
    return [one for number, one in enumerate(space.apps) if bits >> number & 1]

