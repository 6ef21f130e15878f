"""Of each account: is a second factor demanded of every sign-in, who slips through, and why (IAM-01, IAM-02).

Also who may use a method that can be phished (IAM-04), and who is let in by old protocols (IAM-05).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hustings.directory.entra import User
from hustings.facts import Listing, Missing, Reason
from policies.directory.entra_demands import Question
from policies.directory.entra_engine import SLIPS, UNDECIDED, Engine, Verdict, View
from policies.directory.entra_near import WHY, Explaining, Explanation
from policies.directory.entra_people import People
from policies.directory.entra_words import place, protocols

NOT_FOUND = "not_found"
UNDECIDED_BY = {
    "policies": "The conditional access policies could not be read.",
    "security_defaults": "Whether security defaults are on could not be read.",
    "groups": "The members of a group that a policy names could not all be read.",
    "roles": "Who holds a role that a policy names could not be read.",
    "guests": "A policy is for guests of some organisations only.",
    "strengths": "An authentication strength that a policy demands could not be read.",
    "locations": "Which named locations are trusted could not be read.",
    "app_filter": "A policy chooses applications by an attribute that is not read.",
    "app_groups": "Whether an application that a policy names belongs to Office 365 or to the administration portals "
                  "is not known.",
    "per_user_mfa": "Whether multifactor authentication is set by user could not be read.",
    "too_many": "The policies are too entangled to be worked out.",
    NOT_FOUND: "The tenant has no application of this id.",
}
"""What ``why`` of an account or an application that is undecided may say."""
APP_PASSWORDS = "app_passwords"
LEGACY_WHY = WHY | {APP_PASSWORDS: "The setting by user lets old programs in by app passwords, which are one factor."}
"""What ``why`` of an account open to old protocols may say."""


class Answers:
    """The answers about one tenant."""

    def __init__(self, engine: Engine, people: People) -> None:
        self.engine, self.people = engine, people
        self._explaining = Explaining(engine)

    def facts(self) -> dict[str, Any]:
        """The facts about second factors."""
        view = self.engine.view(Question.SECOND_FACTOR)
        judged = [(user, self.engine.judge(user, view)) for user in self.people.users]
        slipping = [(user, verdict) for user, verdict in judged if verdict.outcome == SLIPS]
        undecided = [(user, verdict) for user, verdict in judged
                     if verdict.outcome == UNDECIDED and not self.people.declared(user)]
        unclear = self._lacking([one for one in undecided if not outside(one[0])])
        admins = [one for one in slipping if one[0].id in self.people.admins]
        others = [one for one in slipping if one[0].id not in self.people.admins]
        unseen = self.people.unseen_holders() if any(
            not self.people.declared(user) and not outside(user) for user, _ in others) else None
        return {
            **self._weak_accepted(), **self._legacy(), **self._registration_apps(),
            "directory.admins_without_mfa": self.people.of_users(
                admins, lambda one: self._slip(*one, view), unclear or unseen),
            "directory.people_without_mfa": self.people.of_users(others, lambda one: self._slip(*one, view), unclear),
            "directory.mfa_undecided": self.people.of_users(undecided, lambda one: {
                "account": one[0].name, "admin": self.people.is_admin(one[0]), "guest": outside(one[0]),
                "why": one[1].doubts[0], "detail": self.doubt(one[1])}),
        }

    def explain(self, user: User, verdict: Verdict, view: View) -> Explanation:
        """Why it slips through, and what would settle it; an expired declaration first."""
        found = self._explaining.of(user, verdict, view, "as break_glass" if user.id in self.people.admins else
                                    "in may_skip_mfa")
        over = self.people.expired(user) if view.question == Question.SECOND_FACTOR else None
        if over is None:
            return found
        said = f"It was declared in may_skip_mfa until {over.until}, which is over."
        return Explanation(found.why, f"{said} {found.near_miss}".strip())

    def detail(self, user: User, verdict: Verdict, view: View) -> str:
        """Which way to sign in is open."""
        what = {Question.SECOND_FACTOR: "A password alone lets it in", Question.PHISHING_RESISTANT:
                "A method that can be phished lets it in", Question.OLD_PROTOCOLS: "It is let in"}[view.question]
        return f"{what} {place(self.engine.space, verdict.hole or {})}."

    def doubt(self, verdict: Verdict) -> str:
        """What would decide it, naming what to grant where that is known."""
        return " ".join(self._doubt(one) for one in verdict.doubts)

    def _doubt(self, one: str) -> str:
        missing = self.engine.state.missing(one)
        return UNDECIDED_BY[one] + (f" ({missing.detail})" if missing is not None and missing.detail else "")

    def _lacking(self, undecided: list[tuple[User, Verdict]]) -> Missing | None:
        """Why a list of those who slip through may lack some: the first account that matters and is undecided."""
        if not undecided:
            return None
        first = undecided[0][1]
        known = next((missing for one in first.doubts if (missing := self.engine.state.missing(one))), None)
        return known or Missing(Reason.ERROR, UNDECIDED_BY[first.doubts[0]])

    def _slip(self, user: User, verdict: Verdict, view: View) -> dict[str, Any]:
        said = self.explain(user, verdict, view)
        record = {"account": user.name, "why": said.why, "guest": outside(user),
                  "declared": self.people.declared(user), "detail": self.detail(user, verdict, view)}
        return record | ({"near_miss": said.near_miss} if said.near_miss and not record["declared"] else {})

    def _weak_accepted(self) -> dict[str, Any]:
        view = self.engine.view(Question.PHISHING_RESISTANT)
        found, undecided = [], []
        for user in self._of_weight():
            verdict = self.engine.judge(user, view)
            if verdict.outcome == UNDECIDED and not self.people.declared(user):
                undecided.append((user, verdict))
            elif verdict.outcome == SLIPS:
                said = self.explain(user, verdict, view)
                found.append({"account": user.name, "admin": user.id in self.people.admins, "why": said.why,
                              "declared": self.people.declared(user), "detail": self.detail(user, verdict, view),
                              **({"near_miss": said.near_miss} if said.near_miss else {})})
        return {"directory.weak_method_accepted": self.people.listing(
            found, self._lacking(undecided) or self.people.unseen_holders() or self.people.unseen_high_value)}

    def _of_weight(self) -> Iterator[User]:
        return (user for user in self.people.users if user.id in self.people.admins or self.people.high_value(user))

    def _legacy(self) -> dict[str, Any]:
        view = self.engine.view(Question.OLD_PROTOCOLS)
        found, undecided = [], []
        for user in self.people.users:
            verdict = self.engine.judge(user, view)
            if verdict.outcome == UNDECIDED and not self.people.declared(user):
                undecided.append((user, verdict))
            elif verdict.outcome == SLIPS:
                found.append((user, verdict))
        return {"directory.legacy_open": self.people.of_users(
                    found, lambda one: self._old(*one, view), self._lacking(undecided)),
                "directory.legacy_undecided": self.people.of_users(undecided, lambda one: {
                    "account": one[0].name, "why": one[1].doubts[0], "detail": self.doubt(one[1])})}

    def _old(self, user: User, verdict: Verdict, view: View) -> dict[str, Any]:
        said = self.explain(user, verdict, view)
        by_user = user.per_user_mfa.casefold() == "enforced"
        detail = LEGACY_WHY[APP_PASSWORDS] if by_user else self.detail(user, verdict, view)
        record = {"account": user.name, "protocol": protocols(self.engine.space, verdict.hole or {}),
                  "why": APP_PASSWORDS if by_user else said.why, "declared": self.people.declared(user),
                  "detail": detail}
        return record | ({"near_miss": said.near_miss} if said.near_miss and not record["declared"] else {})

    def _registration_apps(self) -> dict[str, Any]:
        apps = self.people.context.tenant.registration_apps
        if not apps:
            return {"directory.app_without_mfa": None, "directory.app_undecided": None}
        state, found = self.engine.state, list[tuple[User, tuple[str, Verdict, View]]]()
        there = {one.id.casefold() for one in state.applications}
        strange = [one for one in apps if one.casefold() not in there and not state.missing("applications")]
        unclear: dict[str, tuple[User, Verdict]] = {}
        for app in apps:
            if app in strange:
                continue
            view = self.engine.view(Question.SECOND_FACTOR, app)
            for user in self.people.users:
                verdict = self.engine.judge(user, view)
                if verdict.outcome == UNDECIDED and not self.people.declared(user):
                    unclear.setdefault(app, (user, verdict))
                elif verdict.outcome == SLIPS:
                    found.append((user, (app, verdict, view)))
        return {"directory.app_without_mfa": self.people.of_users(
            found, self._in_app, self._lacking(list(unclear.values())) or (
                Missing(Reason.ERROR, UNDECIDED_BY[NOT_FOUND]) if strange else None)),
                "directory.app_undecided": Listing([
                    {"application": app, "why": one.doubts[0], "detail": self.doubt(one)}
                    for app, (_, one) in unclear.items()] + [
                    {"application": app, "why": NOT_FOUND, "detail": UNDECIDED_BY[NOT_FOUND]} for app in strange])}

    def _in_app(self, one: tuple[User, tuple[str, Verdict, View]]) -> dict[str, Any]:
        user, (app, verdict, view) = one
        return {"application": app, "account": user.name, "why": self.explain(user, verdict, view).why,
                "declared": self.people.declared(user), "detail": self.detail(user, verdict, view)}


def outside(user: User) -> bool:
    """Whether the account is a guest's, or belongs to another organisation's person."""
    return user.guest or user.external
