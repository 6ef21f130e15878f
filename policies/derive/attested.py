"""What people attest, as facts: purely from the records of what was entered, withdrawn and when.

Of each form the newest attestation speaks, unless it was withdrawn: then nobody has said anything. Words stay out:
only what a check can judge becomes a fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from hustings.facts import Disclosure, Fact, Facts, Field, Listing, Observation, Type
from hustings.times import utc_text
from policies import attestations
from policies.attestations import CONTACTS, Form, Kind
from policies.derive.base import Derived
from policies.derive.office import Asset


class Attestation(msgspec.Struct, frozen=True, array_like=True):
    """One attestation in force at some moment: the newest of its form, not withdrawn."""

    form: str
    day: date
    until: date
    """The last day on which it holds."""
    artefact: bool
    answers: Mapping[str, Any]


class Contact(msgspec.Struct, frozen=True, array_like=True):
    """Somebody the office calls, as far as facts tell: no name and no number."""

    sector: str
    reached: date | None
    """When a test call last reached them."""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """Everything people said for an office at one moment."""

    kind: str = "office"
    """``office`` or ``campaign``."""
    attestations: tuple[Attestation, ...] = ()
    contacts: tuple[Contact, ...] = ()


def attested_facts(said: Said, assets: Sequence[Asset] | None, voting_days: Iterable[date], now: datetime) -> Facts:
    """The facts that people attest, and those of the office that say which of them it is asked."""
    today = now.astimezone(UTC).date()
    ahead = [(day - today).days for day in voting_days if day >= today]
    behind = [(today - day).days for day in voting_days if day < today]
    by_form = {one.form: one for one in said.attestations}
    facts = {
        "office.kind": Observation(value=said.kind, as_of=now),
        "office.days_to_voting": _number(min(ahead, default=None), now),
        "office.days_since_voting": _number(min(behind, default=None), now),
        CONTACTS: Observation(listing=Listing([_contact(one) for one in said.contacts]), as_of=now),
        "office.roles": Observation(absent=True, as_of=now) if assets is None else Observation(
            listing=Listing(sorted({role for one in assets for role in one.roles})), as_of=now),
    }
    for form in attestations.forms().values():
        one = by_form.get(form.id)
        facts[form.fact] = Observation(listing=Listing([] if one is None else [_record(form, one, assets)]),
                                       as_of=now)
    return facts


def _number(value: int | None, now: datetime) -> Observation:
    return Observation(absent=True, as_of=now) if value is None else Observation(value=value, as_of=now)


def _record(form: Form, one: Attestation, assets: Sequence[Asset] | None) -> dict[str, Any]:
    """The item of a form's fact. An answer that is not there, or not of its kind, leaves its field out: unknown. So
    does an answer about assets where no inventory says which there are."""
    record: dict[str, Any] = {"day": _begins(one.day), "until": _begins(one.until + timedelta(days=1)),
                              "artefact": one.artefact}
    for question in form.fields:
        fact = question.fact
        if fact is None or question.name not in one.answers:
            continue
        name, kind = fact
        answer = one.answers[question.name]
        if question.kind is Kind.ASSETS:
            if assets is None:
                continue
            wanted = {each.name for each in assets if not set(question.roles).isdisjoint(each.roles)}
            record[name] = len(wanted.difference(answer if isinstance(answer, list) else ()))
        elif type(answer) is _KINDS[kind]:
            record[name] = answer
    return record


_KINDS = {Type.BOOL: bool, Type.INT: int, Type.TIME: str, Type.TEXT: str}


def _begins(day: date) -> str:
    """The first moment of a day, as facts write it: a bare date would be read as its end."""
    return utc_text(datetime.combine(day, time(), UTC))


def _contact(one: Contact) -> dict[str, Any]:
    return {"sector": one.sector, **({"reached": _begins(one.reached)} if one.reached else {})}


def _fact(form: Form) -> Fact:
    made = [Field(fact[0], fact[1], (f"How many assets are left out of: {one.label.en}" if one.kind is Kind.ASSETS
                                     else one.label.en).rstrip("."))
            for one in form.fields if (fact := one.fact) is not None]
    return Fact(form.fact, Type.RECORDS, f"The attestation of row {form.id} in force; no item where nobody attested "
                "it, or it was withdrawn", Disclosure.SHARED, fields=(
                    Field("day", Type.TIME, "The day of the fact attested"),
                    Field("until", Type.TIME, "From when it no longer holds"),
                    Field("artefact", Type.BOOL, "Whether the hash of a file stands behind it"), *made))


FACTS = (
    Fact("office.kind", Type.TEXT, "Whether it is an office or a campaign", Disclosure.SHARED),
    Fact("office.roles", Type.TEXTS, "The roles of all assets of the declared inventory", Disclosure.SHARED),
    Fact("office.days_to_voting", Type.INT, "Days until the next day of voting; absent where none is declared",
         Disclosure.SHARED, unit="days"),
    Fact("office.days_since_voting", Type.INT, "Days since the last day of voting; absent where none is declared",
         Disclosure.SHARED, unit="days"),
    Fact(CONTACTS, Type.RECORDS, "The office's contacts, by sector alone", Disclosure.SHARED, fields=(
        Field("sector", Type.TEXT, "Their sector"),
        Field("reached", Type.TIME, "When a test call last reached them; absent if never"),
    )),
    *(_fact(form) for form in attestations.forms().values()),
)

DERIVED = Derived(facts=FACTS, inputs=(), derive=None)
