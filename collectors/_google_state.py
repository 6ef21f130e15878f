"""A whole Google Workspace tenant, part by part: one that cannot be read leaves its reason and the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from collectors import _google_accounts as accounts
from collectors import _google_devices as devices
from collectors import _google_settings as settings
from collectors._google_mail import Mailboxes
from collectors.google_door import Google
from collectors.google_errors import GoogleError
from collectors.host.protocol import LookError
from hustings.declared import Tenant
from hustings.directory.google import Policy, Role, SignOn, State, User
from hustings.directory.google_sections import BY_NAME, SECTIONS, Section
from hustings.directory.unread import Unread
from hustings.facts import Reason

ALL_ADMINS = "WORKSPACE_ALL_ADMIN_GROUP"
"""By which a setting covers all administrators: no group that could be asked for."""


def sections(tenant: Tenant) -> tuple[Section, ...]:
    """What is asked for: forwarding only where the declaration wants it."""
    return tuple(one for one in SECTIONS if one.name != "forwardings" or tenant.mail_rules)


def read(google: Google, tenant: Tenant, now: datetime, *, policy_pause: float = settings.POLICY_PAUSE) -> State:
    """Everything that may be read. Raises ``GoogleError`` where that is nothing at all."""
    customer = tenant.id or "my_customer"
    google.sign_in(SECTIONS[0])
    reading = _Reading()
    users = reading.part("users", lambda: tuple(accounts.users(google, customer)), ())
    roles = reading.part("roles", lambda: tuple(accounts.roles(google, customer)), ())
    units = reading.part("units", lambda: accounts.units(google, customer), ())
    policies = reading.part("policies", lambda: tuple(settings.policies(google, pause=policy_pause)), ())
    sign_on = reading.part("sign_on", lambda: tuple(settings.sign_on(google, customer)), ())
    groups = reading.part("groups", lambda: tuple(accounts.groups(
        google, customer, _group_ids(roles, policies, sign_on), _declared_groups(tenant, users))), ())
    report = reading.part("report", lambda: settings.report(google, customer, now), None)
    mobiles = reading.part("mobiles", lambda: tuple(devices.mobiles(google, customer)), ())
    chromebooks = reading.part("chromebooks", lambda: tuple(devices.chromebooks(google, customer)), ())
    computers = reading.part("computers", lambda: tuple(devices.computers(google, customer)), ())
    forwardings = reading.part("forwardings", lambda: _forwardings(google, tenant, users, reading), ())
    if reading.failed and not any((users, roles, units, policies, sign_on, report, mobiles, chromebooks, computers)):
        raise reading.failed[0]
    return State(customer, now, google.requests, reading.unread, users, roles, units, groups, policies, report, sign_on,
                 forwardings, mobiles, chromebooks, computers)


class _Reading:
    """What could not be read, and why."""

    def __init__(self) -> None:
        self.unread: dict[str, Unread] = {}
        self.failed: list[LookError] = []

    def part(self, name: str, look: Callable[[], Any], empty: Any) -> Any:
        try:
            return look()
        except GoogleError as error:
            self.unread[name] = error.unread()
            self.failed.append(error)
        except LookError as error:
            self.unread[name] = Unread(error.missing.reason, error.missing.detail)
            self.failed.append(error)
        return empty


def _group_ids(roles: tuple[Role, ...], policies: tuple[Policy, ...], sign_on: tuple[SignOn, ...]) -> list[str]:
    from hustings.directory.google_query import groups_in

    named = [one.holder for one in roles if one.group]
    for policy in policies:
        named += [policy.group, *groups_in(policy.query)]
    named += [one.group for one in sign_on]
    return [one for one in dict.fromkeys(named) if one and one != ALL_ADMINS]


def _declared_groups(tenant: Tenant, users: tuple[User, ...]) -> list[str]:
    """Names in the declaration that are no account's: they may be a group's."""
    known = {name.casefold() for one in users for name in (one.id, one.name, *one.aliases)}
    named = [*(one.who for one in tenant.may_skip_mfa), *tenant.high_value]
    return [one for one in dict.fromkeys(named) if one and one.casefold() not in known]


def _forwardings(google: Google, tenant: Tenant, users: tuple[User, ...], reading: _Reading) -> Any:
    if not tenant.mail_rules:
        reading.unread["forwardings"] = Unread(
            Reason.UNSUPPORTED, "mailboxes are not asked: mail_rules is not set in machine.yaml",
            grant=BY_NAME["forwardings"].grant)
        return ()
    if "users" in reading.unread:
        reading.unread["forwardings"] = reading.unread["users"]
        return ()
    boxes = Mailboxes(google, users)
    found = tuple(boxes.read())
    if boxes.why is not None:
        reading.unread["forwardings"] = Unread(boxes.why.missing.reason, f"{boxes.unasked} mailboxes could not be "
                                               f"asked: {boxes.why.detail}", grant=boxes.why.grant)
    return found
