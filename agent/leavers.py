"""``hustings leavers``: every place, seen from this machine, where people who left still have access, by person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import Exit, UsageError

if TYPE_CHECKING:
    from hustings.declared import Declared
    from hustings.facts import Facts

SCHEMA = "hustings.leavers/1"
PLACES = {"directory.leavers": "directory", "registration.leavers": "database", "accounts.leavers": "machine"}
"""The facts that hold leavers' accounts, and the kind of place each is about."""


@dataclass(frozen=True, slots=True)
class Access:
    """An account of somebody who left. ``open`` and ``admin`` are None where it could not be said; for ``open`` the
    reason is in ``why``."""

    person: str
    left: str
    kind: str
    place: str
    account: str
    open: bool | None
    admin: bool | None
    why: str = ""


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", type=click.Path(path_type=Path), help="machine.yaml, instead of /etc/hustings/machine.yaml.")
@click.option("--roster", type=click.Path(path_type=Path), help="The roster, instead of the one that it names.")
def leavers(form: str, config: Path | None, roster: Path | None) -> None:
    """Every place where people who left still have access, by person.

    Compares the office's roster with the declared directories and databases and with this machine's accounts.
    Exit code 1: somebody still has access. 3: a place could not be read, and nobody was found elsewhere.
    """
    import msgspec

    from agent import audit as audits
    from agent import config as configs
    from hustings import roster as rosters
    from policies import pack as packs
    from policies.conditions import facts_used

    declared = configs.load(config)
    if roster is not None:
        declared = msgspec.structs.replace(declared, roster=str(roster.absolute()))
    if not declared.roster:
        raise UsageError("no roster says who left", where="--roster",
                         remedy="name one with --roster, or as `roster:` in machine.yaml (docs/roster.md)")
    host, pack = audits.open_host(), packs.shipped()
    try:
        text = Path(declared.roster).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the roster cannot be read: {error}", where=declared.roster,
                         remedy="name a file of UTF-8 text that you may read") from error
    rosters.parse(text, declared.roster)
    resting = [one.id for one in pack.checks if facts_used(one.require) & PLACES.keys()]
    facts, _ = audits.look(host, declared, pack, only=resting)
    here = audits.name_of(host)
    found, unread = sorted(accesses(facts, here), key=_order), places_unread(facts, declared, here)
    click.echo(_json(found, unread) if form == "json" else _text(found, unread))
    if any(one.open for one in found):
        raise click.exceptions.Exit(int(Exit.NO))
    if unread or any(one.open is None for one in found):
        raise click.exceptions.Exit(int(Exit.CANNOT))


def accesses(facts: Facts, here: str) -> Iterator[Access]:
    """Every account of a leaver in some facts; ``here`` names the machine."""
    for name, seen in facts.items():
        fact, _, subject = name.partition("@")
        if fact in PLACES and seen.listing is not None:
            for one in seen.listing.items:
                is_open = one.get("open", True)
                known = isinstance(is_open, bool)
                yield Access(one["person"], one.get("left") or "", PLACES[fact], subject or here, one["account"],
                             is_open if known else None, _said(one.get("admin", False)), "" if known else str(is_open))


def _said(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def places_unread(facts: Facts, declared: Declared, here: str) -> list[tuple[str, str, str]]:
    """Kind, place and reason of each that could not be read, or only in part."""
    unread = []
    for name, seen in sorted(facts.items()):
        fact, _, subject = name.partition("@")
        if fact not in PLACES:
            continue
        if seen.missing is not None:
            unread.append((PLACES[fact], subject or here, str(seen.missing)))
        elif seen.listing is not None and not seen.listing.complete:
            unread.append((PLACES[fact], subject or here, str(seen.listing.why or "not all of it could be read")))
    return unread


def _order(one: Access) -> tuple[bool, str, str, str]:
    return one.open is False, one.person, one.kind, one.place


def _text(found: list[Access], unread: list[tuple[str, str, str]]) -> str:
    from agent.render import visible

    lines: list[str] = []
    person = None
    for one in found:
        if one.open is False:
            continue
        if one.person != person:
            person = one.person
            lines += ["", f"{one.person}" + (f"  left {one.left[:10]}" if one.left else "")]
        state = "open" if one.open else f"may be open ({one.why})"
        lines.append(f"  {one.kind:<9}  {one.place}  {one.account}  {state}" + ("  administrator" if one.admin else ""))
    closed = sum(one.open is False for one in found)
    people = len({one.person for one in found if one.open})
    accounts = sum(one.open is True for one in found)
    unsure = sum(one.open is None for one in found)
    summary = (f"People who left and still have access: {people}, by accounts: {accounts}." if people
               else "Nobody who left is known to have access.")
    if unsure:
        summary += f" Accounts of theirs that may be open: {unsure}."
    lines = [summary, *lines]
    if closed:
        lines += ["", f"Accounts of theirs that are there and closed: {closed}."]
    if unread:
        lines += ["", "Not read, so nobody can say:", *(f"  {kind:<9}  {place}  {why}" for kind, place, why in unread)]
    return "\n".join(map(visible, lines))


def _json(found: list[Access], unread: list[tuple[str, str, str]]) -> str:
    import msgspec

    document: dict[str, Any] = {
        "schema": SCHEMA,
        "accounts": [{"person": one.person, "left": one.left or None, "kind": one.kind, "place": one.place,
                      "account": one.account, "open": one.open, "admin": one.admin, "reason": one.why or None}
                     for one in found],
        "unread": [{"kind": kind, "place": place, "reason": why} for kind, place, why in unread]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
