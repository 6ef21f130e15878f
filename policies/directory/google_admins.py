"""Who administers a Google Workspace tenant: super administrators, break-glass accounts, mailboxes (IAM-06, IAM-07)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hustings.directory.google import Report, Usage
from hustings.facts import Listing, Missing, Reason
from policies.directory.google_people import People, names

REGULAR = timedelta(days=30)
"""Mail used within this time before the report's day is used regularly."""


def facts(people: People) -> dict[str, Any]:
    """The facts about administrators."""
    admins = sum(1 for one in people.users if one.id in people.admins)
    return {
        "directory.administrators": people.unseen_admins or admins,
        "directory.top_admins": people.listing(_top(people), people.unseen_super_admins),
        "directory.break_glass": _break_glass(people),
        "directory.admins_with_mailbox": _with_mailbox(people),
    }


def usage_of(people: People) -> dict[str, Usage]:
    """What the usage report says, by the account's id."""
    report = people.state.report
    accounts = report.accounts if report is not None else ()
    by_id = {one.user: one for one in accounts if one.user}
    by_address = {one.address.casefold(): one for one in accounts if one.address}
    found = ((one.id, by_id.get(one.id) or by_address.get(one.name.casefold())) for one in people.state.users)
    return {key: usage for key, usage in found if usage is not None}


def _top(people: People) -> Iterator[dict[str, Any]]:
    everybody = {one.id: one for one in people.state.users}
    for key, via in people.super_admins.items():
        user = everybody.get(key)
        if user is None:
            yield {"account": key, "kind": "service", "guest": False, "via": sorted(via), "eligible": False,
                   "break_glass": False}
        elif user.enabled:
            kind = "guest" if user.guest else "service" if people.service(user) else "person"
            yield {"account": user.name, "kind": kind, "guest": user.guest, "via": sorted(via), "eligible": False,
                   "break_glass": people.context.break_glass(*names(user))}
    for group in people.unknown_groups():
        yield {"account": group, "kind": "group", "guest": False, "via": [], "eligible": False, "break_glass": False}


def _break_glass(people: People) -> Listing:
    found: list[dict[str, Any]] = []
    doubt: Missing | None = None
    for declared in people.context.tenant.break_glass:
        user = next((one for one in people.state.users
                     if declared.casefold() in {name.casefold() for name in names(one)}), None)
        usable = user is not None and user.enabled and user.id in people.super_admins
        if user is not None and user.enabled and not usable and people.unseen_super_admins is not None:
            doubt = people.unseen_super_admins
            continue
        found.append({"account": declared, "found": user is not None, "usable": usable})
    return people.listing(found, doubt)


def _with_mailbox(people: People) -> Listing | Missing:
    """Super administrators whose mail is used; one that has a mailbox and never opens it does not count."""
    usage = usage_of(people)
    found: list[dict[str, Any]] = []
    doubt: Missing | None = None
    report = people.state.report
    for user in people.users:
        if user.id not in people.super_admins or user.mailbox is False:
            continue
        seen = usage.get(user.id)
        if report is None or seen is None or not seen.mail:
            doubt = doubt or people.state.missing("report") or Missing(
                Reason.ERROR, "the usage report does not tell of each super administrator when mail was used")
        elif seen.last_mail is not None and _end(report) - seen.last_mail <= REGULAR:
            found.append({"account": user.name, "declared": people.context.break_glass(*names(user)),
                          "detail": f"A super administrator whose mail was last used on {seen.last_mail:%Y-%m-%d}."})
    return people.listing(found, doubt, _unseen(people))


def _unseen(people: People) -> Missing | None:
    """Unknown super administrators matter only where somebody else has a mailbox."""
    others = any(one.mailbox is not False for one in people.users if one.id not in people.super_admins)
    return people.unseen_super_admins if others else None


def _end(report: Report) -> datetime:
    return datetime.combine(report.day + timedelta(days=1), time(8), UTC)
