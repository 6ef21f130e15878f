"""What the grant of a conditional access policy demands of a sign-in.

Sources: Microsoft's pages "Conditional Access: Grant", "Conditions" and "Conditional Access authentication strength".
A sign-in by an old protocol cannot answer a request for a second factor, for terms of use,
and shows no device: a policy that asks for one of them refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from hustings.directory.entra import Policy, Strength


class Answer(IntEnum):
    """Whether something is demanded. ``MAYBE`` where an authentication strength could not be read."""

    NO = 0
    MAYBE = 1
    YES = 2


class Question(IntEnum):
    """What is asked of a tenant's policies."""

    SECOND_FACTOR = 0
    """Is a second factor demanded, or the sign-in refused?"""
    PHISHING_RESISTANT = 1
    """Is a method demanded that cannot be phished, or the sign-in refused?"""
    OLD_PROTOCOLS = 2
    """Is a sign-in by an old protocol refused?"""


class Demand(NamedTuple):
    """By the kind of client."""

    modern: Answer
    active_sync: Answer
    other: Answer


_RESISTANT = frozenset({"fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"})
_WHOLE = _RESISTANT | {"deviceBasedPush", "federatedMultiFactor", "temporaryAccessPassOneTime",
                       "temporaryAccessPassMultiUse"}
"""Modes that are two factors by themselves, by Microsoft's table of the built-in strengths."""
_FIRST = frozenset({"password", "federatedSingleFactor", "x509CertificateSingleFactor"})
_SECOND = frozenset({"microsoftAuthenticatorPush", "softwareOath", "hardwareOath", "sms", "voice"})
_BUILT_IN = {
    "00000000-0000-0000-0000-000000000002": Question.SECOND_FACTOR,
    "00000000-0000-0000-0000-000000000003": Question.SECOND_FACTOR,
    "00000000-0000-0000-0000-000000000004": Question.PHISHING_RESISTANT,
}
"""The strengths every tenant has, and the most they demand: multifactor, passwordless, phishing-resistant."""
_MANAGED = frozenset({"compliantDevice", "domainJoinedDevice"})
_NOT_BY_OLD = frozenset({"mfa", "<strength>", "<terms>"})
_TERMS = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
"""Terms of use are named by a GUID; what else is no control of this list may be anything, and is not relied upon."""


def demand(policy: Policy, strengths: Mapping[str, Strength], question: Question, managed: bool = False) -> Demand:
    """What the policy demands where it applies. ``strengths`` are by folded id; ``managed``: a compliant or joined
    device counts as a factor.

    ActiveSync can tell of a device, the other old protocols cannot."""
    controls = [*policy.controls, *(["<strength>"] if policy.strength else []),
                *("<terms>" if _TERMS.match(one) else "<other>" for one in policy.other_controls)]
    if "block" in controls:
        return Demand(Answer.YES, Answer.YES, Answer.YES)
    every = policy.operator.upper() != "AND"
    return Demand(
        Answer.NO if question == Question.OLD_PROTOCOLS else _combined(
            every, (_modern(one, policy, strengths, question, managed) for one in controls)),
        _combined(every, (_old(one, _NOT_BY_OLD | (_MANAGED if managed else frozenset())) for one in controls)),
        _combined(every, (_old(one, _NOT_BY_OLD | _MANAGED) for one in controls)))


def satisfies(combinations: Iterable[str], question: Question) -> bool:
    """Whether every one of these combinations of an authentication strength is enough. False for none at all."""
    kept = list(combinations)
    return bool(kept) and all(_enough(one, question) for one in kept)


def _combined(every: bool, answers: Iterable[Answer]) -> Answer:
    """Of alternatives all must demand it; of things asked together one is enough."""
    return (min if every else max)(answers, default=Answer.NO)


def _modern(control: str, policy: Policy, strengths: Mapping[str, Strength], question: Question,
            managed: bool) -> Answer:
    if control == "mfa":
        return Answer.YES if question == Question.SECOND_FACTOR else Answer.NO
    if control in _MANAGED:
        return Answer.YES if managed and question == Question.SECOND_FACTOR else Answer.NO
    if control != "<strength>":
        return Answer.NO
    most = _BUILT_IN.get(policy.strength)
    if most is not None:
        return Answer.YES if most >= question else Answer.NO
    known = strengths.get(policy.strength.casefold())
    if known is None or not known.combinations:
        return Answer.MAYBE
    return Answer.YES if satisfies(known.combinations, question) else Answer.NO


def _old(control: str, refused: frozenset[str]) -> Answer:
    return Answer.YES if control in refused else Answer.NO


def _enough(combination: str, question: Question) -> bool:
    modes = {one.strip() for one in combination.split(",") if one.strip()}
    if question == Question.PHISHING_RESISTANT:
        return bool(modes & _RESISTANT)
    return bool(modes & _WHOLE) or bool(modes & _FIRST and modes & _SECOND)
