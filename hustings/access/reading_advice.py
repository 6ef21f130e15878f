"""What an access model says that is allowed and probably not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from hustings.access.model import GUARDED_COLUMNS, AccessModel, Account
from hustings.yaml_source import Source


class Advice(msgspec.Struct, frozen=True):
    """Where, what, and what to do about it. A file with advice is still a good file."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  think: {self.remedy}"


def advise(model: AccessModel, source: Source, today: date) -> Iterator[Advice]:
    """Everything worth a second thought on that day, by part of the file."""
    yield from _review(model, source, today)
    yield from _objects(model, source)
    yield from _roles(model, source)
    yield from _accounts(model, source, today)
    yield from _pairs(model, source)
    yield from _exceptions(model, source, today)
    yield from _windows(model, source)


def _review(model: AccessModel, source: Source, today: date) -> Iterator[Advice]:
    owner = model.owner
    where = source.where(("owner", "reviewed"))
    if owner.reviewed is None:
        yield Advice(where, "nobody has said when this model was last reviewed", "write owner: {reviewed: the day}")
    elif owner.reviewed > today:
        yield Advice(where, f"reviewed on {owner.reviewed}, a day still to come", "write the day it was read through")
    elif owner.reviewed + timedelta(days=owner.review_every_days) < today:
        days = (today - owner.reviewed).days
        yield Advice(where, f"last reviewed {days} days ago; every {owner.review_every_days} days was agreed",
                     "read it through with the people it names, then write the new day")


def _objects(model: AccessModel, source: Source) -> Iterator[Advice]:
    for one in model.objects:
        guarded = {name for group in GUARDED_COLUMNS for name in one.columns.get(group, ())}
        for name in one.columns.get("public", ()):
            if name in guarded:
                yield Advice(f"{source.name}:{one.line}", f"the column {name!r} of {one.name} is public and guarded",
                             "keep it in one group; it counts as guarded")


def _roles(model: AccessModel, source: Source) -> Iterator[Advice]:
    for role in model.roles:
        where = f"{source.name}:{role.line}"
        if role.who == "job" and role.max_connections is None:
            yield Advice(where, f"the job {role.name} may open any number of sessions",
                         "write max_connections: as many as it needs")
        if role.who == "vendor" and role.window is None:
            yield Advice(where, f"the vendor role {role.name} says nothing of windows",
                         "write window: {max_hours: 8, needs: [ticket, approver]}")


def _accounts(model: AccessModel, source: Source, today: date) -> Iterator[Advice]:
    known = {role.name: role for role in model.roles}
    for one in model.accounts:
        where = f"{source.name}:{one.line}"
        if one.state == "closed":
            continue
        roles = [known[name] for name in one.roles if name in known]
        if not roles:
            yield Advice(where, f"{one.login} has no role: every right it holds is in excess",
                         "give it roles, or state: closed")
        if any(role.who == "humans" for role in roles) and not one.person and not one.owner:
            yield Advice(where, f"{one.login} is used by people and names no person",
                         "write person: with a number of the office's own; separation of duties needs it")
        if any(role.expires for role in roles) and one.until is None:
            yield Advice(where, f"{one.login} is seasonal and has no end", "write until: the last day it is needed")
        if one.until is not None and one.until < today:
            yield Advice(where, f"{one.login} was needed until {one.until}", "close it, then write state: closed")
        if one.login == model.owner_role:
            yield Advice(where, f"{one.login} owns the tables and is an account too",
                         "let nobody sign in as the owner: a role without login is enough")


def _pairs(model: AccessModel, source: Source) -> Iterator[Advice]:
    names = {role.name for role in model.roles}
    people: dict[str, list[Account]] = defaultdict(list)
    for one in model.accounts:
        if one.state != "closed":
            people[one.person or one.login].append(one)
    for place, (first, second) in enumerate(model.never_together):
        where = source.where(("never_together", place))
        for name in (first, second):
            if name not in names:
                yield Advice(where, f"no role {name!r} is written here: the pair cannot be judged in this database",
                             "leave it if that duty lies elsewhere; otherwise write the role")
        for person, accounts in people.items():
            held = {name for one in accounts for name in one.roles}
            if first in held and second in held:
                yield Advice(where, f"{person} is given {first} and {second} here, which are never to be together",
                             "give one of them to somebody else")


def _exceptions(model: AccessModel, source: Source, today: date) -> Iterator[Advice]:
    logins = {one.login for one in model.accounts}
    for place, one in enumerate(model.exceptions):
        where = source.where(("exceptions", place))
        if one.until < today:
            yield Advice(where, f"the exception for {one.check} ended on {one.until}",
                         "mend the finding, or decide anew")
        if one.account and one.account not in logins:
            yield Advice(where, f"no account {one.account!r} is written here", "name the account as under accounts")


def _windows(model: AccessModel, source: Source) -> Iterator[Advice]:
    accounts = {one.login: one for one in model.accounts}
    for place, one in enumerate(model.windows):
        where = source.where(("windows", place))
        account = accounts.get(one.login)
        rules = [role.window for name in (account.roles if account else ())
                 if (role := model.role(name)) is not None and role.window is not None]
        if not rules:
            yield Advice(where, f"no role of {one.login} speaks of windows", "write window: on its role")
        for rule in rules:
            hours = (one.closes - one.opens).total_seconds() / 3600
            if hours > rule.max_hours:
                yield Advice(where, f"{one.login} is open for {hours:g} hours; its role allows {rule.max_hours}",
                             "shorten the window")
            for need in rule.needs:
                if not getattr(one, need, ""):
                    yield Advice(where, f"the window of {one.login} names no {need}", f"write {need}:")
