"""Of each account: is 2-step verification demanded of every sign-in, who slips through, and why (IAM-01, IAM-02).

Two sources are put together: what Google itself says of the account (``isEnforcedIn2Sv``) and the settings that cover
it. Where they differ the better of the two is never believed. Sources: Google's help "Deploy 2-Step Verification"
(a new user's enrolment period lets in with the password alone) and "Policy API supported settings" (enforcement
starts at a time, 1970 for off).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hustings.directory.google import SignOn, User
from hustings.facts import Listing, Missing, Reason
from hustings.times import parse_time, utc_text
from policies.directory.google_people import People
from policies.directory.google_settings import NOT_SET, Settings

ENFORCEMENT = ("security.two_step_verification_enforcement", "enforcedFrom")
ENROLMENT = ("security.two_step_verification_enrollment", "allowEnrollment")
PERIOD = ("security.two_step_verification_grace_period", "enrollmentGracePeriod")
FACTORS = ("security.two_step_verification_enforcement_factor", "allowedSignInFactorSet")

WHY = {
    "not_enforced": "Google says that 2-step verification is not enforced for the account.",
    "own_choice": "The account uses 2-step verification by its own choice and may turn it off.",
    "not_allowed": "The setting does not let the account turn 2-step verification on.",
    "starts_later": "The setting enforces 2-step verification from a later day.",
    "google_says_no": "The setting enforces 2-step verification, but Google says that it does not for this account.",
    "new_account": "A new account may sign in with its password alone until its enrolment period is over.",
}
"""What ``why`` of an account that slips through may say."""
UNDECIDED = {
    "setting_says_no": "Google says that 2-step verification is enforced for the account, and the setting that covers "
                       "it says that it is not.",
    "not_told": "Google does not say whether 2-step verification is enforced for the account.",
    "enrolment_period": "The account has no second step yet, and it cannot be told whether its enrolment period, in "
                        "which a password is enough, is over.",
    "signed_in_elsewhere": "The account signs in at another service, of which Google cannot say what it demands.",
}
"""What ``why`` of an account that is undecided may say."""
ACCEPTED = {
    "no_second_step": "No second step is demanded at all.",
    "any_method": "Codes by text message or call are accepted.",
    "codes_and_prompts": "Codes and prompts are accepted, which a false sign-in page passes on.",
    "security_codes": "Security codes are accepted besides security keys, from anywhere.",
    "local_security_codes": "Security codes are accepted besides security keys, within the same network.",
}
"""What ``why`` of an account with a weak method may say."""
_SETS = {"ALL": "any_method", "NO_TELEPHONY": "codes_and_prompts", "PASSKEY_PLUS_SECURITY_CODE": "security_codes",
         "PASSKEY_PLUS_IP_BOUND_SECURITY_CODE": "local_security_codes", "PASSKEY_ONLY": ""}
"""Values of ``allowedSignInFactorSet``; "" for what cannot be phished."""
_KEYS_ALONE = "Passkeys and security keys alone, enforced for its organisational unit, would settle it."
_OFF = 1971
"""Before this year an enforcement was never switched on: Google writes 1970 for off."""
_SECONDS = re.compile(r"(\d{1,12})(?:\.\d+)?s\Z")
_ELSEWHERE = frozenset({"SAML_SSO", "OIDC_SSO"})
_LONGEST = timedelta(days=184)
"""The longest enrolment period that can be set is six months."""


@dataclass(frozen=True)
class Verdict:
    """The answer for one account: ``demanded``, or why it slips through, or why that cannot be said."""

    slips: str = ""
    undecided: str = ""
    detail: str = ""
    near_miss: str = ""

    @property
    def demanded(self) -> bool:
        return not self.slips and not self.undecided


class SecondSteps:
    """The answers about one tenant."""

    def __init__(self, people: People, settings: Settings) -> None:
        self.people, self.settings = people, settings
        self.now = people.context.now
        self._sign_on = _SignOn(people)

    def facts(self) -> dict[str, Any]:
        """The facts about second steps."""
        people = self.people
        slipping, undecided = [], []
        for user in people.users:
            verdict = self.judge(user)
            if verdict.slips:
                slipping.append((user, verdict))
            elif verdict.undecided and self.declared(user) is not True:
                undecided.append((user, verdict))
        admins = [one for one in slipping if one[0].id in people.admins]
        others = [one for one in slipping if one[0].id not in people.admins]
        of_admins = [one for one in undecided if people.is_admin(one[0]) is not False]
        of_others = [one for one in undecided if one[0].id not in people.admins]
        unseen = people.unseen_admins if any(self.declared(user) is not True for user, _ in others) else None
        return {
            "directory.admins_without_mfa": people.listing(
                (self._slip(*one) for one in admins), self._doubt(of_admins), unseen),
            "directory.people_without_mfa": people.listing(
                (self._slip(*one) for one in others), self._doubt(of_others)),
            "directory.mfa_undecided": people.listing((
                {"account": user.name, "admin": people.is_admin(user), "guest": user.guest, "why": verdict.undecided,
                 "detail": verdict.detail or UNDECIDED[verdict.undecided]} for user, verdict in undecided),
                self._unread()),
            "directory.weak_method_accepted": self._weak_accepted(),
        }

    def _unread(self) -> Missing | None:
        """Why accounts of which Google says that it is enforced may be undecided all the same: what might say
        otherwise was not read, or it is not known whom it covers."""
        state = self.people.state
        why = self.settings.missing or state.missing("sign_on")
        if why is None and any(self._may_be_off(one) for one in self.people.users):
            why = state.missing("groups") or Missing(
                Reason.ERROR, "which of several settings says whether a second step is enforced cannot be told")
        return why

    def _may_be_off(self, user: User) -> bool:
        status = self._status(user)
        barred = "barred" not in status and False in self.settings.values(user, *ENROLMENT)
        return user.enforced is True and (barred or (len(status) > 1 and not status <= {"now", "unset"}))

    def _doubt(self, undecided: list[tuple[User, Verdict]]) -> Missing | None:
        """Why a list of those who slip through may lack some, naming what to grant where a setting would tell."""
        if not undecided:
            return None
        why = next((one.undecided for _, one in undecided if one.undecided != "enrolment_period"), "enrolment_period")
        by_setting = self.settings.missing if why == "enrolment_period" else None
        return by_setting or Missing(Reason.ERROR, UNDECIDED[why])

    def declared(self, user: User) -> bool | dict[str, str]:
        """Whether the account is declared: of administrators, only break-glass ones may be."""
        if user.id in self.people.admins:
            return self.people.context.break_glass(user.id, user.name, *user.aliases)
        return self.people.declared(user)

    def judge(self, user: User) -> Verdict:
        """Whether the second step is demanded of an account now."""
        status = self._status(user)
        if user.enforced is None:
            return Verdict(undecided="not_told")
        if not user.enforced:
            return self._not_enforced(user, status)
        without = Verdict() if user.enrolled else self._not_enrolled(user)
        if without.slips:
            return without
        if status and not status & {"now", "unset"}:
            later = " from a later day" if "later" in status else ""
            return Verdict(undecided="setting_says_no", detail="Google says that 2-step verification is enforced for "
                           f"the account; the setting that covers it enforces it{later or ' not'}.")
        if self._sign_on.elsewhere(user):
            return Verdict(undecided="signed_in_elsewhere")
        return without

    def _not_enforced(self, user: User, status: frozenset[str]) -> Verdict:
        over = self.people.expired(user)
        said = f"It was declared in may_skip_mfa until {over.until}, which is over. " if over is not None else ""
        if status == {"barred"}:
            return Verdict(slips="not_allowed", detail=WHY["not_allowed"], near_miss=said + "Allowing the account's "
                           "organisational unit to turn 2-step verification on, and enforcing it, would settle it.")
        if status == {"later"}:
            return Verdict(slips="starts_later", detail=f"{WHY['starts_later'][:-1]}: {self._from(user)}.",
                           near_miss=said + "It settles itself on that day; enforcing it now would settle it at once.")
        if status == {"now"}:
            why = "new_account" if self._may_be_new(user) and not user.enrolled else "google_says_no"
            return Verdict(slips=why, detail=WHY[why], near_miss=said + (
                "Setting up its second step would settle it." if not user.enrolled else
                "Google takes up to a day after a change: if it stays so, see the account's organisational unit."))
        if user.enrolled:
            return Verdict(slips="own_choice", detail=WHY["own_choice"], near_miss=said + "Enforcing 2-step "
                           "verification for its organisational unit would settle it: it is set up already.")
        return Verdict(slips="not_enforced", detail=WHY["not_enforced"], near_miss=said + "Enforcing 2-step "
                       "verification for its organisational unit would settle it.")

    def _not_enrolled(self, user: User) -> Verdict:
        """It is enforced, and the account has no second step, or may have none: it is locked out, or in its
        enrolment period."""
        if self.settings.missing is not None:
            old = user.created is not None and user.created <= self.now - _LONGEST and user.last_sign_in is not None
            return Verdict() if old else Verdict(undecided="enrolment_period", detail=(
                f"{UNDECIDED['enrolment_period']} {self.settings.missing.detail}").strip())
        over = {self._is_over(user, one) for one in self._periods(user)}
        if over == {True}:
            return Verdict()
        if over == {False} and user.enrolled is False:
            return Verdict(slips="new_account", detail=WHY["new_account"], near_miss="Setting up its second step, or "
                           "an enrolment period of none, would settle it.")
        return Verdict(undecided="enrolment_period")

    def _is_over(self, user: User, period: timedelta | None) -> bool | None:
        """Whether an enrolment period is over. It is said to run for new users, and not whether from the account's
        making or from its first sign-in: one that never signed in may have all of it before it."""
        if period is None:
            return None
        if not period:
            return True
        if user.created is None:
            return None
        if user.created + period > self.now:
            return False
        return True if user.last_sign_in is not None else None

    def _may_be_new(self, user: User) -> bool:
        return self.settings.missing is None and any(
            self._is_over(user, one) is not True for one in self._periods(user))

    def _periods(self, user: User) -> list[timedelta | None]:
        return [timedelta(0) if one is NOT_SET else _duration(one) for one in self.settings.values(user, *PERIOD)]

    def _status(self, user: User) -> frozenset[str]:
        """What the settings may say: ``now``, ``later``, ``off``, ``barred``, ``unset``; nothing where they were not
        read or are not understood."""
        if self.settings.missing is not None:
            return frozenset()
        if self.settings.values(user, *ENROLMENT) == (False,):
            return frozenset({"barred"})
        found = set()
        for one in self.settings.values(user, *ENFORCEMENT):
            since = _time(one)
            if one is NOT_SET:
                found.add("unset")
            elif since is None:
                return frozenset()
            else:
                found.add("off" if since.year < _OFF else "now" if since <= self.now else "later")
        return frozenset(found)

    def _from(self, user: User) -> str:
        times = [since for one in self.settings.values(user, *ENFORCEMENT) if (since := _time(one)) is not None]
        return utc_text(min(times)) if times else ""

    def _slip(self, user: User, verdict: Verdict) -> dict[str, Any]:
        return {"account": user.name, "why": verdict.slips, "guest": user.guest, "declared": self.declared(user),
                "detail": verdict.detail, "near_miss": verdict.near_miss}

    def _weak_accepted(self) -> Listing | Missing:
        people = self.people
        if self.settings.missing is not None:
            return self.settings.missing
        found: list[dict[str, Any]] = []
        doubt: Missing | None = None
        for user in people.users:
            if user.id not in people.admins and not people.high_value(user):
                continue
            why, unsure = self._accepts(user)
            if unsure is not None and self.declared(user) is not True:
                doubt = doubt or unsure
            elif why:
                found.append({"account": user.name, "admin": people.is_admin(user), "why": why,
                              "declared": self.declared(user), "detail": ACCEPTED[why], "near_miss": _KEYS_ALONE})
        return people.listing(found, doubt, self._unseen_with(people))

    def _accepts(self, user: User) -> tuple[str, Missing | None]:
        """Why a method that can be phished is accepted ("" where none is), or why that cannot be said."""
        verdict = self.judge(user)
        if verdict.slips:
            return "no_second_step", None
        sets = self.settings.values(user, *FACTORS)
        ways = [_SETS.get(one) if isinstance(one, str) else None for one in sets]
        if None in ways:
            return "", Missing(Reason.ERROR, "Google names a set of methods that this release does not know")
        if len(set(ways)) > 1 and "" in ways:
            return "", self.people.state.missing("groups") or Missing(
                Reason.ERROR, "which of several settings for the methods covers an account cannot be told")
        if any(ways):
            return next(one for one in ways if one), None
        return ("", None) if verdict.demanded else ("", Missing(Reason.ERROR, UNDECIDED[verdict.undecided]))

    def _unseen_with(self, people: People) -> Missing | None:
        """Others than the known administrators may be some: that matters only if they would be let in weakly."""
        unseen = people.unseen_admins or people.unseen_high_value
        if unseen is None:
            return None
        others = (one for one in people.users if one.id not in people.admins and not people.high_value(one))
        return unseen if any(self._accepts(one) != ("", None) for one in others) else None


class _SignOn:
    """Who signs in at another service. By Google's reference the assignment to a group with the lowest rank goes
    first, then the one to the nearest organisational unit."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._units = {one.id: one.path for one in people.state.units}
        self._groups = sorted((one for one in people.state.sign_on if one.group), key=lambda one: one.rank)
        self._of_units = sorted((one for one in people.state.sign_on if not one.group), key=self._depth, reverse=True)

    def elsewhere(self, user: User) -> bool:
        """Whether it does, or may."""
        for one in self._groups:
            within = self._people.within(one.group, user)
            if within or (within is None and one.mode in _ELSEWHERE):
                return one.mode in _ELSEWHERE
        for one in self._of_units:
            path = self._units.get(one.unit)
            if path is None and one.mode in _ELSEWHERE:
                return True
            if path is not None and (path == "/" or user.unit == path or user.unit.startswith(path + "/")):
                return one.mode in _ELSEWHERE
        return False

    def _depth(self, one: SignOn) -> int:
        path = self._units.get(one.unit)
        return 0 if path is None or path == "/" else path.count("/")


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _duration(value: Any) -> timedelta | None:
    found = _SECONDS.match(value) if isinstance(value, str) else None
    try:
        return timedelta(seconds=int(found[1])) if found else None
    except OverflowError:
        return None

