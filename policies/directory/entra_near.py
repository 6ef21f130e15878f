"""Why an account slips through, and which one change would settle it: each is tried by deciding anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hustings.directory.entra import Policy, User
from policies.directory.entra_coverage import Cell
from policies.directory.entra_demands import Question
from policies.directory.entra_engine import Engine, Verdict, View, without_locations
from policies.directory.entra_scope import Applies, Source
from policies.directory.entra_space import (
    APP,
    CLIENT,
    INSIDE,
    MODERN,
    PLATFORM,
    SIGN_IN_RISK,
    TRUSTED,
    USER_RISK,
)
from policies.directory.entra_words import place

WHY = {
    "excluded": "A policy that would demand it excludes the account.",
    "report_only": "A policy that would demand it is only reported, not enforced.",
    "switched_off": "A policy that would demand it is switched off.",
    "old_clients": "It is demanded of modern clients, and programs of old protocols are let through.",
    "application": "It is not demanded for some applications.",
    "platform": "It is not demanded on some platforms.",
    "location": "It is not demanded from some places.",
    "device": "It is not demanded on some devices, or a managed device is accepted instead.",
    "risk": "It is demanded at some levels of risk only.",
    "no_policy": "No enforced policy demands it of the account.",
}
"""What ``why`` of an account that slips through may say."""


@dataclass(frozen=True)
class Explanation:
    """Why, and what alone would settle it ("" where no single change would)."""

    why: str
    near_miss: str


class Explaining:
    """Explanations of one engine, kept by what matters."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._groups = {one.id.casefold(): one.name for one in engine.state.groups}
        self._roles = {one.role.casefold(): one.role_name for one in engine.state.roles}
        self._kept: dict[tuple[object, ...], Explanation] = {}

    def of(self, user: User, verdict: Verdict, view: View, declaring: str = "in may_skip_mfa") -> Explanation:
        """Of an account that slips through; ``declaring``: where the office can say that it is meant."""
        applies, reaching = self._engine.applies(user), self._engine.scope.of(user)
        key = (view, declaring, applies.sure, reaching.sure, reaching.may, reaching.excluded,
               tuple(sorted((verdict.hole or {}).items())))
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = next(self._tried(applies, reaching, verdict, view, declaring),
                                           Explanation(self._by_hole(verdict), ""))
        return found

    def _tried(self, applies: Applies, reaching: Applies, verdict: Verdict, view: View, declaring: str
               ) -> Iterator[Explanation]:
        engine, sure, hole = self._engine, applies.sure, verdict.hole or {}
        yield from self._by_exclusion(sure, reaching, hole, view, declaring)
        for why, state, words in (("report_only", engine.report_only, "enforced, not report-only"),
                                  ("switched_off", engine.switched_off, "switched on")):
            candidates = [1 << number for number in range(len(engine.policies))
                          if (reaching.sure & state) >> number & 1]
            for bits in (*candidates, reaching.sure & state):
                if bits and engine.settles(view, sure, bits, hole):
                    yield Explanation(why, f"It would pass if {_listed(engine.names(bits))} were {words}.")
        for number, (origin, policy) in enumerate(engine.variants):
            bit = 1 << len(engine.policies) + number
            if origin & sure and engine.settles(view, sure, bit, hole):
                left = "application" if policy.exclude_apps != self._of(origin).exclude_apps else "platform"
                yield Explanation(left, f"It would pass if {_listed(engine.names(origin))} left out no {left}: now a "
                                  f"sign-in {place(engine.space, hole)} is let through.")
        for where in self._locations(verdict):
            if hole and engine.settles(without_locations(view, where), sure, sure, hole):
                name = engine.space.location_names.get(where, where)
                yield Explanation("location", f"It would pass if \"{name}\" were declared in trusted_locations.")
        if not view.managed and engine.settles(replace(view, managed=True), sure, sure, hole):
            yield Explanation("device", "It would pass if accept_managed_devices were declared: a compliant or joined "
                              "device is taken instead.")
        if not view.clients and not view.app and view.question != Question.OLD_PROTOCOLS and engine.settles(
                replace(view, clients=MODERN), sure, sure, hole):
            yield Explanation("old_clients", "It would pass if a policy blocked programs of old protocols for it.")
        if not (engine.in_force or engine.state.security_defaults or view.question == Question.PHISHING_RESISTANT
                or engine.state.missing("policies", "security_defaults")):
            yield Explanation(self._by_hole(verdict), "It would pass if security defaults were switched on.")
        if engine.state.security_defaults:
            yield Explanation(self._by_hole(verdict), "Security defaults leave out what synchronises the directory: it "
                              "would pass if it were declared in service_accounts."
                              if view.question == Question.SECOND_FACTOR else "")
        if engine.fills(view, reaching.sure & engine.report_only, hole):
            yield Explanation("report_only", "")

    def _by_exclusion(self, sure: int, reaching: Applies, hole: Cell, view: View, declaring: str
                      ) -> Iterator[Explanation]:
        """An exclusion can always be declared; whether taking it back is enough as well is tried."""
        engine = self._engine
        for source, bits in self._exclusions(reaching):
            enough = engine.settles(view, sure, bits, hole)
            if enough or engine.fills(view, bits, hole):
                yield Explanation("excluded", f"It would pass if the exclusion of {self._source(source)} from "
                                  f"{_listed(engine.names(bits))} were declared {declaring}"
                                  + (", or taken back." if enough else "; taking it back alone is not enough."))
        every = 0
        for _, bits in reaching.excluded:
            every |= bits & engine.in_force
        if every and engine.fills(view, every, hole):
            yield Explanation("excluded", f"It would pass if its exclusions from {_listed(engine.names(every))} were "
                              f"declared {declaring}.")

    def _of(self, bit: int) -> Policy:
        return self._engine.policies[bit.bit_length() - 1]

    def _exclusions(self, reaching: Applies) -> Iterator[tuple[Source, int]]:
        """By what alone the account is out of which policies in force."""
        for source, bits in reaching.excluded:
            others = 0
            for other, more in reaching.excluded:
                others |= 0 if other == source else more
            if bits & ~others & self._engine.in_force:
                yield source, bits & ~others & self._engine.in_force

    def _source(self, source: Source) -> str:
        if source.kind == "group":
            return f"the group \"{self._groups.get(source.id) or source.id}\""
        if source.kind == "role":
            return f"the role {self._roles.get(source.id) or source.id}"
        return "guests" if source.kind == "guests" else "the account"

    def _locations(self, verdict: Verdict) -> Iterator[str]:
        for dimension, bits in (verdict.hole or {}).items():
            where = self._engine.space.location(dimension)
            if where and bits == INSIDE:
                yield where
        yield TRUSTED

    def _by_hole(self, verdict: Verdict) -> str:
        hole, space = verdict.hole or {}, self._engine.space
        if not hole:
            return "no_policy"
        if APP in hole:
            return "application"
        if CLIENT in hole:
            return "old_clients" if not hole[CLIENT] & MODERN else "no_policy"
        if PLATFORM in hole:
            return "platform"
        if any(space.location(one) for one in hole):
            return "location"
        if USER_RISK in hole or SIGN_IN_RISK in hole:
            return "risk"
        return "device"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else "no policy"
