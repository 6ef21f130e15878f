"""What a tenant's policies together demand of each account, for every way there is to sign in.

Three answers are kept apart: demanded by what surely applies; let through even if everything that may apply did; and
undecided, with what is not known. Only enforced policies demand anything. Security defaults demand it of everybody
and refuse old protocols, except of the account that synchronises a directory; the setting by user demands it of that
user.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from hustings.directory.entra import Policy, State, User
from hustings.facts import Reason
from policies.directory.context import Context
from policies.directory.entra_coverage import Box, Cell, Coverage, TooMany
from policies.directory.entra_demands import Answer, Question, demand
from policies.directory.entra_scope import Applies, Scope
from policies.directory.entra_space import APP, CLIENT, CLIENTS, MODERN, Space

DEMANDED, REFUSED, SLIPS, UNDECIDED = "demanded", "refused", "not demanded", "undecided"
ENABLED, REPORT_ONLY = "enabled", "enabledForReportingButNotEnforced"


@dataclass(frozen=True)
class View:
    """What is asked, of which part of the space, and what else is accepted."""

    question: Question
    app: str = ""
    """One declared registration system, by its application id."""
    locations: tuple[str, ...] = ()
    managed: bool = False
    clients: int = 0
    """Only these clients, as bits; 0 for all."""


@dataclass(frozen=True)
class Verdict:
    """The answer for one account."""

    outcome: str
    by: int = 0
    """The policies that together demand it, as bits."""
    hole: Cell | None = None
    """A way to sign in that nothing covers."""
    doubts: tuple[str, ...] = ()
    """Sections that would decide it."""


class Engine:
    """A tenant's policies, ready to be asked."""

    def __init__(self, state: State, context: Context) -> None:
        self.state, self.context = state, context
        self.policies = sorted(state.policies, key=lambda one: (one.id, one.name))
        self.variants = list(_variants(self.policies))
        tenant = context.tenant
        self.space = Space(state, self.policies, tenant.registration_apps)
        self.scope = Scope(state, self.policies)
        self.strengths = {one.id.casefold(): one for one in state.strengths}
        count = len(self.policies) + len(self.variants)
        self.defaults, self.by_user, self.by_user_modern, self.unseen = (1 << count + one for one in range(4))
        self.in_force = self._in_state(ENABLED)
        self.report_only = self._in_state(REPORT_ONLY)
        self.switched_off = (1 << len(self.policies)) - 1 & ~self.in_force & ~self.report_only
        self._coverages: dict[tuple[View, bool], Coverage] = {}
        self._judged: dict[tuple[View, int, int, tuple[tuple[str, int], ...]], Verdict] = {}

    def view(self, question: Question, app: str = "") -> View:
        """The question with what the tenant's declaration accepts."""
        tenant = self.context.tenant
        return View(question, app.casefold(), tenant.trusted_locations, tenant.accept_managed_devices)

    def applies(self, user: User) -> Applies:
        """The policies that apply to an account and are in force, with the settings beside them."""
        found = self.scope.of(user)
        sure, may, doubts = found.sure & self.in_force, found.may & self.in_force, dict(found.doubts)
        defaults = 0 if self.scope.synchronises(user) else self.defaults
        if self.state.security_defaults:
            sure |= defaults
        elif defaults and self.state.missing("security_defaults"):
            may, doubts = may | defaults, doubts | {"security_defaults": defaults}
        if self.state.missing("policies"):
            may, doubts = may | self.unseen, doubts | {"policies": self.unseen}
        if user.per_user_mfa.casefold() == "enforced":
            sure |= self.by_user
        elif user.per_user_mfa.casefold() == "enabled":
            sure |= self.by_user_modern
        elif not user.per_user_mfa and self._set_by_user_perhaps:
            may, doubts = may | self.by_user, doubts | {"per_user_mfa": self.by_user}
        return Applies(sure, may | sure, found.excluded, tuple(sorted(doubts.items())))

    def judge(self, user: User, view: View) -> Verdict:
        """Whether what the view asks for is demanded of every sign-in of the account."""
        applies = self.applies(user)
        key = (view, applies.sure, applies.may, applies.doubts)
        found = self._judged.get(key)
        if found is None:
            try:
                found = self._decide(view, applies)
            except TooMany:
                found = Verdict(UNDECIDED, doubts=("too_many",))
            self._judged[key] = found
        return found

    def settles(self, view: View, policies: int, more: int, hole: Cell) -> bool:
        """Whether ``policies`` and ``more`` surely demand it everywhere, where ``policies`` left a hole (of this view
        or of one that accepts less). Not where the search was given up."""
        coverage = self._coverage(view, sure=True)
        point = coverage.point(hole)
        if point is not None and not coverage.holds(more, point):
            return False
        try:
            return isinstance(coverage.decide(policies | more), int)
        except TooMany:
            return False

    def fills(self, view: View, policies: int, hole: Cell) -> bool:
        """Whether these policies demand it in a hole that was found, of the most ordinary sign-ins that fit it: from
        anywhere, on Windows, without risk, to an application that nobody names if it holds one."""
        coverage = self._coverage(view, sure=True)
        point = coverage.point(hole)
        clients = hole.get(CLIENT, self.space.whole[CLIENT]) & self._part(view)[CLIENT]
        return bool(policies) and point is not None and all(
            coverage.holds(policies, point | {CLIENT: 1 << number}) for number in range(len(CLIENTS))
            if clients >> number & 1)

    @cached_property
    def _set_by_user_perhaps(self) -> bool:
        """Whether the setting by user may hold for accounts of which it was not read: not where Graph has none."""
        missing = self.state.missing("per_user_mfa")
        return missing is not None and missing.reason != Reason.UNSUPPORTED and not self.demanding

    @cached_property
    def demanding(self) -> bool:
        """Whether an enforced policy demands a second factor of anybody for signing in: then the tenant governs it
        by conditional access, beside which the setting by user is not to be used."""
        return bool(self._coverage(View(Question.SECOND_FACTOR), sure=False).useful & self.in_force)

    @cached_property
    def _blocking(self) -> int:
        return sum(1 << number for number, one in enumerate(self.policies) if "block" in one.controls)

    def names(self, bits: int) -> list[str]:
        """What these bits are, in words."""
        said = [f"the policy \"{one.name or one.id}\"" for number, one in enumerate(self.policies)
                if bits >> number & 1]
        said += ["security defaults"] if bits & self.defaults else []
        return said + (["the setting by user"] if bits & (self.by_user | self.by_user_modern) else [])

    def _decide(self, view: View, applies: Applies) -> Verdict:
        surely = self._coverage(view, sure=True).decide(applies.sure)
        if isinstance(surely, int):
            refused = self._coverage(view, sure=True).decide(applies.sure & self._blocking)
            return Verdict(REFUSED, refused) if isinstance(refused, int) else Verdict(DEMANDED, surely)
        at_most = self._coverage(view, sure=False).decide(applies.may)
        if not isinstance(at_most, int):
            return Verdict(SLIPS, hole=self._telling(view, applies.may, at_most.cell))
        doubts = [name for name, bits in applies.doubts if bits & at_most]
        vague = at_most & applies.sure
        if self.state.missing("locations") and self.space.locations:
            doubts.append("locations")
        if any(vague >> number & 1 and self._vague(one, view) for number, one in enumerate(self.policies)):
            doubts.append("strengths")
        if any(vague >> number & 1 and one.app_filter for number, one in enumerate(self.policies)):
            doubts.append("app_filter")
        return Verdict(UNDECIDED, hole=surely.cell, doubts=tuple(doubts) or ("app_groups",))

    def _telling(self, view: View, policies: int, cell: Cell) -> Cell:
        """A hole for modern clients, if there is one besides one for old protocols."""
        if view.clients or view.question == Question.OLD_PROTOCOLS or cell.get(CLIENT, MODERN) & MODERN:
            return cell
        modern = self._coverage(replace(view, clients=MODERN), sure=False).decide(policies)
        return cell if isinstance(modern, int) else {CLIENT: MODERN} | modern.cell

    def _vague(self, policy: Policy, view: View) -> bool:
        return Answer.MAYBE in demand(policy, self.strengths, view.question, view.managed)

    def _coverage(self, view: View, sure: bool) -> Coverage:
        key = (view, sure)
        if key not in self._coverages:
            self._coverages[key] = Coverage(self._part(view, sure), self._boxes(view, sure))
        return self._coverages[key]

    def _part(self, view: View, sure: bool = True) -> dict[int, int]:
        """What must be covered; where not ``sure``, only what must be for certain."""
        part = dict(self.space.whole)
        part[APP] &= ~0 if sure else ~self.space.supposed()
        if view.app:
            part |= self.space.registration_app(view.app)
        elif view.question == Question.OLD_PROTOCOLS:
            part |= self.space.old_protocols()
        if view.clients:
            part[CLIENT] &= view.clients
        return part | self.space.accepted(view.locations, view.managed, sure)

    def _boxes(self, view: View, sure: bool) -> Iterator[Box]:
        for number, policy in enumerate((*self.policies, *(one for _, one in self.variants))):
            asked = demand(policy, self.strengths, view.question, view.managed)
            yield from self.space.boxes(1 << number, policy, asked, sure)
        old = {CLIENT: self.space.whole[CLIENT] & ~MODERN}
        yield Box(self.unseen, {})
        yield from (Box(0, one) for one in self.space.impossible())
        match view.question:
            case Question.SECOND_FACTOR:
                yield Box(self.defaults, {})
                yield Box(self.by_user, {})
                yield Box(self.by_user_modern, {CLIENT: MODERN})
            case Question.PHISHING_RESISTANT:
                yield Box(self.defaults, old)
                yield Box(self.by_user, old)
            case Question.OLD_PROTOCOLS:
                yield Box(self.defaults, {})

    def _in_state(self, state: str) -> int:
        return sum(1 << number for number, one in enumerate(self.policies) if one.state == state)


def _variants(policies: list[Policy]) -> Iterator[tuple[int, Policy]]:
    """Policies in force as they would be without what they leave out, with the bit of the policy each comes from."""
    for number, one in enumerate(policies):
        if one.state == ENABLED and one.exclude_apps:
            yield 1 << number, msgspec.structs.replace(one, exclude_apps=())
        if one.state == ENABLED and one.exclude_platforms:
            yield 1 << number, msgspec.structs.replace(one, exclude_platforms=())


def without_locations(view: View, *places: str) -> View:
    """The view in which sign-ins from these places are accepted besides."""
    return replace(view, locations=(*view.locations, *places))
