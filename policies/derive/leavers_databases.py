"""Accounts of registration databases that belong to people who left, by the office's roster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hustings.errors import ConfigError
from hustings.facts import ACCOUNT, PERSON, Disclosure, Fact, Field, Listing, Missing, Observation, Reason, Type
from hustings.roster import parse
from hustings.times import parse_time
from policies.derive.base import Derived, Inputs

if TYPE_CHECKING:
    from hustings.access.model import AccessModel
    from hustings.access.state import State

_ROSTER, _STATE, _MODEL = "people.roster", "registration.access_state", "registration.access_model"


def _derive(inputs: Inputs) -> dict[str, Any]:
    return {"registration.leavers": _leavers(inputs)}


def _leavers(inputs: Inputs) -> Listing | Missing | None:
    roster, seen = inputs.facts[_ROSTER], inputs.facts[_STATE]
    if roster.absent:
        return None
    for name, input_ in ((_ROSTER, roster), (_STATE, seen)):
        if not input_.known:
            why = input_.missing or Missing(Reason.ERROR, "it was not read")
            return Missing(why.reason, f"{name}: {why.detail or why.reason}")
    from hustings.access.state import State

    state = msgspec.json.decode(str(seen.value), type=State)
    try:
        known = parse(str(roster.value), inputs.declared.roster)
        model = _model(inputs.facts[_MODEL])
    except ConfigError as error:
        return Missing(Reason.ERROR, f"{error.where}: {error.what}")
    now, found = parse_time(state.as_of), []
    superusers = _superusers(state)
    for one in state.principals:
        if not one.login or one.system:
            continue
        person = known.leaver(now.date(), *_names(one.name, model))
        if person is None:
            continue
        ended = one.valid_until is not None and parse_time(one.valid_until) <= now
        record = {"person": person.id, "account": one.name, "open": not (one.locked or ended),
                  "admin": one.name in superusers}
        found.append(record | ({"left": person.left.isoformat()} if person.left else {}))
    return Listing(found)


def _model(seen: Observation) -> AccessModel | None:
    """The access model, which knows the persons and addresses behind accounts; None without one. Raises
    ``ConfigError``."""
    if not seen.known:
        return None
    from hustings.access import reading

    return reading.parse(str(seen.value), _MODEL)[0]


def _names(login: str, model: AccessModel | None) -> tuple[str, ...]:
    """By what an account may be known: its name, without the host of MariaDB's, and what the model says."""
    user = login.partition("@")[0]
    said = [one for one in (model.accounts if model else ()) if one.login in (login, user)]
    return (login, user, *(name for one in said for name in (one.person, one.email) if name))


def _superusers(state: State) -> frozenset[str]:
    """The accounts that are superuser, or in a role that is."""
    found = {one.name for one in state.principals if one.superuser}
    while more := {one.member for one in state.memberships if one.role in found} - found:
        found |= more
    return frozenset(found)



DERIVED = Derived(
    facts=(
        Fact("registration.leavers", Type.RECORDS, "Accounts of the database that belong to people who left, by the "
             "office's roster; absent where none is declared", Disclosure.PSEUDONYM, each="database", fields=(
                 Field("person", Type.TEXT, "The person", PERSON), Field("account", Type.TEXT, "The account", ACCOUNT),
                 Field("open", Type.BOOL, "Whether somebody can sign in with it"),
                 Field("admin", Type.BOOL, "Whether it is superuser, or can become it"),
                 Field("left", Type.TIME, "The person's last day; absent where only the list of digests knows"))),
    ),
    inputs=(_ROSTER, _STATE, _MODEL),
    derive=_derive,
    releases="It tells which accounts of people who left are there, and whether they are open. Names leave as "
             "pseudonyms or as the access model's share says; the roster and the access lists stay.",
)
